/** Maps of numbers for cells, as colors over an image. */
import assert from "node:assert/strict";
import {
  activationScale,
  type CellMap,
  coloredMap,
  enlarged,
  largestMagnitude,
  overlaid,
  partsScale,
  rowSums,
} from "../../data/images/cell_map.ts";
import { blueOrange, type Color, viridis } from "../../data/images/color_scales.ts";
import { Random } from "../../engine/random.ts";

/** Bilinear interpolation at the center of a pixel, by its definition. */
function interpolated({ rows, columns, values }: CellMap, x: number, y: number): number {
  const held = (index: number, count: number) => Math.min(count - 1, Math.max(0, index));
  const at = (row: number, column: number) => values[held(row, rows) * columns + held(column, columns)]!;
  const [left, top] = [Math.floor(x), Math.floor(y)], [right, below] = [x - left, y - top];
  return (1 - below) * ((1 - right) * at(top, left) + right * at(top, left + 1)) +
    below * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1));
}

Deno.test("enlarged() interpolates bilinearly between the centers of cells", () => {
  const random = new Random(3);
  for (const [rows, columns, height, width] of [[4, 2, 128, 64], [3, 5, 20, 11], [1, 1, 4, 3]] as const) {
    const map = { rows, columns, values: Array.from({ length: rows * columns }, () => random.normal()) };
    const found = enlarged(map, { width, height });
    for (const [pixel, value] of found.entries()) {
      const x = (pixel % width + 0.5) * columns / width - 0.5;
      const y = (Math.floor(pixel / width) + 0.5) * rows / height - 0.5;
      const expected = interpolated(map, x, y);
      assert.ok(
        Math.abs(value - expected) < 1e-6,
        `${rows} × ${columns}, pixel ${pixel}: ${value}, not ${expected}`,
      );
    }
  }
});

/** Perceived lightness of a color, L* of CIELAB for sRGB, from 0 to 100. */
function lightness([red, green, blue]: Color): number {
  const linear = (value: number) => value <= 10.3 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  return luminance <= 0.008856 ? 903.3 * luminance : 116 * Math.cbrt(luminance) - 16;
}

Deno.test("Color scales can be read by lightness alone: one rises, the other falls to both sides alike", () => {
  const steps = Array.from({ length: 21 }, (_, i) => i / 20);
  const rising = steps.map((share) => lightness(viridis(share)));
  const [below, above] = [-1, 1].map((sign) => steps.map((share) => lightness(blueOrange(sign * share))));
  for (let i = 1; i < steps.length; i++) {
    assert.ok(rising[i]! > rising[i - 1]!, `viridis at ${steps[i]}`);
    assert.ok(below![i]! < below![i - 1]! && above![i]! < above![i - 1]!, `blueOrange at ${steps[i]}`);
    assert.ok(Math.abs(below![i]! - above![i]!) < 8, `both sides at ${steps[i]}: ${below![i]}, ${above![i]}`);
  }
  assert.deepEqual([viridis(-1), viridis(2)], [viridis(0), viridis(1)]);
});

Deno.test("Maps become colors over the gray image, each activation by its image's highest, parts by one limit", () => {
  const map = { rows: 2, columns: 1, values: [2, 8] }, parts = { rows: 1, columns: 2, values: [-0.3, 0.1] };
  const size = { width: 1, height: 2 };
  const colors = [...viridis(0.25), ...viridis(1)];
  assert.deepEqual([...coloredMap(map, activationScale(map), size)], colors);
  const red = Uint8Array.of(250, 0, 0, 250, 0, 0); // Luma 74.75.
  assert.deepEqual(
    [...overlaid(red, size, map, activationScale(map))],
    colors.map((color) => Math.round(0.6 * color + 0.4 * 74.75)),
  );
  assert.equal(largestMagnitude(parts, { values: [0.2] }), 0.3);
  assert.equal(largestMagnitude({ values: [0, 0] }), 1); // No division by 0.
  assert.deepEqual(partsScale(0.3)(-0.3), blueOrange(-1));
  assert.deepEqual(rowSums({ rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6] }), [6, 15]);
});
