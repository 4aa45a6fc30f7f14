import assert from "node:assert/strict";
import { pooledQueries } from "../../eval/multi_query.ts";
import type { EmbeddedSet } from "../../eval/rank_gallery.ts";
import { evaluate } from "../../eval/evaluate.ts";
import { Device } from "../../engine/mod.ts";
import { seededRandom } from "../reference/seeded_random.ts";

function set(...images: [identity: number, camera: number, x: number, y: number][]): EmbeddedSet {
  return {
    embeddings: Float32Array.from(images.flatMap(([, , x, y]) => [x, y])),
    labels: {
      identity: Int32Array.from(images, ([identity]) => identity),
      camera: Int32Array.from(images, ([, camera]) => camera),
    },
  };
}

const queries = set([7, 2, 1, 0], [5, 1, 0, 2], [7, 2, 0, 1], [7, 3, 4, 4], [12, 3, 0, 0]);
const gallery = set([7, 2, 2, 2], [7, 1, 9, 9], [5, 1, 4, 0], [0, 2, 9, 9], [-1, 2, 9, 9], [1, 23, 9, 9]);

Deno.test("pooledQueries() averages the images of one identity in one camera, and nobody else's", () => {
  const pooled = pooledQueries(queries, gallery, 2, false);
  assert.deepEqual([...pooled.labels.identity], [7, 5, 7, 12]);
  assert.deepEqual([...pooled.labels.camera], [2, 1, 3, 3]);
  assert.deepEqual([...pooled.embeddings], [1, 1, 2, 1, 4, 4, 0, 0]);
});

Deno.test("pooledQueries() scales to length one where embeddings have it; what has no direction stays 0", () => {
  const { embeddings } = pooledQueries(queries, gallery, 2, true);
  const expected = [
    Math.SQRT1_2,
    Math.SQRT1_2,
    2 / Math.sqrt(5),
    1 / Math.sqrt(5),
    Math.SQRT1_2,
    Math.SQRT1_2,
  ];
  [...expected, 0, 0].forEach((value, i) =>
    assert.ok(Math.abs(embeddings[i] - value) < 1e-6, `${embeddings}`)
  );
});

Deno.test("pooled queries find more where each image is noisy", async () => {
  const random = seededRandom(2), size = 8, people = 10;
  const centers = Array.from({ length: people * size }, random.normal);
  const draw = (count: number): EmbeddedSet => ({
    embeddings: Float32Array.from(
      { length: count * size },
      (_, i) => centers[Math.floor(i / size) % people * size + i % size] + random.normal(),
    ),
    labels: {
      identity: Int32Array.from({ length: count }, (_, i) => 1 + i % people),
      camera: Int32Array.from({ length: count }, (_, i) => 1 + Math.floor(i / people) % 2),
    },
  });
  const [single, found] = [draw(20), draw(100)];
  const device = await Device.open();
  const mAP = async (set: EmbeddedSet) => (await evaluate(device, set, found, size, "euclidean")).scores.mAP;
  const [before, after] = [await mAP(single), await mAP(pooledQueries(single, found, size, false))];
  device.destroy();
  assert.ok(after > before + 0.05, `${after} against ${before}`);
});
