import assert from "node:assert/strict";
import { Device } from "../../engine/mod.ts";
import { evaluate } from "../../eval/evaluate.ts";
import { galleryParts } from "../../eval/gallery_parts.ts";
import {
  type EmbeddedSet,
  rankGallery,
  type RankingBudget,
  type RankingDetails,
  type RankingProblem,
} from "../../eval/rank_gallery.ts";
import { averagePrecision, RankingAccumulator } from "../../eval/ranking.ts";
import { tensorBytes } from "../../kernels/mod.ts";
import { distancesOf, rankedOnCpu } from "../../bench/ranked_on_cpu.ts";
import { type SeededRandom, seededRandom } from "../reference/seeded_random.ts";

function drawSet(
  random: SeededRandom,
  count: number,
  size: number,
  coordinate: () => number,
  identity: () => number,
): EmbeddedSet {
  return {
    embeddings: Float32Array.from({ length: count * size }, coordinate),
    labels: {
      identity: Int32Array.from({ length: count }, identity),
      camera: Int32Array.from({ length: count }, () => 1 + random.integer(3)),
    },
  };
}

/** Embeddings of small whole numbers: distances are exact however they are computed, and many tie. */
function tiedProblem(seed: number, queries: number, gallery: number, people: number): RankingProblem {
  const random = seededRandom(seed);
  const size = 1 + random.integer(6);
  const coordinate = () => random.integer(2 + seed % 3);
  return {
    // One person more than the gallery has; junk and distractors are in the gallery only.
    queries: drawSet(random, queries, size, coordinate, () => 1 + random.integer(people + 1)),
    gallery: drawSet(random, gallery, size, coordinate, () => -1 + random.integer(people + 2)),
    size,
    metric: (["squared", "euclidean", "angular"] as const)[seed % 3],
  };
}

async function assertSameAsOnCpu(
  device: Device,
  problem: RankingProblem,
  details: RankingDetails,
  budget?: RankingBudget,
): Promise<void> {
  const count = problem.queries.labels.identity.length, width = problem.gallery.labels.identity.length;
  const distances = await distancesOf(device, problem, 0, count);
  const { queries } = await rankGallery(device, problem, details, budget);
  assert.equal(queries.length, count);
  for (const [q, ranked] of queries.entries()) {
    const row = distances.subarray(q * width, (q + 1) * width);
    const expected = rankedOnCpu(problem, q, row, details);
    // Samples of several parts come part by part.
    const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);
    assert.deepEqual(
      { ...ranked, negatives: sorted(ranked.negatives) },
      { ...expected, negatives: sorted(expected.negatives) },
    );
  }
}

/** A budget for parts of so many images and blocks of few queries. */
function smallBudget({ size }: RankingProblem, images: number): RankingBudget {
  return { gallery: images * tensorBytes([1, size]), distances: 4 * 256 * images };
}

const device = await Device.open();
addEventListener("unload", () => device.destroy());

Deno.test("rankGallery() ranks as the CPU does where many distances tie, with junk and distractors", async () => {
  const sizes = [[1, 1], [1, 60], [5, 3], [3, 4], [8, 63], [9, 64], [4, 65], [17, 130], [30, 300]];
  for (const [seed, [queries, gallery]] of sizes.entries()) {
    const problem = tiedProblem(seed + 1, queries, gallery, [6, 1, 40][seed % 3]);
    await assertSameAsOnCpu(device, problem, {
      top: [10, 1, 3][seed % 3],
      sampled: [0, 2, 5, 62].filter((j) => j < gallery),
    });
  }
});

Deno.test("rankGallery() ranks a gallery in parts, and queries in blocks, as it does in one go", async () => {
  for (const [seed, images] of [50, 70].entries()) {
    const problem = tiedProblem(seed + 20, 40, 153, [12, 3][seed]);
    const details = { top: 10, sampled: Array.from({ length: 22 }, (_, i) => 7 * i) };
    const budget = smallBudget(problem, images);
    await assertSameAsOnCpu(device, problem, details, budget);
    await assertSameAsOnCpu(device, problem, details, { ...budget, distances: 4 * 1500 });
  }
});

