/** Brightness, sharpness and thumbnails of crops whose values are known. */
import assert from "node:assert/strict";
import { inLevels, measure, MEASURED, THUMBNAIL, thumbnail } from "../../inspect/image_facts.ts";

const { height, width } = MEASURED;

/** A crop of the colors that `color` gives for each pixel. */
function draw(color: (x: number, y: number) => readonly [number, number, number]): Uint8Array {
  const rgb = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rgb.set(color(x, y), 3 * (y * width + x));
  }
  return rgb;
}

function close(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-6 * Math.max(1, expected), `${actual} is not ${expected}`);
}

Deno.test("brightness is the mean luma, and what has no edges has no sharpness", () => {
  const flat = measure(draw(() => [200, 100, 50]));
  close(flat.brightness, 0.299 * 200 + 0.587 * 100 + 0.114 * 50);
  close(flat.sharpness, 0);
  const slope = measure(draw((x, y) => [2 * x + y, 2 * x + y, 2 * x + y]));
  close(slope.brightness, 2 * (width - 1) / 2 + (height - 1) / 2);
  close(slope.sharpness, 0);
});

Deno.test("sharpness is the variance of the Laplacian", () => {
  // Columns of 0 and 10: the Laplacian is +20 and -20, its mean 0.
  const stripes = measure(draw((x) => x % 2 === 0 ? [0, 0, 0] : [10, 10, 10]));
  close(stripes.sharpness, 400);
  // A bright border on the left: 100 in one of 62 columns, and 0 in the others.
  const border = measure(draw((x) => x === 0 ? [100, 100, 100] : [0, 0, 0]));
  close(border.sharpness, 100 ** 2 / 62 - (100 / 62) ** 2);
  // One bright pixel: -4v there, v at its four neighbors.
  const dot = measure(draw((x, y) => x === 20 && y === 30 ? [9, 9, 9] : [0, 0, 0]));
  close(dot.sharpness, 20 * 81 / ((height - 2) * (width - 2)));
});

Deno.test("the distance of thumbnails is their root-mean-square difference in levels", () => {
  const of = (rgb: Uint8Array) => {
    const cells = new Float32Array(THUMBNAIL);
    thumbnail(rgb, cells);
    return cells;
  };
  const levels = (a: Uint8Array, b: Uint8Array) => {
    const other = of(b);
    return inLevels(Math.sqrt(of(a).reduce((sum, value, i) => sum + (value - other[i]!) ** 2, 0)));
  };
  const near = (actual: number, expected: number) =>
    assert.ok(Math.abs(actual - expected) < 1e-3, `${actual}`);
  const gray = draw(() => [100, 100, 100]);
  near(levels(gray, draw(() => [103, 103, 103])), 3);
  near(levels(gray, draw(() => [100, 100, 106])), 6 / Math.sqrt(3));
  // A quarter of the cells differs by 8; edges within a cell cancel.
  near(levels(gray, draw((_, y) => y < height / 4 ? [108, 108, 108] : [100, 100, 100])), 4);
  near(levels(gray, draw((x) => x % 2 === 0 ? [90, 90, 90] : [110, 110, 110])), 0);
});
