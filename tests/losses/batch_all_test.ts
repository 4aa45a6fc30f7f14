import assert from "node:assert/strict";
import type { Device } from "../../engine/mod.ts";
import { batchAllTripletLoss, type TripletOptions } from "../../losses/mod.ts";
import { seededRandom } from "../reference/seeded_random.ts";
import { batchAllTripletLoss as reference } from "../reference/triplet_loss.ts";
import { assertClose, type LossRun, onBothStorages, runLoss, runReference } from "./run_loss.ts";

const euclidean = { margin: 2, metric: "euclidean", softMargin: false } as const;

function batchAll(
  device: Device,
  rows: ArrayLike<number>,
  labels: number[],
  options: TripletOptions = euclidean,
): Promise<LossRun> {
  const shape = [labels.length, rows.length / labels.length];
  return runLoss(device, shape, rows, labels, (x, y) => batchAllTripletLoss(x, y, options));
}

onBothStorages((test) => {
  test("batchAll() averages the triplets that still cost something, and counts all", async (device) => {
    // Anchors 0 and 1, negatives 3 and 9: 1 - 3 + 2 is at 0, 1 - 9 + 2 below; 1 - 2 + 2, 1 - 8 + 2 below.
    const { loss, gradient, metrics } = await batchAll(device, [0, 1, 3, 9], [5, 5, 6, 7]);
    assert.equal(loss, 1);
    assert.deepEqual(gradient, [-1, 2, -1, 0]);
    assert.equal(metrics.loss, 1);
    assert.equal(metrics.triplets, 4);
    assert.equal(metrics.active, 0.25);
    assert.equal(metrics.positiveDistance, 1);
    assert.equal(metrics.negativeDistance, (3 + 9 + 2 + 8) / 4);
    assert.equal(metrics.withoutPositive, 2);
    assert.equal(metrics.withoutNegative, 0);
  });

  test("batchAll() with soft margin averages all triplets", async (device) => {
    const soft = { ...euclidean, softMargin: true };
    const { loss, metrics } = await batchAll(device, [0, 1, 3, 9], [5, 5, 6, 7], soft);
    const terms = [1 - 3, 1 - 9, 1 - 2, 1 - 8].map((x) => Math.log1p(Math.exp(x)));
    assertClose([loss], [terms.reduce((a, b) => a + b) / 4], 1e-6);
    assert.equal(metrics.active, 0);
    assert.equal(metrics.triplets, 4);
  });

  test("batchAll() is 0 without gradient where no triplet costs anything, and where there is none", async (device) => {
    const far = await batchAll(device, [0, 1, 30, 31], [0, 0, 1, 1]);
    assert.deepEqual([far.loss, ...far.gradient], [0, 0, 0, 0, 0]);
    assert.equal(far.metrics.triplets, 8);
    assert.equal(far.metrics.active, 0);
    for (const labels of [[0, 1, 2, 3], [0, 0, 0, 0]]) {
      const { loss, gradient, metrics } = await batchAll(device, [0, 1, 3, 9], labels);
      assert.deepEqual([loss, ...gradient], [0, 0, 0, 0, 0]);
      assert.equal(metrics.triplets, 0);
      assert.equal(metrics.withoutPositive, labels[1] === 1 ? 4 : 0);
      assert.equal(metrics.withoutNegative, labels[1] === 1 ? 0 : 4);
    }
  });

  test("batchAll() of collapsed embeddings is the margin, or log 2 with soft margin, with zero gradient", async (device) => {
    const rows = Array.from({ length: 6 }, () => [0.6, 0, 0.8]).flat();
    for (const metric of ["euclidean", "squared", "angular"] as const) {
      for (const softMargin of [false, true]) {
        const options = { margin: 0.5, metric, softMargin };
        const { loss, gradient, metrics } = await batchAll(device, rows, [0, 0, 1, 1, 2, 2], options);
        assertClose([loss], [softMargin ? Math.LN2 : 0.5], 1e-6);
        assert.ok(gradient.every((g) => g === 0), metric);
        assert.equal(metrics.active, softMargin ? 0 : 1);
        assert.equal(metrics.spread, 0);
      }
    }
  });

  test("batchAll() shows a NaN among the embeddings in its loss", async (device) => {
    const { loss } = await batchAll(device, [0, NaN, 1, 2, 5, 6], [0, 0, 1, 1, 2, 2]);
    assert.ok(Number.isNaN(loss), `loss is ${loss}`);
  });

  test("batchAll() equals the reference for a large batch, the same bits every run", async (device) => {
    const random = seededRandom(3);
    const labels = Array.from({ length: 133 }, (_, i) => Math.floor(i / 4));
    const rows = Float32Array.from({ length: 133 * 30 }, () => random.normal());
    for (const options of [{ ...euclidean, margin: 0.3 }, { ...euclidean, softMargin: true }]) {
      const first = await batchAll(device, rows, labels, options);
      assert.deepEqual(await batchAll(device, rows, labels, options), first);
      const expected = runReference([133, 30], rows, (x) => reference(x, labels, options));
      assertClose([first.loss], [expected.loss], 1e-5);
      assertClose(first.gradient, expected.gradient, 1e-3); // Some of 50,000 hinges lie at 0 but for rounding.
      assert.equal(first.metrics.triplets, 33 * 4 * 3 * 129);
      assert.equal(first.metrics.withoutPositive, 1);
    }
  });
});
