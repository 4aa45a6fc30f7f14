/** The time of an image, by a clock that the test moves. */
import assert from "node:assert/strict";
import { embeddingTime } from "../../eval/embedding_time.ts";

Deno.test("the time of an image is the median of batches after the first ones", async () => {
  // Three batches that do not count, then fifteen of which two are disturbed.
  const milliseconds = [1, 2, 900, 43, 40, 41, 500, 36, 39, 34, 42, 35, 38, 300, 37, 33, 44, 32];
  let clock = 0, batches = 0;
  const embedder = {
    batch: 4,
    submit: (pixels: Uint8Array, count: number) => {
      assert.deepEqual([[...pixels], count], [[5, 9, 5, 9], 4]); // Two images, repeated.
      const embeddings = Promise.resolve().then(() => {
        clock += milliseconds[batches++]!;
        return new Float32Array(4);
      });
      return Promise.resolve({ embeddings });
    },
  };
  const store = {
    stride: 1,
    batch: (indices: ArrayLike<number>, out: Uint8Array) => out.set(Array.from(indices)),
  };
  assert.equal(await embeddingTime(embedder, store, [5, 9], { now: () => clock }), 39 / 1000 / 4);
  assert.equal(batches, milliseconds.length);
});
