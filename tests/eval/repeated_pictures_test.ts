import assert from "node:assert/strict";
import type { PersonImage, ReidDataset } from "../../data/dataset.ts";
import type { PixelStore } from "../../data/pixels.ts";
import { Benchmark } from "../../eval/benchmark.ts";
import { repeatedPictures } from "../../eval/repeated_pictures.ts";

/** [identity, camera, picture]; two images with the same picture have the same pixels. */
type Drawn = readonly [identity: number, camera: number, picture: number];

/** A benchmark of images whose pixels are their picture's number; picture -1 cannot be decoded. */
function benchmark(query: readonly Drawn[], gallery: readonly Drawn[], cameras = 2): Benchmark {
  const all = [...query, ...gallery];
  const stride = 24;
  const store: Partial<PixelStore> = {
    stride,
    usable: all.map(([, , picture]) => picture >= 0),
    batch: (indices, out) => void out.fill(0).set([all[indices[0]!]![2]], stride - 1), // The last byte alone tells.
  };
  const images = (kind: string, drawn: readonly Drawn[]) =>
    drawn.map(([identity, camera], i) => ({ path: `${kind}${i}`, identity, camera }) as PersonImage);
  const train = images("t", [[1, 1, 0], [2, cameras, 0]]);
  const dataset = { train, query: images("q", query), gallery: images("g", gallery) };
  return new Benchmark(dataset as unknown as ReidDataset, store as PixelStore);
}

const cases: [string, Drawn[], Drawn[], string[], string[]][] = [
  ["no picture twice", [[1, 1, 1], [2, 1, 2]], [[1, 2, 3], [2, 2, 4]], [], []],
  ["the query itself, which the protocol leaves out", [[1, 1, 1]], [[1, 1, 1], [1, 2, 2]], [], []],
  ["copied to a made-up camera", [[1, 1, 1], [2, 1, 2]], [[1, 9, 1], [2, 9, 2]], ["q0 g0", "q1 g1"], []],
  ["under another person", [[1, 1, 1]], [[2, 1, 1], [1, 2, 3]], [], ["q0 g0"]],
  ["as a distractor", [[1, 1, 1]], [[0, 2, 1]], [], ["q0 g0"]],
  ["twice in the gallery: counts once", [[1, 1, 1]], [[1, 2, 1], [1, 3, 1]], ["q0 g0"], []],
  ["twice among the queries: counts for each", [[1, 1, 1], [1, 2, 1]], [[1, 3, 1]], ["q0 g0", "q1 g0"], []],
  ["both", [[1, 1, 1]], [[3, 1, 1], [1, 2, 1]], ["q0 g1"], ["q0 g0"]],
  ["images that cannot be decoded", [[1, 1, -1], [1, 1, 1]], [[1, 2, -1], [1, 2, 1]], ["q1 g1"], []],
];

for (const [name, query, gallery, right, other] of cases) {
  Deno.test(`repeatedPictures(): ${name}`, async () => {
    const { rightMatches, otherPeople } = await repeatedPictures(benchmark(query, gallery));
    const texts = (list: typeof rightMatches) => list.map((pair) => `${pair.query} ${pair.gallery}`);
    assert.deepEqual([texts(rightMatches), texts(otherPeople)], [right, other]);
  });
}

Deno.test("repeatedPictures(): by one camera, the same picture of a person in another file is a match", async () => {
  const drawn: Drawn[] = [[1, 1, 1], [1, 1, 2]];
  const { rightMatches, otherPeople } = await repeatedPictures(benchmark(drawn, [...drawn, [2, 1, 2]], 1));
  assert.deepEqual(rightMatches.map(({ query, gallery }) => `${query} ${gallery}`), ["q0 g0", "q1 g1"]);
  assert.equal(otherPeople.length, 1);
});
