/** Ranks that share an evaluation: every number of one process, on every rank. */
import assert from "node:assert/strict";
import type { PersonImage, ReidDataset } from "../../data/dataset.ts";
import type { PixelStore } from "../../data/pixels.ts";
import { Device, Random } from "../../engine/mod.ts";
import { Benchmark, type EmbeddedBenchmark } from "../../eval/benchmark.ts";
import { pooledQueries } from "../../eval/multi_query.ts";
import { rankGallery, type RankingProblem } from "../../eval/rank_gallery.ts";
import { RERANK_DEFAULTS } from "../../eval/rerank/options.ts";
import { shareOfRank } from "../../eval/share_of_rank.ts";
import { tensorBytes } from "../../kernels/mod.ts";
import { CONVENTIONS } from "../../model/conventions.ts";
import { untrainedModel } from "../../train/untrained.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { onLocalRanks } from "../ranks/local_ranks.ts";
import { TINY_OPTIONS } from "../train/tiny_run.ts";

const { imageHeight: height, imageWidth: width } = TINY_OPTIONS;
const stride = height * width * 3;

/** Images of noise of few people, each seen several times: distractors and images that tie are among them. */
function drawPeople(queries: number, gallery: number): { dataset: ReidDataset; store: PixelStore } {
  const random = new Random(5);
  const draw = (least: number) => (_: unknown, i: number): PersonImage => {
    const identity = least + random.integer(9 - least), camera = 1 + random.integer(3);
    return { path: `${i}.jpg`, identity, camera, sequence: 1, frame: random.integer(9999) };
  };
  const list = (count: number, least: number) => Array.from({ length: count }, draw(least));
  const dataset = {
    train: list(60, 1),
    query: list(queries, 1),
    gallery: list(gallery, 0),
    ignored: { junk: 2 },
    timed: true,
  };
  const different = Array.from(
    { length: 40 },
    () => Uint8Array.from({ length: stride }, () => random.integer(256)),
  );
  const count = queries + gallery;
  const store: Partial<PixelStore> = {
    height,
    width,
    stride,
    count,
    usable: Array.from({ length: count }, (_, i) => i !== 3),
    batch: (indices, out) =>
      Array.from(indices).forEach((index, i) => out.set(different[index % 40]!, i * stride)),
  };
  return { dataset: dataset as unknown as ReidDataset, store: store as PixelStore };
}

/** Each of a benchmark's rankings. */
async function evaluateAll(device: Device, benchmark: Benchmark, embedded: EmbeddedBenchmark) {
  const pooled = {
    ...embedded,
    queries: pooledQueries(embedded.queries, embedded.gallery, embedded.size, true),
  };
  return {
    plain: await benchmark.rank(device, embedded, "euclidean"),
    multiQuery: await benchmark.rank(device, pooled, "angular"),
    reranked: await benchmark.rerank(device, embedded, "euclidean", RERANK_DEFAULTS),
    spatialTemporal: await benchmark.spatialTemporal(device, embedded),
    cameraPairs: await benchmark.cameraPairs(device, embedded, "euclidean"),
    verification: await benchmark.verify(device, embedded, "euclidean", [1]),
    colors: await benchmark.colors(),
  };
}

Deno.test("ranks that share an evaluation find every number of one process, to the bit", async () => {
  using device = await Device.open();
  const spec = { ...TINY_OPTIONS, ...CONVENTIONS.own, momentum: 0.9, identities: 0 };
  const { dataset, store } = drawPeople(30, 71); // 100 can be used: four batches.
  const model = await untrainedModel(device, spec, 1, store, undefined);
  const evaluated = async (ranks?: Ranks) => {
    const benchmark = new Benchmark(dataset, store, ranks);
    const progress: number[] = [];
    const embedded = await benchmark.embed(device, model, {
      flip: true,
      onProgress: (done, total) => progress.push(done / total),
    });
    assert.equal(progress.at(-1), ranks?.rank === 4 ? undefined : 1);
    return { embedded, ...await evaluateAll(device, benchmark, embedded) };
  };
  const expected = await evaluated();
  assert.ok(expected.plain.scores.mAP > 0.1 && expected.plain.scores.mAP < 0.9);
  assert.ok(
    expected.plain.top.flat().some(({ distance }, i, all) => i > 0 && distance === all[i - 1]!.distance),
  );
  for (const size of [2, 5]) {
    const all = await onLocalRanks(size, evaluated);
    for (const found of all) assert.deepEqual(found, expected, `${size} ranks`);
  }

  // A gallery in parts and queries in small blocks.
  const { embedded } = expected;
  const problem: RankingProblem = { ...embedded, metric: "squared" };
  const details = { top: 5, sampled: [0, 7, 30] };
  const budget = { gallery: 20 * tensorBytes([1, embedded.size]), distances: 4 * 256 * 20 };
  const { queries } = await rankGallery(device, problem, details, budget);
  for (const size of [2, 31]) {
    const found = await onLocalRanks(
      size,
      (ranks) => rankGallery(device, problem, details, budget, shareOfRank(ranks)),
    );
    for (const ranked of found) assert.deepEqual(ranked.queries, queries, `${size} ranks`);
  }
  model.parameters.destroy();
});

Deno.test("shares of a list follow one another, in whole units, and differ by one unit at most", async () => {
  for (const size of [1, 2, 3, 7]) {
    for (const [count, unit] of [[0, 1], [1, 1], [5, 1], [100, 32], [20, 3], [96, 32]] as const) {
      const ranges = await onLocalRanks(
        size,
        (ranks) => Promise.resolve(shareOfRank(ranks).range(count, unit)),
      );
      assert.deepEqual([ranges[0]![0], ranges.at(-1)![1]], [0, count]);
      ranges.slice(1).forEach(([from], i) => assert.equal(from, ranges[i]![1]));
      const units = ranges.map(([from, to]) => Math.ceil((to - from) / unit));
      assert.ok(Math.max(...units) - Math.min(...units) <= 1, `${units}`);
      ranges.forEach(([from]) => assert.ok(from % unit === 0 || from === count));
    }
  }
});
