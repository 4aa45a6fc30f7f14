/** Problems for the kernel that chooses the smallest of every row, and the check against sorting the rows. */
import assert from "node:assert/strict";
import { type Device, f32, nearestColumns, Program, u32 } from "../../engine/mod.ts";
import { MOST_NEAREST, NONE } from "../../kernels/mod.ts";
import { seededRandom } from "../reference/seeded_random.ts";

/** Rows of distances, and how many of the smallest are wanted. */
export interface Problem {
  queries: number;
  gallery: number;
  /** Columns that hold something. */
  valid: number;
  count: number;
  /** Distinct distances; few make many ties. */
  levels: number;
}

/** Sizes around those of workgroups and of the largest choice, with few and with many ties. */
export const PROBLEMS: Problem[] = [
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
export function sorted(row: Float32Array, { valid, count }: Problem): number[] {
  const columns = Array.from({ length: valid }, (_, j) => j);
  const first = (j: number) => Number.isNaN(row[j]) ? -1 : row[j];
  const found = columns.sort((a, b) => first(a) - first(b) || a - b).slice(0, count);
  return [...found, ...new Array<number>(count - found.length).fill(NONE)];
}

/** What the engine finds. */
export async function run(device: Device, problem: Problem, distances: Float32Array): Promise<Uint32Array> {
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

/** Fails unless the engine finds the nearest columns of distances drawn for a problem. */
export async function checkNearest(device: Device, problem: Problem, seed: number): Promise<void> {
  const { queries, gallery, levels, count } = problem;
  const random = seededRandom(seed);
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
