import assert from "node:assert/strict";
import { Device } from "../../engine/mod.ts";
import { evaluateRows } from "../../eval/evaluate_rows.ts";
import { evaluate } from "../../eval/evaluate.ts";
import type { EmbeddedSet, RankingProblem } from "../../eval/rank_gallery.ts";
import { RERANK_BUDGET, type RerankBudget } from "../../eval/rerank/blocks.ts";
import { findNeighbors } from "../../eval/rerank/neighbors.ts";
import { RERANK_DEFAULTS, type RerankOptions } from "../../eval/rerank/options.ts";
import { expandedSets, reciprocalSets } from "../../eval/rerank/reciprocal.ts";
import { rerank, type RerankProgress } from "../../eval/rerank/rerank.ts";
import { tensorBytes } from "../../kernels/mod.ts";
import { distancesOf } from "../../bench/ranked_on_cpu.ts";
import { type DenseRerank, denseRerank } from "../reference/rerank.ts";
import { type SeededRandom, seededRandom } from "../reference/seeded_random.ts";

/** Final distances that differ by less may rank either way. */
const TOLERANCE = 1e-5;

const device = await Device.open();
addEventListener("unload", () => device.destroy());

/** Few, since the kernels are compiled anew for each. */
const SHAPES = [
  { queries: 1, gallery: 1, size: 3, metric: "squared" },
  { queries: 5, gallery: 7, size: 2, metric: "angular" },
  { queries: 3, gallery: 31, size: 5, metric: "squared" },
  { queries: 10, gallery: 54, size: 4, metric: "euclidean" },
] as const;

/** Points around centers, one for each person, or on a coarse grid, where many distances tie and images coincide. */
function drawProblem(
  random: SeededRandom,
  kind: "clusters" | "grid" | "noise",
  { queries, gallery, size, metric }: typeof SHAPES[number],
): RankingProblem {
  const people = 2 + random.integer(9);
  const spread = random.uniform();
  const centers = Array.from({ length: people * size }, random.normal);
  const coordinate = (person: number, i: number) =>
    kind === "grid"
      ? random.integer(3)
      : (kind === "noise" ? 0 : centers[person * size + i]) + spread * random.normal();
  const draw = (count: number): EmbeddedSet => {
    const identity = Int32Array.from({ length: count }, () => random.integer(people));
    return {
      embeddings: Float32Array.from(
        { length: count * size },
        (_, i) => coordinate(identity[Math.floor(i / size)], i % size),
      ),
      labels: { identity, camera: Int32Array.from({ length: count }, () => 1 + random.integer(3)) },
    };
  };
  return { queries: draw(queries), gallery: draw(gallery), size, metric };
}

function drawOptions(random: SeededRandom): RerankOptions {
  return {
    k1: [1, 2, 3, 5, 7, 10, 20, 24][random.integer(8)],
    k2: 1 + random.integer(9),
    lambda: [0, 0.3, random.uniform(), 1][random.integer(4)],
  };
}

/** Queries and gallery as one set, each image's distances to all: what the GPU computes of them. */
function together({ queries, gallery, size, metric }: RankingProblem) {
  const embeddings = Float32Array.of(...queries.embeddings, ...gallery.embeddings);
  const count = embeddings.length / size;
  return { embeddings, count, size, metric: metric === "angular" ? metric : "squared" } as const;
}

async function reference(problem: RankingProblem, options: RerankOptions): Promise<DenseRerank> {
  const { embeddings, count, size, metric } = together(problem);
  const everybody = { embeddings, labels: problem.queries.labels };
  const pairs = { queries: everybody, gallery: everybody, size, metric };
  const distances = await distancesOf(device, pairs, 0, count);
  const rows = Array.from({ length: count }, (_, p) => [...distances.subarray(p * count, (p + 1) * count)]);
  return denseRerank(rows, problem.queries.labels.identity.length, options);
}

async function rowsOf(problem: RankingProblem, options?: RerankOptions, budget?: RerankBudget) {
  const rows: number[][] = [];
  for await (const row of rerank(device, problem, options, undefined, budget)) rows.push([...row]);
  return rows;
}

/** Places by distance; those within the tolerance of each other count as one. */
function assertSameOrder(actual: readonly number[], expected: readonly number[], what: string) {
  for (let a = 0; a < expected.length; a++) {
    for (let b = 0; b < expected.length; b++) {
      if (expected[a] + 2 * TOLERANCE < expected[b]) {
        assert.ok(actual[a] < actual[b], `${what}: ${a} before ${b}`);
      }
    }
  }
}

async function assertAgrees(problem: RankingProblem, options: RerankOptions, what: string): Promise<number> {
  const expected = await reference(problem, options);
  const neighbors = await findNeighbors(
    device,
    together(problem),
    Math.max(options.k1, options.k2 - 1),
    RERANK_BUDGET,
    () => {},
  );
  const sets = reciprocalSets(neighbors, options.k1).map((set) => [...set.toSorted()]);
  assert.deepEqual(sets, expected.reciprocal, what);
  assert.deepEqual(expandedSets(neighbors, options.k1).map((set) => [...set]), expected.expanded, what);
  const rows = await rowsOf(problem, options);
  assert.equal(rows.length, expected.final.length);
  let worst = 0;
  rows.forEach((row, q) => {
    assert.equal(row.length, expected.final[q].length);
    row.forEach((distance, j) => worst = Math.max(worst, Math.abs(distance - expected.final[q][j])));
    assertSameOrder(row, expected.final[q], `${what}, query ${q}`);
  });
  assert.ok(worst <= TOLERANCE, `${what}: distances differ by ${worst}`);
  return worst;
}

