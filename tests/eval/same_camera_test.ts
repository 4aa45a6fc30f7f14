import assert from "node:assert/strict";
import type { PersonImage, ReidDataset } from "../../data/dataset.ts";
import type { PixelStore } from "../../data/pixels.ts";
import { Benchmark } from "../../eval/benchmark.ts";
import { RankingAccumulator } from "../../eval/ranking.ts";

const images = (...of: [person: number, camera: number][]): PersonImage[] =>
  of.map(([identity, camera], i) => ({ path: `${i}.jpg`, identity, camera, sequence: 0, frame: 0 }));

/** The benchmark of people who are in training by `train`, and the test. */
function benchmark(train: PersonImage[], query: PersonImage[], gallery: PersonImage[], usable: boolean[]) {
  const dataset: Partial<ReidDataset> = { train, query, gallery };
  return new Benchmark(dataset as ReidDataset, { usable } as PixelStore);
}

Deno.test("by the same-camera protocol a query leaves itself out and nothing else", () => {
  const test = images([1, 1], [1, 1], [1, 1], [2, 1], [2, 1], [3, 1]);
  const usable = [true, true, true, false, true, true];
  const { protocol, queries, gallery } = benchmark(images([4, 1]), test, test, [...usable, ...usable]);
  assert.equal(protocol, "same-camera");
  const accumulator = new RankingAccumulator(gallery.labels);
  // Everybody is as far as the index in the gallery says.
  const row = Float32Array.of(0, 1, 2, 3, 4);
  const ranks = [...queries.labels.identity].map((identity, q) => [
    ...accumulator.ranks(row, identity, queries.labels.camera[q]!),
  ]);
  // Image 3 cannot be decoded, so that the only other image of person 2 has no match, as that of person 3.
  assert.deepEqual(ranks, [[0, 1], [0, 1], [0, 1], [], []]);
});

Deno.test("queries that are not in the gallery are ranked against all of it", () => {
  const [first, ...others] = images([1, 1], [1, 1], [2, 1]);
  const { queries, gallery } = benchmark(images([4, 1]), [first!], others, [true, true, true]);
  assert.deepEqual([...gallery.labels.camera].map((camera) => camera === queries.labels.camera[0]), [
    false,
    false,
  ]);
});

Deno.test("a second camera anywhere makes it the Market-1501 protocol, by the cameras of the images", () => {
  const test = images([1, 1], [1, 1]);
  const { protocol, queries } = benchmark(images([4, 2]), test, test, [true, true, true, true]);
  assert.equal(protocol, "Market-1501");
  assert.deepEqual([...queries.labels.camera], [1, 1]);
});
