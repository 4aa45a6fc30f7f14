/** The report's picture of ranked retrievals as a PNG, for a README or a paper. */
import { Image } from "imagescript";
import { decodeImage } from "../../data/images/decode_image.ts";
import { resizeToRgb } from "../../data/images/resize.ts";
import { opaque } from "./contact_sheet.ts";
import type { ReportImage, Retrieval } from "./report_data.ts";

const BACKGROUND = 0xffffffff;
const MISSING = 0xd5d8dcff;
const RIGHT = 0x1a8f3cff;
const WRONG = 0xcf2f3bff;
const WHITE = 0xffffffff;

/** Pixels of a crop, of its frame, between crops, and between the query and its matches. */
const WIDTH = 64, HEIGHT = 128, FRAME = 4, GAP = 6, QUERY_GAP = 16, MARGIN = 10;

/** Marks for readers who cannot tell the frames' colors apart. */
const TICK = [
  "..........",
  ".........#",
  "........##",
  ".......##.",
  "#.....##..",
  "##...##...",
  ".##.##....",
  "..###.....",
  "...#......",
  "..........",
];
const CROSS = [
  "..........",
  ".##....##.",
  ".###..###.",
  "..######..",
  "...####...",
  "...####...",
  "..######..",
  ".###..###.",
  ".##....##.",
  "..........",
];

async function crop(image: ReportImage): Promise<Image> {
  try {
    const pixels = new Uint8Array(HEIGHT * WIDTH * 3);
    resizeToRgb(await decodeImage(image.bytes), pixels, WIDTH, HEIGHT);
    return opaque(pixels, WIDTH, HEIGHT);
  } catch {
    // The rest of the picture is drawn even if a file cannot be shown.
    return new Image(WIDTH, HEIGHT).fill(MISSING);
  }
}

/** A filled box whose upper left pixel is (x, y), counted from 0; the library counts from 1 here. */
function fillBox(canvas: Image, x: number, y: number, width: number, height: number, color: number): void {
  canvas.drawBox(x + 1, y + 1, width, height, color);
}

function drawMark(canvas: Image, mark: readonly string[], x: number, y: number, color: number): void {
  const size = mark.length;
  fillBox(canvas, x, y, size + 4, size + 4, color);
  mark.forEach((line, row) => {
    [...line].forEach((dot, column) => {
      if (dot === "#") fillBox(canvas, x + column + 2, y + row + 2, 1, 1, WHITE);
    });
  });
}

/**
 * Draws queries in rows, each followed by its nearest gallery images, framed green with a tick where right and
 * red with a cross where wrong. Images that cannot be decoded are gray.
 *
 * @param rows the queries from top to bottom, each with the matches to show, nearest first.
 * @returns the bytes of a PNG, 64 × 128 pixels a crop.
 * @throws {RangeError} if there are no rows.
 */
export async function renderRetrievalPicture(rows: readonly Retrieval[]): Promise<Uint8Array> {
  if (rows.length === 0) throw new RangeError("Cannot draw a retrieval picture of no queries");
  const cell = WIDTH + 2 * FRAME + GAP, line = HEIGHT + 2 * FRAME + GAP;
  const columns = Math.max(...rows.map(({ matches }) => matches.length));
  const canvas = new Image(
    2 * MARGIN + (columns + 1) * cell - GAP + QUERY_GAP,
    2 * MARGIN + rows.length * line - GAP,
  ).fill(BACKGROUND);
  for (const [row, { query, matches }] of rows.entries()) {
    const y = MARGIN + row * line;
    canvas.composite(await crop(query), MARGIN + FRAME, y + FRAME);
    for (const [rank, match] of matches.entries()) {
      const x = MARGIN + (rank + 1) * cell + QUERY_GAP;
      const color = match.right ? RIGHT : WRONG;
      fillBox(canvas, x, y, WIDTH + 2 * FRAME, HEIGHT + 2 * FRAME, color);
      canvas.composite(await crop(match), x + FRAME, y + FRAME);
      drawMark(canvas, match.right ? TICK : CROSS, x, y, color);
    }
  }
  return canvas.encode();
}
