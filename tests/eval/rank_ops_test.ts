/** The three kernels behind ranking, on given distances, against plain loops. */
import assert from "node:assert/strict";
import {
  countNearer,
  Device,
  f32,
  farthestDistance,
  nearestOthers,
  pickColumns,
  Program,
  type ProgramArguments,
  ShapeError,
  type Tensor,
  u32,
  type Uint32Tensor,
} from "../../engine/mod.ts";
import { NONE } from "../../kernels/mod.ts";
import { seededRandom } from "../reference/seeded_random.ts";

interface Problem {
  queries: number;
  gallery: number;
  distances: Float32Array;
  query: Float32Array;
  identity: Float32Array;
}

/** Distances with few distinct values, so that ties are frequent, and identities of which 0 is not ranked. */
function drawProblem(seed: number, queries: number, gallery: number, levels: number): Problem {
  const random = seededRandom(seed);
  const draw = (size: number, next: () => number) => Float32Array.from({ length: size }, next);
  return {
    queries,
    gallery,
    distances: draw(queries * gallery, () => random.integer(levels) / 8),
    query: draw(queries, () => 1 + random.integer(4)),
    identity: draw(gallery, () => random.integer(6)),
  };
}

async function run(
  device: Device,
  { queries, gallery, distances, query, identity }: Problem,
  columns: Uint32Array,
  thresholds: Float32Array,
  count: number,
) {
  const inputs = {
    distances: f32([queries, gallery]),
    query: f32([queries]),
    identity: f32([gallery]),
    columns: u32([queries, columns.length / queries]),
    thresholds: f32([queries, thresholds.length / queries]),
  };
  const program = await Program.record(
    device,
    inputs,
    ({ distances, query, identity, columns, thresholds }) => ({
      picked: pickColumns(distances, columns),
      counts: countNearer(distances, thresholds, { query, gallery: identity }),
      nearest: nearestOthers(distances, count, { query, gallery: identity }),
      farthest: farthestDistance(distances),
    }),
  );
  const out = await program.run({ distances, query, identity, columns, thresholds });
  program.destroy();
  return out;
}

for (const storage of ["buffer", "texture"] as const) {
  const test = (name: string, body: (device: Device) => Promise<void>) =>
    Deno.test(`${name}, in ${storage}s within default limits`, async () => {
      const device = await Device.open({ storage, limits: "default" });
      await body(device).finally(() => device.destroy());
    });

  test("picked distances, counts, nearest and farthest images equal plain loops where many distances tie", async (device) => {
    const sizes = [[1, 1], [1, 3], [3, 5], [5, 64], [2, 255], [7, 257], [3, 1000], [9, 601]];
    for (const [seed, [queries, gallery]] of sizes.entries()) {
      const problem = drawProblem(seed + 1, queries, gallery, [1, 2, 9, 400][seed % 4]);
      const { distances, query, identity } = problem;
      const random = seededRandom(seed + 100);
      const width = 1 + seed;
      const columns = Uint32Array.from(
        { length: queries * width },
        () => random.uniform() < 0.2 ? NONE : random.integer(gallery + 1),
      );
      const thresholds = Float32Array.from(
        { length: queries * width },
        () => random.uniform() < 0.3 ? -1 : random.integer(20) / 8,
      );
      const { picked, counts, nearest, farthest } = await run(device, problem, columns, thresholds, 10);
      for (let q = 0; q < queries; q++) {
        const wrong = [...identity.keys()].filter((j) => identity[j] !== query[q] && identity[j] !== 0);
        const row = distances.subarray(q * gallery, (q + 1) * gallery);
        assert.equal(farthest[q], Math.max(...row));
        for (let i = q * width; i < (q + 1) * width; i++) {
          assert.equal(picked[i], columns[i] < gallery ? row[columns[i]] : 0);
          assert.equal(counts[i], wrong.filter((j) => row[j] <= thresholds[i]).length);
        }
        const expected = wrong.sort((a, b) => row[a] - row[b] || a - b).slice(0, 10);
        const found = [...nearest.subarray(q * 10, (q + 1) * 10)];
        assert.deepEqual(found, [...expected, ...new Array(10 - expected.length).fill(NONE)]);
      }
    }
  });

  test("infinite distances are counted and ranked, and NaN comes first, whoever it belongs to", async (device) => {
    const problem: Problem = {
      queries: 3,
      gallery: 5,
      distances: Float32Array.of(1, 2, NaN, NaN, 0, Infinity, 2, 3, Infinity, 1, 9, 9, 9, NaN, 9),
      query: Float32Array.of(1, 2, 1),
      identity: Float32Array.of(3, 2, 1, 4, 5),
    };
    problem.identity[3] = 0;
    const columns = Uint32Array.of(2, 0, 3);
    const thresholds = Float32Array.of(1, Infinity, 9);
    const { picked, counts, nearest, farthest } = await run(device, problem, columns, thresholds, 3);
    assert.deepEqual([...picked], [NaN, Infinity, NaN]);
    assert.deepEqual([...counts], [2, 3, 3]);
    assert.deepEqual([...farthest], [NaN, Infinity, NaN]);
    assert.deepEqual([...nearest], [2, 3, 4, 4, 2, 0, 3, 0, 1]);
  });
}

Deno.test("ranking refuses identities, columns and thresholds that do not fit the distances", async () => {
  const device = await Device.open();
  const inputs = { d: f32([2, 5]), query: f32([2]), gallery: f32([4]), t: f32([3, 1]), c: u32([3, 1]) };
  const bodies: ((x: ProgramArguments<typeof inputs>) => Tensor | Uint32Tensor)[] = [
    ({ d, query, gallery }) => nearestOthers(d, 3, { query, gallery }),
    ({ d, query, t }) => countNearer(d, t, { query, gallery: query }),
    ({ d, c }) => pickColumns(d, c),
    ({ query }) => farthestDistance(query),
  ];
  for (const body of bodies) {
    await assert.rejects(() => Program.record(device, inputs, (x) => ({ y: body(x) })), ShapeError);
  }
  const fitting = { d: f32([2, 4]), query: f32([2]), gallery: f32([4]), t: f32([3, 1]) };
  await assert.rejects(
    () =>
      Program.record(device, fitting, ({ d, query, gallery, t }) => ({
        y: countNearer(d, t, { query, gallery }),
      })),
    /thresholds \[Q, M\]/,
  );
  device.destroy();
});
