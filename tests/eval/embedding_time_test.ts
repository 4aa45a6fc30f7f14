/** The time of an image, by a clock that the test moves. */
import assert from "node:assert/strict";
import { embeddingTime } from "../../eval/embedding_time.ts";

Deno.test("the time of an image is the median of batches after the first ones", async () => {
  // Three slow batches, then fifteen of which two are disturbed.
  const milliseconds = [900, 800, 700, 40, 40, 41, 500, 39, 40, 40, 42, 40, 38, 300, 40, 40, 41, 39];
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
  assert.equal(await embeddingTime(embedder, store, [5, 9], { now: () => clock }), 40 / 1000 / 4);
  assert.equal(batches, milliseconds.length);
});
