import assert from "node:assert/strict";
import type { Device } from "../../engine/mod.ts";
import { semiHardTripletLoss, type TripletOptions } from "../../losses/mod.ts";
import { type LossRun, onBothStorages, runLoss } from "./run_loss.ts";

/** Embeddings on a line. */
function onLine(device: Device, places: number[], labels: number[], margin: number): Promise<LossRun> {
  return semiHard(device, places.map((place) => [place]), labels, {
    margin,
    metric: "euclidean",
    softMargin: false,
  });
}

function semiHard(
  device: Device,
  rows: number[][],
  labels: number[],
  options: TripletOptions,
): Promise<LossRun> {
  const shape = [rows.length, rows[0].length];
  return runLoss(device, shape, rows.flat(), labels, (x, y) => semiHardTripletLoss(x, y, options));
}

onBothStorages((test) => {
  test("semiHard() takes the nearest of the negatives that are farther than the positive", async (device) => {
    // From 0 the positive is 2 away, the negatives 1, 3 and 5: 3 is taken. From 2 they are 3, 5 and 3: the first.
    const { loss, metrics } = await onLine(device, [0, 2, -1, -3, 5], [0, 0, 1, 2, 3], 4);
    assert.equal(loss, ((2 - 3 + 4) + (2 - 3 + 4)) / 2);
    assert.equal(metrics.positiveDistance, 2);
    assert.equal(metrics.negativeDistance, 3);
    assert.equal(metrics.triplets, 2);
  });

  test("semiHard() gives the gradient of a tie to the negative of lowest index", async (device) => {
    // From 0 the negatives at 3 and -3 are equally far; from 1 the one at 3 is nearer.
    const { loss, gradient } = await onLine(device, [0, 1, 3, -3], [0, 0, 1, 2], 3);
    assert.equal(loss, ((1 - 3 + 3) + (1 - 2 + 3)) / 2);
    assert.deepEqual(gradient, [-0.5, 1.5, -1, 0]);
  });

  test("semiHard() does not take a negative exactly as far as the positive", async (device) => {
    // From 0 the negatives are 2 and 7 away, the positive 2. From 2 they are 4 and 5 away.
    const { loss } = await onLine(device, [0, 2, -2, 7], [0, 0, 1, 2], 10);
    assert.equal(loss, ((2 - 7 + 10) + (2 - 4 + 10)) / 2);
  });

  test("semiHard() falls back to the farthest negative when none is farther than the positive", async (device) => {
    const { loss, gradient } = await onLine(device, [0, 9, 1, 2], [0, 0, 1, 2], 1);
    assert.equal(loss, ((9 - 2 + 1) + (9 - 8 + 1)) / 2);
    assert.deepEqual(gradient, [-0.5, 0.5, 0.5, -0.5]);
  });

  test("semiHard() falls back to the first of equally far negatives", async (device) => {
    // From 0 both negatives are 3 away, nearer than the positive; from 9 only -3 is farther than it.
    const { loss, gradient } = await onLine(device, [0, 9, 3, -3], [0, 0, 1, 2], 4);
    assert.equal(loss, ((9 - 3 + 4) + (9 - 12 + 4)) / 2);
    assert.deepEqual(gradient, [-0.5, 0.5, -0.5, 0.5]);
  });

  test("semiHard() has no upper bound at d(a, p) + margin: the hinge zeroes such pairs, which count", async (device) => {
    const { loss, gradient, metrics } = await onLine(device, [0, 1, 100], [0, 0, 1], 2);
    assert.equal(loss, 0);
    assert.deepEqual(gradient, [0, 0, 0]);
    assert.equal(metrics.triplets, 2);
    assert.equal(metrics.active, 0);
  });

  test("semiHard() gives loss 0 and zero gradient without a positive pair, and says so", async (device) => {
    const { loss, gradient, metrics } = await onLine(device, [0, 4, 9], [7, 8, 9], 1);
    assert.equal(loss, 0);
    assert.deepEqual(gradient, [0, 0, 0]);
    assert.equal(metrics.triplets, 0);
    assert.equal(metrics.withoutPositive, 3);
    assert.equal(metrics.withoutNegative, 0);
  });

  test("semiHard() counts d(a, n) as 0 when all are one identity, and says so", async (device) => {
    const { loss, gradient, metrics } = await onLine(device, [0, 3], [5, 5], 0.5);
    assert.equal(loss, 3.5);
    assert.deepEqual(gradient, [-1, 1]);
    assert.equal(metrics.withoutPositive, 0);
    assert.equal(metrics.withoutNegative, 2);
    assert.equal(metrics.negativeDistance, 0);
  });

  test("semiHard() gives 0 for a batch of one", async (device) => {
    const { loss, gradient, metrics } = await onLine(device, [3], [0], 1);
    assert.equal(loss, 0);
    assert.deepEqual(gradient, [0]);
    assert.equal(metrics.withoutPositive, 1);
    assert.equal(metrics.withoutNegative, 1);
    assert.equal(metrics.spread, 0);
  });

  test("semiHard() of collapsed embeddings is the margin, with zero gradient", async (device) => {
    const rows = Array.from({ length: 8 }, () => [0.6, 0.8, 0]);
    for (const metric of ["euclidean", "squared", "angular"] as const) {
      const { loss, gradient, metrics } = await semiHard(device, rows, [0, 0, 1, 1, 2, 2, 3, 3], {
        margin: 0.25,
        metric,
        softMargin: false,
      });
      assert.equal(loss, 0.25, metric);
      assert.ok(gradient.every((g) => g === 0), metric);
      assert.equal(metrics.spread, 0);
      assert.equal(metrics.active, 1);
    }
  });
});
