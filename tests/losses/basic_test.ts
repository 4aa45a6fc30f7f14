import assert from "node:assert/strict";
import { basicTripletLoss, lossTable } from "../../losses/mod.ts";
import { seededRandom } from "../reference/seeded_random.ts";
import { basicTripletLoss as reference } from "../reference/triplet_loss.ts";
import { assertClose, onBothStorages, runLoss, runReference } from "./run_loss.ts";

const euclidean = { margin: 1, metric: "euclidean", softMargin: false } as const;

onBothStorages((test) => {
  test("basic() is the mean hinge of the given triplets", async (device) => {
    // Distances 5 and 1, then 1 and 4.
    const rows = [0, 0, 3, 4, 1, 0, 0, 0, 0, 1, 4, 0];
    const { loss, metrics, gradient } = await runLoss(
      device,
      [2, 3, 2],
      rows,
      [],
      (x) => basicTripletLoss(x, euclidean),
    );
    assert.equal(loss, (5 - 1 + 1) / 2);
    assertClose(gradient, [0.2, -0.4, 0.3, 0.4, -0.5, 0, 0, 0, 0, 0, 0, 0], 1e-6);
    assert.equal(metrics.triplets, 2);
    assert.equal(metrics.active, 0.5);
    assert.equal(metrics.positiveDistance, 3);
    assert.equal(metrics.negativeDistance, 2.5);
    assert.equal(metrics.withoutPositive + metrics.withoutNegative, 0);
  });

  test("basic() equals the reference for wide embeddings in all metrics", async (device) => {
    const random = seededRandom(77);
    const rows = Float32Array.from({ length: 11 * 3 * 301 }, () => random.normal());
    for (const metric of ["euclidean", "squared", "angular"] as const) {
      const options = { margin: 0.3, metric, softMargin: metric !== "euclidean" };
      const actual = await runLoss(device, [11, 3, 301], rows, [], (x) => basicTripletLoss(x, options));
      const expected = runReference([11, 3, 301], rows, (x) => reference(x, options));
      assertClose([actual.loss], [expected.loss], 1e-5);
      assertClose(actual.gradient, expected.gradient, 1e-5);
    }
  });

  test("basic() of collapsed embeddings is the margin, with zero gradient", async (device) => {
    const rows = Array.from({ length: 6 }, () => [0.6, 0.8]).flat();
    const { loss, gradient, metrics } = await runLoss(
      device,
      [2, 3, 2],
      rows,
      [],
      (x) => basicTripletLoss(x, euclidean),
    );
    assert.equal(loss, 1);
    assert.ok(gradient.every((g) => g === 0));
    assert.equal(metrics.spread, 0);
  });

  test("the table's basic loss takes a batch in the order anchor, positive, negative", async (device) => {
    const rows = [0, 0, 3, 4, 1, 0, 0, 0, 0, 1, 4, 0];
    const { loss, gradient } = await runLoss(
      device,
      [6, 2],
      rows,
      [0, 0, 1, 2, 2, 3],
      (x, y) => lossTable.basic.apply(x, y, euclidean),
    );
    assert.equal(loss, 2.5);
    assert.equal(gradient.length, 12);
    await assert.rejects(
      () =>
        runLoss(device, [4, 1], [1, 2, 3, 4], [0, 0, 1, 1], (x, y) => lossTable.basic.apply(x, y, euclidean)),
      RangeError,
    );
  });
});

Deno.test("every loss of the table says what it is, where it comes from and how its batches are drawn", () => {
  assert.deepEqual(Object.keys(lossTable), ["basic", "hard", "semi-hard", "batch-all", "quadruplet"]);
  for (const entry of Object.values(lossTable)) {
    assert.ok(entry.summary.length > 20 && entry.source.length > 10);
    assert.ok(entry.samplers.length > 0 && new Set(entry.samplers).size === entry.samplers.length);
    assert.ok(entry.samplers.every((sampler) => ["triplets", "pk", "shuffled"].includes(sampler)));
  }
});
