/** A query beside its matches, with the maps of what the network looks at and of what makes them similar, as a PNG. */
import { Image } from "imagescript";
import {
  activationScale,
  type CellMap,
  type ColorScale,
  largestMagnitude,
  overlaid,
  partsScale,
  type PictureSize,
} from "../../data/images/cell_map.ts";
import { opaque } from "./contact_sheet.ts";
import { drawText, textHeight, textWidth } from "./pixel_text.ts";

/** An image with its maps. */
export interface ExplainedImage {
  /** The image as it is shown, [height, width, 3]. */
  readonly rgb: Uint8Array;
  readonly activation: CellMap;
  /** What each cell adds to the cosine. */
  readonly parts: CellMap;
}

/** A query and one match. */
export interface ExplainedPair {
  readonly query: ExplainedImage;
  readonly match: ExplainedImage;
  readonly cosine: number;
  /** Euclidean distance of the embeddings. */
  readonly distance: number;
}

const BACKGROUND = 0xffffffff, INK = 0x1c2126ff;
/** Pixels around all, between pictures, and between those of the query and those of the match. */
const MARGIN = 16, GAP = 8, PAIR_GAP = 32;
/** Size of a pixel of text, and the space around a line of text. */
const SCALE = 2, LEAD = 8;
const LINE = textHeight(SCALE) + 2 * LEAD;
const BAR = { width: 160, height: 14 };
const COLUMNS = ["query", "activation", "similarity", "match", "activation", "similarity"];

function write(canvas: Image, text: string, x: number, y: number): void {
  drawText(canvas, text, { x, y, scale: SCALE, color: INK });
}

/** Draws a color scale with the numbers at its ends; returns where it ends. */
function drawScale(
  canvas: Image,
  { name, from, to }: { name: string; from: string; to: string },
  scale: ColorScale,
  [low, high]: readonly [number, number],
  x: number,
  y: number,
): number {
  write(canvas, `${name}: ${from}`, x, y);
  const left = x + textWidth(`${name}: ${from} `, SCALE);
  for (let column = 0; column < BAR.width; column++) {
    const color = Image.rgbToColor(...scale(low + (high - low) * column / (BAR.width - 1)));
    canvas.drawBox(left + column + 1, y + 1, 1, BAR.height, color);
  }
  const right = left + BAR.width + SCALE * 6;
  write(canvas, to, right, y);
  return right + textWidth(to, SCALE);
}

/**
 * Draws a row for each pair: the query, its activations and its parts of the cosine, then the same of the match, and under
 * them the cosine and the distance. All rows have one scale of parts, so that they can be compared; activations are
 * relative to each image's highest.
 *
 * @param pairs one or more; all images have the size `size`.
 * @returns the bytes of a PNG.
 * @throws {RangeError} if there are no pairs.
 */
export async function renderExplanation(
  pairs: readonly ExplainedPair[],
  size: PictureSize,
): Promise<Uint8Array> {
  if (pairs.length === 0) throw new RangeError("Cannot draw an explanation of no pairs");
  const limit = largestMagnitude(...pairs.flatMap(({ query, match }) => [query.parts, match.parts]));
  const parts = partsScale(limit);
  const step = Math.max(size.width, ...COLUMNS.map((name) => textWidth(name, SCALE))) + GAP;
  const columnAt = (column: number) => MARGIN + column * step + (column >= 3 ? PAIR_GAP - GAP : 0);
  const row = size.height + LINE;
  const legend = 2 * LINE;
  const canvas = new Image(
    columnAt(COLUMNS.length) - GAP + MARGIN,
    2 * MARGIN + LINE + pairs.length * row + legend,
  ).fill(BACKGROUND);
  for (const [column, name] of COLUMNS.entries()) write(canvas, name, columnAt(column), MARGIN);
  for (const [i, { query, match, cosine, distance }] of pairs.entries()) {
    const y = MARGIN + LINE + i * row;
    const pictures = [query, match].flatMap(({ rgb, activation, parts: own }) => [
      rgb,
      overlaid(rgb, size, activation, activationScale(activation)),
      overlaid(rgb, size, own, parts),
    ]);
    for (const [column, picture] of pictures.entries()) {
      canvas.composite(opaque(picture, size.width, size.height), columnAt(column), y);
    }
    const text = `match ${i + 1}: cosine ${cosine.toFixed(3)}, distance ${distance.toFixed(3)}`;
    write(canvas, text, MARGIN, y + size.height + LEAD);
  }
  const y = MARGIN + LINE + pairs.length * row + LEAD;
  const end = limit.toFixed(3);
  drawScale(
    canvas,
    { name: "activation", from: "0", to: "highest" },
    activationScale({ values: [1] }),
    [0, 1],
    MARGIN,
    y,
  );
  drawScale(
    canvas,
    { name: "similarity, cosine a cell", from: `-${end}`, to: `+${end}` },
    parts,
    [-limit, limit],
    MARGIN,
    y + LINE,
  );
  return await canvas.encode();
}
