/** Small text for pictures: lower-case letters, digits and a few signs, drawn pixel by pixel, as no font is at hand. */
import type { Image } from "imagescript";

/** Pixels of a letter, and from one letter to the next. */
const HEIGHT = 9, WIDTH = 5, ADVANCE = 6;

/** Letters side by side, and under them their pixels: seven rows above the line and two below it. */
const SHEETS: readonly (readonly [letters: string, rows: string])[] = [
  [
    "abcdefghijklm",
    `
..... #.... ..... ....# ..... ..##. ..... #.... ..#.. ...#. #.... .##.. .....
..... #.... ..... ....# ..... .#... ..... #.... ..... ..... #.... ..#.. .....
.###. ####. .###. .#### .###. ####. .#### ####. .##.. ..##. #..#. ..#.. ##.#.
....# #...# #.... #...# #...# .#... #...# #...# ..#.. ...#. #.#.. ..#.. #.#.#
.#### #...# #.... #...# ##### .#... #...# #...# ..#.. ...#. ##... ..#.. #.#.#
#...# #...# #.... #...# #.... .#... #...# #...# ..#.. ...#. #.#.. ..#.. #.#.#
.#### ####. .###. .#### .###. .#... .#### #...# .###. ...#. #..#. .###. #.#.#
..... ..... ..... ..... ..... ..... ....# ..... ..... ...#. ..... ..... .....
..... ..... ..... ..... ..... ..... .###. ..... ..... .##.. ..... ..... .....`,
  ],
  [
    "nopqrstuvwxyz",
    `
..... ..... ..... ..... ..... ..... .#... ..... ..... ..... ..... ..... .....
..... ..... ..... ..... ..... ..... .#... ..... ..... ..... ..... ..... .....
####. .###. ####. .#### #.##. .#### ####. #...# #...# #...# #...# #...# #####
#...# #...# #...# #...# ##... #.... .#... #...# #...# #.#.# .#.#. #...# ...#.
#...# #...# #...# #...# #.... .###. .#... #...# #...# #.#.# ..#.. #...# ..#..
#...# #...# #...# #...# #.... ....# .#..# #..## .#.#. #.#.# .#.#. #...# .#...
#...# .###. ####. .#### #.... ####. ..##. .##.# ..#.. .#.#. #...# .#### #####
..... ..... #.... ....# ..... ..... ..... ..... ..... ..... ..... ....# .....
..... ..... #.... ....# ..... ..... ..... ..... ..... ..... ..... .###. .....`,
  ],
  [
    "0123456789.,:-+ ",
    `
.###. ..#.. .###. .###. ...#. ##### .###. ##### .###. .###. ..... ..... ..... ..... ..... .....
#...# .##.. #...# #...# ..##. #.... #.... ....# #...# #...# ..... ..... ..... ..... ..#.. .....
#..## ..#.. ....# ....# .#.#. ####. #.... ...#. #...# #...# ..... ..... ..#.. ..... ..#.. .....
#.#.# ..#.. ..##. ..##. #..#. ....# ####. ...#. .###. .#### ..... ..... ..... ##### ##### .....
##..# ..#.. .#... ....# ##### ....# #...# ..#.. #...# ....# ..... ..... ..... ..... ..#.. .....
#...# ..#.. #.... #...# ...#. #...# #...# ..#.. #...# ....# ..... ..#.. ..#.. ..... ..#.. .....
.###. .###. ##### .###. ...#. .###. .###. ..#.. .###. .###. ..#.. ..#.. ..... ..... ..... .....
..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .#... ..... ..... ..... .....
..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....`,
  ],
];

/** The rows of each letter. */
const GLYPHS: ReadonlyMap<string, readonly string[]> = new Map(
  SHEETS.flatMap(([letters, rows]) => {
    const lines = rows.trim().split("\n");
    return [...letters].map((letter, i) =>
      [letter, lines.map((line) => line.slice(i * ADVANCE, i * ADVANCE + WIDTH))] as const
    );
  }),
);

/** Height of a line of text in pixels. */
export function textHeight(scale: number): number {
  return HEIGHT * scale;
}

/** Width of a text in pixels. */
export function textWidth(text: string, scale: number): number {
  return Math.max(0, text.length * ADVANCE - 1) * scale;
}

/**
 * Draws a line of text.
 *
 * @param x, y its upper left pixel, counted from 0.
 * @param scale the size of one of its pixels.
 * @param color 0xRRGGBBAA.
 * @throws {RangeError} if a character is not among those that can be drawn.
 */
export function drawText(
  canvas: Image,
  text: string,
  { x, y, scale, color }: { x: number; y: number; scale: number; color: number },
): void {
  for (const [i, letter] of [...text].entries()) {
    const rows = GLYPHS.get(letter);
    if (rows === undefined) throw new RangeError(`"${letter}" cannot be drawn`);
    for (const [row, line] of rows.entries()) {
      for (const [column, dot] of [...line].entries()) {
        if (dot !== "#") continue;
        // The library counts pixels from 1 here.
        const [left, top] = [x + (i * ADVANCE + column) * scale + 1, y + row * scale + 1];
        canvas.drawBox(left, top, scale, scale, color);
      }
    }
  }
}
