/** Writes PNG files of random samples, of every color type, depth, filter and order. */
import { deflateSync } from "node:zlib";
import { seededRandom } from "../reference/seeded_random.ts";
import { chunk, ihdr, passes, png, type PngHeader } from "../torture/input/png_file.ts";

const END = chunk("IEND", new Uint8Array());

/** The file's bytes; `between` are chunks before the pixels, and `behind` after them. */
export function drawnPng(
  header: PngHeader,
  between: readonly Uint8Array[] = [],
  behind: readonly Uint8Array[] = [],
): Uint8Array<ArrayBuffer> {
  const random = seededRandom(header.color * 100 + header.depth);
  const noise = (length: number) => Uint8Array.from({ length }, () => random.integer(256));
  const rows = passes(header).flatMap(({ rowBytes, rows }) =>
    Array.from({ length: rows }, (_, y) => [y % 5, ...noise(rowBytes)])
  );
  const palette = header.color === 3 ? [chunk("PLTE", noise(3 * 2 ** header.depth))] : [];
  const pixels = deflateSync(Uint8Array.from(rows.flat()));
  const half = pixels.length >> 1; // Two chunks of pixels, as most encoders write.
  const data = [pixels.subarray(0, half), pixels.subarray(half)].map((part) => chunk("IDAT", part));
  return png(ihdr(header), ...palette, ...between, ...data, ...behind, END);
}
