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
import { MOST_NEAREST, NONE } from "../../kernels/mod.ts";
import { seededRandom } from "../reference/seeded_random.ts";

interface Problem {
  queries: number;
  gallery: number;
  /** Columns that hold something. */
  valid: number;
  count: number;
  /** Distinct distances; few make many ties. */
  levels: number;
}

const PROBLEMS: Problem[] = [
  { queries: 1, gallery: 1, valid: 1, count: 1, levels: 1 },
  { queries: 2, gallery: 3, valid: 3, count: 10, levels: 2 },
  { queries: 3, gallery: 7, valid: 0, count: 2, levels: 2 },
  { queries: 5, gallery: 64, valid: 63, count: 7, levels: 1 },
  { queries: 2, gallery: 255, valid: 251, count: 10, levels: 3 },
  { queries: 7, gallery: 257, valid: 257, count: 26, levels: 1e6 },
  { queries: 3, gallery: 1001, valid: 1000, count: 333, levels: 9 },
  { queries: 2, gallery: 1500, valid: 1203, count: MOST_NEAREST, levels: 400 },
  { queries: 2, gallery: 1500, valid: 900, count: MOST_NEAREST, levels: 1e6 },
  { queries: 1, gallery: 70_001, valid: 69_999, count: 300, levels: 2 },
  { queries: 9, gallery: 601, valid: 601, count: 513, levels: 50 },
];

/** What the kernel must find: the row sorted, of equals the lowest index first. */
function sorted(row: Float32Array, { valid, count }: Problem): number[] {
  const columns = Array.from({ length: valid }, (_, j) => j);
  const first = (j: number) => Number.isNaN(row[j]) ? -1 : row[j];
  const found = columns.sort((a, b) => first(a) - first(b) || a - b).slice(0, count);
  return [...found, ...new Array<number>(count - found.length).fill(NONE)];
}

async function run(device: Device, problem: Problem, distances: Float32Array): Promise<Uint32Array> {
  const { queries, gallery, valid, count } = problem;
  const inputs = { distances: f32([queries, gallery]), valid: u32([1]) };
  const program = await Program.record(device, inputs, ({ distances, valid }) => ({
    nearest: nearestColumns(distances, count, valid),
  }));
  try {
    return (await program.run({ distances, valid: [valid] })).nearest;
  } finally {
    program.destroy();
  }
}

for (const storage of ["buffer", "texture"] as const) {
  Deno.test(`the nearest columns are those of the sorted rows, in ${storage}s within default limits`, async () => {
    const device = await Device.open({ storage, limits: "default" });
    try {
      for (const [seed, problem] of PROBLEMS.entries()) {
        const { queries, gallery, levels, count } = problem;
        const random = seededRandom(seed + 1);
        const distances = Float32Array.from(
          { length: queries * gallery },
          // Of all magnitudes, 0 among them.
          () => (random.integer(levels) / levels) ** 4 * 2 ** (random.integer(levels) % 9),
        );
        const nearest = await run(device, problem, distances);
        for (let q = 0; q < queries; q++) {
          const row = distances.subarray(q * gallery, (q + 1) * gallery);
          const found = [...nearest.subarray(q * count, (q + 1) * count)];
          assert.deepEqual(found, sorted(row, problem), `${JSON.stringify(problem)}, row ${q}`);
        }
      }
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
