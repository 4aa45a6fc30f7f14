import assert from "node:assert/strict";
import type { PersonImage, ReidDataset } from "../../data/dataset.ts";
import { DataError } from "../../data/errors.ts";
import type { PixelStore } from "../../data/pixels.ts";
import { requireTracklets, trackletOf } from "../../data/tracklets.ts";
import { Benchmark, type EmbeddedBenchmark } from "../../eval/benchmark.ts";
import { trackletBenchmark } from "../../eval/tracklets.ts";

/** An image's path, person, camera, track (empty for none), and its embedding, a number. */
type Drawn = readonly [path: string, identity: number, camera: number, track: string, value: number];

function pooled(query: readonly Drawn[], gallery: readonly Drawn[], trainCamera = 9) {
  const images = (drawn: readonly Drawn[]) =>
    drawn.map(([path, identity, camera, track]): PersonImage => ({
      path,
      identity,
      camera,
      sequence: 0,
      frame: 0,
      ...(track !== "" && { track }),
    }));
  const train = images([["t", 99, trainCamera, "", 0]]);
  const dataset: Partial<ReidDataset> = { train, query: images(query), gallery: images(gallery) };
  const usable = [...query, ...gallery].map(() => true);
  const benchmark = new Benchmark(dataset as ReidDataset, { usable } as PixelStore);
  const embeddings = (drawn: readonly Drawn[]) => Float32Array.from(drawn, ([, , , , value]) => value);
  const embedded: EmbeddedBenchmark = {
    queries: { embeddings: embeddings(query), labels: benchmark.queries.labels },
    gallery: { embeddings: embeddings(gallery), labels: benchmark.gallery.labels },
    size: 1,
  };
  const found = trackletBenchmark(benchmark, embedded, false);
  const list = ({ embeddings, labels }: EmbeddedBenchmark["queries"]) =>
    [...embeddings].map((value, i) => [labels.identity[i], labels.camera[i], value]);
  return { queries: list(found.queries), gallery: list(found.gallery) };
}

Deno.test("tracklets are the means of a person's images by a camera on a track, each image once", () => {
  const query: Drawn[] = [["a", 1, 1, "1", 1], ["b", 2, 1, "1", 10], ["c", 3, 2, "", 7]];
  const gallery: Drawn[] = [
    ["d", 1, 1, "1", 3],
    ["e", 1, 2, "1", 5],
    ["a", 1, 1, "1", 1], // A query, which is in the gallery too.
    ["f", 1, 1, "2", 8],
    ["g", 1, 2, "1", 9],
    ["h", 0, 1, "1", 20], // Distractors are several people.
    ["i", 0, 1, "1", 30],
    ["j", 2, 2, "", 4],
    ["k", 2, 2, "", 6],
  ];
  assert.deepEqual(pooled(query, gallery), {
    queries: [[1, 1, 2], [2, 1, 10], [3, 2, 7]],
    gallery: [[1, 1, 2], [1, 2, 7], [1, 1, 8], [0, 1, 20], [0, 1, 30], [2, 2, 4], [2, 2, 6]],
  });
});

Deno.test("by one camera a query tracklet leaves itself out, and no other of its person", () => {
  const test: Drawn[] = [["a", 1, 1, "1", 1], ["b", 1, 1, "1", 3], ["c", 1, 1, "2", 5], ["d", 1, 1, "", 6]];
  const { queries, gallery } = pooled(test, test, 1);
  assert.deepEqual(queries, gallery);
  assert.deepEqual(queries.map(([, , value]) => value), [2, 5, 6]);
  assert.equal(new Set(queries.map(([, camera]) => camera)).size, 3);
});

Deno.test("a tracklet belongs to a person and a camera; images of nobody in particular are in none", () => {
  const key = (identity: number, camera: number, track?: string) =>
    trackletOf({ identity, camera, ...(track && { track }) });
  assert.equal(
    new Set([key(1, 1, "1"), key(2, 1, "1"), key(1, 2, "1"), key(1, 1, "2"), key(1, 11, "")]).size,
    5,
  );
  assert.deepEqual([key(0, 1, "1"), key(-1, 1, "1"), key(1, 1)], [undefined, undefined, undefined]);
});

Deno.test("a dataset whose names say no tracklets is refused with the remedy", () => {
  const test = [{ path: "a", identity: 1, camera: 1, sequence: 0, frame: 0 }];
  const dataset: Partial<ReidDataset> = { name: "Custom people", query: test, gallery: test };
  assert.throws(() => requireTracklets(dataset as ReidDataset), (error) => {
    assert.ok(error instanceof DataError);
    assert.match(error.message, /Custom people cannot be scored by tracklets: .*the column track/);
    assert.deepEqual(error.remedies, [{ kind: "set", settings: { tracklets: false } }]);
    return true;
  });
});
