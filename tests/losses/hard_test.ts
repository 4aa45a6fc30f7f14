import assert from "node:assert/strict";
import { type Device, f32, pairwiseDistance, Program, selectHard, u32 } from "../../engine/mod.ts";
import { NONE } from "../../kernels/mod.ts";
import { hardTripletLoss, type TripletOptions } from "../../losses/mod.ts";
import { seededRandom } from "../reference/seeded_random.ts";
import { hardTripletLoss as reference } from "../reference/triplet_loss.ts";
import { assertClose, type LossRun, onBothStorages, runLoss, runReference } from "./run_loss.ts";

const euclidean = { margin: 1, metric: "euclidean", softMargin: false } as const;

function hard(
  device: Device,
  rows: ArrayLike<number>,
  labels: number[],
  options: TripletOptions,
): Promise<LossRun> {
  const shape = [labels.length, rows.length / labels.length];
  return runLoss(device, shape, rows, labels, (x, y) => hardTripletLoss(x, y, options));
}

onBothStorages((test) => {
  test("hard() selects the farthest positive and the nearest negative, of equals the first", async (device) => {
    const inputs = { x: f32([6, 1]), y: u32([6]) };
    const program = await Program.record(device, inputs, ({ x, y }) => ({
      selection: selectHard(pairwiseDistance(x, "euclidean"), y),
    }));
    const { selection } = await program.run({ x: [0, 2, -2, 5, -5, 9], y: [0, 0, 0, 1, 1, 2] });
    program.destroy();
    assert.deepEqual([...selection], [1, 3, 2, 3, 1, 4, 4, 1, 3, 2, NONE, 3]);
  });

  test("hard() leaves anchors without a positive or a negative out of the mean and counts them", async (device) => {
    // 0 and 3 are a pair; 4 is alone. From 0: positive 3, negative 4; from 3: positive 3, negative 1.
    const one = await hard(device, [0, 3, 4], [7, 7, 8], euclidean);
    assert.equal(one.loss, ((3 - 4 + 1) + (3 - 1 + 1)) / 2);
    assert.deepEqual(one.gradient, [-0.5, 1, -0.5]);
    assert.equal(one.metrics.triplets, 2);
    assert.equal(one.metrics.active, 0.5);
    assert.equal(one.metrics.withoutPositive, 1);
    assert.equal(one.metrics.withoutNegative, 0);

    const same = await hard(device, [0, 3, 4], [7, 7, 7], euclidean);
    assert.equal(same.loss, 0);
    assert.deepEqual(same.gradient, [0, 0, 0]);
    assert.equal(same.metrics.triplets, 0);
    assert.equal(same.metrics.withoutNegative, 3);
  });

  test("hard() gives the metrics of a batch: distances, active share, spread", async (device) => {
    const { metrics } = await hard(device, [0, 0, 3, 4, 0, 1, 0, 2], [0, 0, 1, 1], euclidean);
    // Positives: 5, 5, 1, 1. Negatives: 1, then from (3, 4) to (0, 2), then 1 and 2 to (0, 0).
    assertClose([metrics.positiveDistance], [3], 1e-6);
    assertClose([metrics.negativeDistance], [(1 + Math.sqrt(13) + 1 + 2) / 4], 1e-6);
    assert.equal(metrics.active, 0.75);
    const spread = Math.sqrt((3 * 0.75 ** 2 + 2.25 ** 2 + 1.75 ** 2 + 2.25 ** 2 + 0.75 ** 2 + 0.25 ** 2) / 4);
    assertClose([metrics.spread], [spread], 1e-6);
  });

  test("hard() of collapsed embeddings is the margin, or log 2 with soft margin, with zero gradient", async (device) => {
    const rows = Array.from({ length: 6 }, () => [0.6, 0, 0.8]).flat();
    for (const metric of ["euclidean", "squared", "angular"] as const) {
      for (const softMargin of [false, true]) {
        const { loss, gradient, metrics } = await hard(device, rows, [0, 0, 1, 1, 2, 2], {
          margin: 0.5,
          metric,
          softMargin,
        });
        assertClose([loss], [softMargin ? Math.LN2 : 0.5], 1e-6);
        assert.ok(gradient.every((g) => g === 0), metric);
        assert.equal(metrics.spread, 0);
      }
    }
  });

  test("hard() with soft margin keeps the digits of easy triplets, and counts as active what the margin does not decide", async (device) => {
    // Positives are 1 away, negatives 21 or 20: the least of them decides.
    const easy = await hard(device, [0, 1, 21, 22], [0, 0, 1, 1], { ...euclidean, softMargin: true });
    const term = (x: number) => Math.log1p(Math.exp(x));
    assertClose([easy.loss], [(term(1 - 21) + 2 * term(1 - 20) + term(1 - 21)) / 4], 1e-5);
    assert.equal(easy.metrics.active, 0);
    const near = await hard(device, [0, 1, 2.5, 3.5], [0, 0, 1, 1], { ...euclidean, softMargin: true });
    assert.equal(near.metrics.active, 0); // 1 - 1.5 is below 0, and above minus the margin.
    const far = await hard(device, [0, 2, 3.5, 3.5], [0, 0, 1, 1], { ...euclidean, softMargin: true });
    assert.equal(far.metrics.active, 0.25); // 2 - 1.5 for the second anchor.
  });

  test("hard() equals the reference for distances from 1e-15 to 1e15", async (device) => {
    const random = seededRandom(15);
    const labels = [0, 0, 1, 1, 2, 2, 3];
    const rows = Array.from({ length: labels.length * 5 }, () => random.normal());
    for (const metric of ["euclidean", "squared", "angular"] as const) {
      for (const size of [1e-15, 1e-6, 1, 1e6, 1e15]) {
        const scale = metric === "squared"
          ? Math.sqrt(size)
          : metric === "angular"
          ? Math.max(size, 1e-11)
          : size;
        const scaled = Float32Array.from(rows, (value) => Math.fround(value * scale));
        for (const softMargin of [false, true]) {
          const options = { margin: 0, metric, softMargin };
          const actual = await hard(device, scaled, labels, options);
          const expected = runReference([7, 5], scaled, (x) => reference(x, labels, options));
          assertClose([actual.loss], [expected.loss], 1e-5);
          assertClose(actual.gradient, expected.gradient, 1e-4);
        }
      }
    }
  });

  test("hard() with angular distance takes a zero vector as at a right angle to all, without gradient", async (device) => {
    const rows = [0, 0, 1, 0, 1, 1, 0, 2];
    const labels = [0, 0, 1, 1];
    const options = { margin: 0.5, metric: "angular", softMargin: false } as const;
    const actual = await hard(device, rows, labels, options);
    const expected = runReference([4, 2], rows, (x) => reference(x, labels, options));
    assertClose([actual.loss], [expected.loss], 1e-6);
    assertClose(actual.gradient, expected.gradient, 1e-5);
  });

  test("hard() of two images of two people, and of one, is 0 without gradient", async (device) => {
    for (const labels of [[0, 1], [0, 0]]) {
      const { loss, gradient } = await hard(device, [1, 2, 3, 4], labels, { ...euclidean, margin: 0 });
      assert.equal(loss, 0);
      assert.deepEqual(gradient, [0, 0, 0, 0]);
    }
  });

  test("hard() shows a NaN among the embeddings in its loss", async (device) => {
    const { loss } = await hard(device, [0, NaN, 1, 2, 5, 6], [0, 0, 1, 1, 2, 2], euclidean);
    assert.ok(Number.isNaN(loss), `loss is ${loss}`);
  });

  test("hard() equals the reference for a large batch, the same bits every run", async (device) => {
    const random = seededRandom(3);
    const labels = Array.from({ length: 133 }, (_, i) => Math.floor(i / 4));
    const rows = Float32Array.from({ length: 133 * 130 }, () => random.normal());
    const options = { margin: 0.3, metric: "squared", softMargin: true } as const;
    const first = await hard(device, rows, labels, options);
    const second = await hard(device, rows, labels, options);
    assert.deepEqual(first, second);
    const expected = runReference([133, 130], rows, (x) => reference(x, labels, options));
    assertClose([first.loss], [expected.loss], 1e-5);
    assertClose(first.gradient, expected.gradient, 1e-4);
    assert.equal(first.metrics.withoutPositive, 1);
  });

  test("hard() refuses a margin or a metric without meaning", async (device) => {
    for (const wrong of [{ margin: -1 }, { margin: NaN }, { metric: "cosine" as "angular" }]) {
      await assert.rejects(() => hard(device, [0, 1], [0, 0], { ...euclidean, ...wrong }), RangeError);
    }
  });
});
