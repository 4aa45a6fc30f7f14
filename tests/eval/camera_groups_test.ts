import assert from "node:assert/strict";
import type { PersonImage, ReidDataset } from "../../data/dataset.ts";
import { cameraGroups, takenBy } from "../../eval/camera_groups.ts";

const seenBy = (...cameras: number[]): PersonImage[] =>
  cameras.map((camera, i) => ({ path: `${i}.jpg`, identity: 1 + i, camera, sequence: 1, frame: i }));

const dataset = (train: number[], query: number[]): ReidDataset => ({
  name: "Market-1501",
  root: "",
  train: seenBy(...train),
  query: seenBy(...query),
  gallery: seenBy(1),
  timed: true,
  ignored: { junk: 0, otherFiles: 0 },
  warnings: [],
});

Deno.test("cameraGroups() parts the cameras of the queries by whether training has seen them", () => {
  const groups = (train: number[], query: number[]) =>
    Object.fromEntries(cameraGroups(dataset(train, query)).map(({ name, cameras }) => [name, [...cameras]]));
  assert.deepEqual(groups([3, 1, 2, 1], [1, 2, 3, 4, 5]), {
    "seen cameras": [1, 2, 3],
    "unseen cameras": [4, 5],
  });
  assert.deepEqual(groups([1, 2, 3], [1, 2, 3]), { "seen cameras": [1, 2, 3] });
  assert.deepEqual(groups([1, 2], [1, 2, 3]), { "seen cameras": [1, 2] }, "one camera alone has no match");
});

Deno.test("takenBy() keeps the embeddings and labels of the wanted cameras' images, in their order", () => {
  const embeddings = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const labels = { identity: Int32Array.of(7, 0, 8, 9), camera: Int32Array.of(2, 5, 1, 5) };
  assert.deepEqual(takenBy({ embeddings, labels }, 2, (camera) => camera !== 2), {
    embeddings: Float32Array.of(3, 4, 5, 6, 7, 8),
    labels: { identity: Int32Array.of(0, 8, 9), camera: Int32Array.of(5, 1, 5) },
  });
});
