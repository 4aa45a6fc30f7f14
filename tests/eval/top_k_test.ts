/** The kernel that chooses the smallest of every row, against sorting the rows. */
import assert from "node:assert/strict";
import {
  Device,
  f32,
  nearestColumns,
  Program,
  type ProgramArguments,
  ShapeError,
  u32,
  type Uint32Tensor,
} from "../../engine/mod.ts";
import { MOST_NEAREST } from "../../kernels/mod.ts";
import { checkNearest, PROBLEMS, run, sorted } from "./nearest_problems.ts";

for (const storage of ["buffer", "texture"] as const) {
  Deno.test(`the nearest columns are those of the sorted rows, in ${storage}s within default limits`, async () => {
    const device = await Device.open({ storage, limits: "default" });
    try {
      for (const [i, problem] of PROBLEMS.entries()) await checkNearest(device, problem, i + 1);
    } finally {
      device.destroy();
    }
  });
}

Deno.test("the nearest columns: -0 is 0, infinity is last, NaN is first; the same bits every time", async () => {
  const device = await Device.open();
  try {
    const problem = { queries: 1, gallery: 8, valid: 8, count: 8, levels: 0 };
    const row = Float32Array.of(Infinity, -0, 3e38, 0, 1e-30, NaN, Infinity, -0);
    const expected = [5, 1, 3, 7, 4, 2, 0, 6];
    for (let repeat = 0; repeat < 3; repeat++) {
      assert.deepEqual([...await run(device, problem, row)], expected);
    }
    assert.deepEqual(expected, sorted(row, problem));
  } finally {
    device.destroy();
  }
});

Deno.test("nearestColumns() refuses shapes that do not fit, and too many columns", async () => {
  const device = await Device.open();
  const inputs = { d: f32([2, 5]), v: u32([1]), two: u32([2]), row: f32([5]) };
  const refused = (
    body: (x: ProgramArguments<typeof inputs>) => Uint32Tensor,
    error: typeof ShapeError | RangeErrorConstructor,
  ) => assert.rejects(() => Program.record(device, inputs, (x) => ({ y: body(x) })), error);
  try {
    await refused(({ d, two }) => nearestColumns(d, 1, two), ShapeError);
    await refused(({ row, v }) => nearestColumns(row, 1, v), ShapeError);
    await refused(({ d, v }) => nearestColumns(d, 0, v), RangeError);
    await refused(({ d, v }) => nearestColumns(d, MOST_NEAREST + 1, v), RangeError);
  } finally {
    device.destroy();
  }
});