for (const kind of ["clusters", "grid", "noise"] as const) {
  Deno.test(`rerank() agrees with whole matrices in f64 on 20 random problems, ${kind}`, async () => {
    const random = seededRandom(kind.length);
    for (let i = 0; i < 20; i++) {
      const problem = drawProblem(random, kind, SHAPES[i % SHAPES.length]), options = drawOptions(random);
      await assertAgrees(problem, options, `problem ${i}, ${JSON.stringify(options)}`);
    }
  });
}

Deno.test("rerank() gives the same rows in parts and blocks as in one go, and says how far it is", async () => {
  const problem = drawProblem(seededRandom(5), "grid", SHAPES[3]);
  const parts: RerankBudget = { part: 20 * tensorBytes([1, 4]), block: 4 * 20 * 9, rows: 4 * 54 * 4 };
  for (const options of [RERANK_DEFAULTS, { k1: 30, k2: 1, lambda: 0.5 }]) {
    const seen: RerankProgress[] = [];
    const rows: number[][] = [];
    for await (const row of rerank(device, problem, options, (state) => seen.push(state), parts)) {
      rows.push([...row]);
    }
    assert.deepEqual(rows, await rowsOf(problem, options));
    // 64 images in four parts, then 10 queries.
    assert.deepEqual([seen.at(-1)!.done, seen.at(-1)!.total], [4 * 64 + 10, 4 * 64 + 10]);
    assert.ok(seen.every(({ done, gpuBytes }, i) => gpuBytes > 0 && (i === 0 || done >= seen[i - 1].done)));
  }
});

Deno.test("rerank() takes images that all are equal, an empty gallery and no queries", async () => {
  const { queries, gallery, size, metric } = drawProblem(seededRandom(6), "noise", SHAPES[2]);
  const equal = (set: EmbeddedSet) => ({ ...set, embeddings: set.embeddings.map(() => 1) });
  const rows = await rowsOf({ queries: equal(queries), gallery: equal(gallery), size, metric });
  assert.ok(rows.flat().every((distance) => distance >= 0 && distance <= 0.7));
  const nothing = {
    embeddings: new Float32Array(0),
    labels: { identity: new Int32Array(), camera: new Int32Array() },
  };
  assert.deepEqual(await rowsOf({ queries, gallery: nothing, size, metric }), [[], [], []]);
  assert.deepEqual(await rowsOf({ queries: nothing, gallery, size, metric }), []);
});

Deno.test("rerank() refuses embeddings that are not numbers, and options out of range", async () => {
  for (const shape of [SHAPES[1], SHAPES[2]]) {
    const problem = drawProblem(seededRandom(7), "noise", shape);
    for (const broken of [NaN, Infinity]) {
      problem.gallery.embeddings[4] = broken;
      await assert.rejects(rowsOf(problem), /non-finite distances/, `${shape.metric}, ${broken}`);
    }
  }
  const problem = drawProblem(seededRandom(7), "noise", SHAPES[0]);
  for (const wrong of [{ k1: 0 }, { k2: 0 }, { k1: 1.5 }, { lambda: 1.1 }, { lambda: NaN }]) {
    await assert.rejects(rowsOf(problem, { ...RERANK_DEFAULTS, ...wrong }), /Cannot re-rank with/);
  }
});

Deno.test("re-ranking helps where a person's images are many and each of them is noisy", async () => {
  const random = seededRandom(8);
  const [people, size] = [12, 16];
  const centers = Array.from({ length: people * size }, random.normal);
  const draw = (count: number): EmbeddedSet => ({
    embeddings: Float32Array.from(
      { length: count * size },
      (_, i) => centers[Math.floor(i / size) % people * size + i % size] + 0.9 * random.normal(),
    ),
    labels: {
      identity: Int32Array.from({ length: count }, (_, i) => 1 + i % people),
      camera: Int32Array.from({ length: count }, () => 1 + random.integer(3)),
    },
  });
  const problem: RankingProblem = { queries: draw(24), gallery: draw(240), size, metric: "euclidean" };
  const { queries, gallery, metric } = problem;
  const plain = await evaluate(device, queries, gallery, size, metric);
  const better = await evaluateRows(rerank(device, problem), queries.labels, gallery.labels);
  assert.ok(better.scores.mAP > plain.scores.mAP + 0.1, `${better.scores.mAP} against ${plain.scores.mAP}`);
});

Deno.test("evaluateRows() finds in rows of distances what evaluate() finds on the GPU", async () => {
  const problem = drawProblem(seededRandom(9), "clusters", SHAPES[3]);
  const { queries, gallery, size, metric } = problem;
  const distances = await distancesOf(device, problem, 0, 10);
  async function* rows(count: number) {
    for (let q = 0; q < count; q++) yield await Promise.resolve(distances.subarray(54 * q, 54 * (q + 1)));
  }
  assert.deepEqual(
    await evaluateRows(rows(10), queries.labels, gallery.labels),
    await evaluate(device, queries, gallery, size, metric),
  );
  await assert.rejects(evaluateRows(rows(9), queries.labels, gallery.labels), /10 queries by 9 rows/);
});
