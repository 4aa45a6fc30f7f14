import assert from "node:assert/strict";
import { LimitError, ShapeError } from "../../engine/mod.ts";
import { recordLargestBatch } from "../../model/largest_batch.ts";

/** Records as an adapter does that holds a number of images. */
function adapterFor(most: number) {
  const tried: number[] = [];
  const record = (images: number) => {
    tried.push(images);
    return images > most
      ? Promise.reject(new LimitError("too many"))
      : Promise.resolve(`program of ${images}`);
  };
  return { tried, record };
}

Deno.test("recordLargestBatch() halves the batch until the adapter holds it", async () => {
  const { tried, record } = adapterFor(9);
  assert.deepEqual(await recordLargestBatch(32, record), { images: 8, program: "program of 8" });
  assert.deepEqual(tried, [32, 16, 8]);
});

Deno.test("recordLargestBatch() gives up when one image is too large, and at any other mistake at once", async () => {
  const { tried, record } = adapterFor(0);
  await assert.rejects(recordLargestBatch(6, record), LimitError);
  assert.deepEqual(tried, [6, 3, 1]);
  await assert.rejects(recordLargestBatch(6, () => Promise.reject(new ShapeError("wrong"))), ShapeError);
});