Deno.test("rankGallery() ranks a gallery of one person, of nobody that is searched for, and an empty one", async () => {
  const details = { top: 10, sampled: [0, 1] };
  const problem = tiedProblem(50, 6, 90, 4);
  const everybody = (identity: number): RankingProblem => ({
    ...problem,
    gallery: {
      ...problem.gallery,
      labels: { ...problem.gallery.labels, identity: new Int32Array(90).fill(identity) },
    },
  });
  const one = everybody(problem.queries.labels.identity[0]);
  await assertSameAsOnCpu(device, one, details);
  await assertSameAsOnCpu(device, one, details, smallBudget(one, 20));
  await assertSameAsOnCpu(device, everybody(77), details);
  await assertSameAsOnCpu(device, everybody(-1), details);
  const nothing = {
    embeddings: new Float32Array(0),
    labels: { identity: new Int32Array(), camera: new Int32Array() },
  };
  const empty = await rankGallery(device, { ...problem, gallery: nothing }, details);
  assert.deepEqual(empty.queries.map(({ ranks, top }) => [...ranks, ...top]), new Array(6).fill([]));
  assert.deepEqual((await rankGallery(device, { ...problem, queries: nothing }, details)).queries, []);
});

Deno.test("rankGallery() ranks 500 queries in 3,000 images exactly as the CPU ranks the same distances", async () => {
  const random = seededRandom(3);
  const identity = () => random.integer(70);
  const problem: RankingProblem = {
    queries: drawSet(random, 500, 64, random.normal, () => 1 + identity()),
    gallery: drawSet(random, 3000, 64, random.normal, () => identity() - 1),
    size: 64,
    metric: "euclidean",
  };
  const details = { top: 10, sampled: Array.from({ length: 100 }, (_, i) => 30 * i) };
  await assertSameAsOnCpu(device, problem, details);
});

Deno.test("evaluate() gives the scores and samples of the distances that the CPU would rank", async () => {
  const { queries, gallery, size, metric } = tiedProblem(31, 20, 350, 9);
  const problem = { queries, gallery, size, metric };
  const distances = await distancesOf(device, problem, 0, 20);
  const accumulator = new RankingAccumulator(gallery.labels);
  accumulator.addBlock(distances, queries.labels);
  // Every third image: 350 / 100, rounded down.
  const sampled = [...gallery.labels.identity.keys()].filter((j) =>
    j % 3 === 0 && gallery.labels.identity[j] >= 0
  );
  const details = { top: 10, sampled };
  const expected = Array.from(
    { length: 20 },
    (_, q) => rankedOnCpu(problem, q, distances.subarray(350 * q, 350 * (q + 1)), details),
  );
  assert.deepEqual(await evaluate(device, queries, gallery, size, metric), {
    scores: accumulator.result(),
    top: expected.map(({ top }) => top),
    precisions: expected.map(({ ranks }) => averagePrecision(ranks).plain),
    positives: expected.flatMap(({ positives }) => [...positives]),
    negatives: expected.flatMap(({ negatives }) => negatives),
  });
});

Deno.test("rankGallery() holds no more GPU memory when the gallery grows past its budget", async () => {
  const held = async (images: number) => {
    const random = seededRandom(9);
    const whole = () => random.integer(3);
    const identity = () => 1 + random.integer(40);
    const problem: RankingProblem = {
      queries: drawSet(random, 20, 8, whole, identity),
      gallery: drawSet(random, images, 8, whole, identity),
      size: 8,
      metric: "squared",
    };
    return (await rankGallery(device, problem, { top: 3, sampled: [] }, smallBudget(problem, 200))).gpuBytes;
  };
  const [small, large] = [await held(200), await held(1500)];
  assert.ok(small > 0 && large <= 1.1 * small, `${small} bytes, then ${large}`);
});

Deno.test("galleryParts() keeps who is searched for together, fills up with the others, and keeps the order", () => {
  const identity = Int32Array.of(1, 0, 2, 1, 0, 2, 2, 0, -1);
  const parts = (count: number) =>
    galleryParts(identity, new Set([1, 2, 9]), count).map((places) => [...places]);
  assert.deepEqual(parts(1), [[0, 1, 2, 3, 4, 5, 6, 7, 8]]);
  assert.deepEqual(parts(2), [[0, 1, 3, 4, 8], [2, 5, 6, 7]]);
  assert.deepEqual(parts(3), [[0, 3, 7], [2, 5, 6], [1, 4, 8]]);
});

Deno.test("rankGallery() refuses embeddings that are not numbers, by every metric", async () => {
  for (const metric of ["squared", "euclidean", "angular"] as const) {
    const problem = { ...tiedProblem(51, 6, 90, 4), metric };
    const embeddings = problem.gallery.embeddings.slice().fill(NaN);
    const broken = { ...problem, gallery: { ...problem.gallery, embeddings } };
    await assert.rejects(rankGallery(device, broken, { top: 10, sampled: [0] }), /NaN/, metric);
  }
});
