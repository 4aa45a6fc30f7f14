/** Small pictures in rows, as a PNG. */
import { Image } from "imagescript";

const BACKGROUND = 0xffffffff;
/** Pixels between pictures, after a row's first picture, and around all. */
const GAP = 6, FIRST_GAP = 16, MARGIN = 10;

/**
 * Draws rows of pictures of one size, with a gap after the first of each row.
 *
 * @param rows of equal length, each picture bytes [height, width, 3].
 * @returns the bytes of a PNG, not scaled.
 */
export async function renderContactSheet(
  rows: readonly (readonly Uint8Array[])[],
  { height, width }: { height: number; width: number },
): Promise<Uint8Array> {
  const columns = Math.max(...rows.map((row) => row.length));
  const canvas = new Image(
    2 * MARGIN + columns * (width + GAP) - GAP + FIRST_GAP - GAP,
    2 * MARGIN + rows.length * (height + GAP) - GAP,
  ).fill(BACKGROUND);
  for (const [row, pictures] of rows.entries()) {
    for (const [column, picture] of pictures.entries()) {
      const x = MARGIN + column * (width + GAP) + (column > 0 ? FIRST_GAP - GAP : 0);
      canvas.composite(opaque(picture, width, height), x, MARGIN + row * (height + GAP));
    }
  }
  return await canvas.encode();
}

/** A picture of bytes [height, width, 3]. */
export function opaque(rgb: Uint8Array, width: number, height: number): Image {
  const image = new Image(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    image.bitmap.set(rgb.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
    image.bitmap[4 * pixel + 3] = 255;
  }
  return image;
}
