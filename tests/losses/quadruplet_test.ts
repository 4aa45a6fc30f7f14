import assert from "node:assert/strict";
import { type Device, f32, Program, selectHard, selectNearestOthers, u32 } from "../../engine/mod.ts";
import { NONE } from "../../kernels/mod.ts";
import { hardTripletLoss, quadrupletLoss, type TripletOptions } from "../../losses/mod.ts";
import { seededRandom } from "../reference/seeded_random.ts";
import { quadrupletLoss as reference } from "../reference/triplet_loss.ts";
import { mineNearestOthers } from "../reference/triplet_mining.ts";
import { assertClose, type LossRun, onBothStorages, runLoss, runReference } from "./run_loss.ts";

const euclidean = { margin: 2, metric: "euclidean", softMargin: false } as const;

function quadruplet(
  device: Device,
  rows: ArrayLike<number>,
  labels: number[],
  options: TripletOptions = euclidean,
): Promise<LossRun> {
  const shape = [labels.length, rows.length / labels.length];
  return runLoss(device, shape, rows, labels, (x, y) => quadrupletLoss(x, y, options));
}

/** Places in the matrix of distances that the second term compares, anchor by anchor. */
async function secondTerms(
  device: Device,
  distances: ArrayLike<number>,
  labels: number[],
): Promise<number[]> {
  const batch = labels.length;
  const program = await Program.record(
    device,
    { distances: f32([batch, batch]), y: u32([batch]) },
    ({ distances, y }) => ({ selection: selectNearestOthers(distances, y, selectHard(distances, y)) }),
  );
  const { selection } = await program.run({ distances, y: labels });
  program.destroy();
  return [...selection];
}

onBothStorages((test) => {
  test("quadruplet() adds the positives against the nearest negative and the third nearest to it, with half the margin", async (device) => {
    // Images 0, 2 | 10 | 11.5 | 20. First term: 2 - 10 + 2 and 2 - 8 + 2, both below 0.
    // Second term of anchors 0 and 1: the nearest negative is 10, its nearest third 11.5: 2 - 1.5 + 1.
    const { loss, gradient, metrics } = await quadruplet(device, [0, 2, 10, 11.5, 20], [0, 0, 1, 2, 3]);
    assert.equal(loss, 1.5);
    assert.deepEqual(gradient, [-1, 1, 1, -1, 0]);
    assert.equal(metrics.loss, 0);
    assert.equal(metrics.active, 0);
    assert.equal(metrics.positiveDistance, 2);
    assert.equal(metrics.negativeDistance, 9);
    assert.equal(metrics.triplets, 2);
  });

  test("quadruplet() is batch-hard alone where there are two identities", async (device) => {
    const rows = [0, 2, 3, 4, 7, 9];
    const labels = [0, 1, 0, 1, 1, 0];
    const { loss, gradient, metrics } = await quadruplet(device, rows, labels);
    const hard = await runLoss(device, [6, 1], rows, labels, (x, y) => hardTripletLoss(x, y, euclidean));
    assert.ok(loss > 0);
    assert.deepEqual({ loss, gradient, metrics }, hard);
  });

  test("quadruplet() is 0 without gradient where nobody has a positive, and where all are one person", async (device) => {
    for (const labels of [[0, 1, 2, 3], [0, 0, 0, 0]]) {
      const { loss, gradient } = await quadruplet(device, [0, 1, 3, 9], labels);
      assert.deepEqual([loss, ...gradient], [0, 0, 0, 0, 0]);
    }
  });

  test("quadruplet() of collapsed embeddings is one and a half margins, with zero gradient", async (device) => {
    const rows = Array.from({ length: 6 }, () => [0.6, 0, 0.8]).flat();
    for (const softMargin of [false, true]) {
      const options = { ...euclidean, margin: 0.5, softMargin };
      const { loss, gradient, metrics } = await quadruplet(device, rows, [0, 0, 1, 1, 2, 2], options);
      assertClose([loss], [softMargin ? 2 * Math.LN2 : 0.75], 1e-6);
      assertClose([metrics.loss], [softMargin ? Math.LN2 : 0.5], 1e-6);
      assert.ok(gradient.every((g) => g === 0));
    }
  });

  test("quadruplet() finds the nearest negative and its nearest third as a search through all does, ties included", async (device) => {
    const random = seededRandom(8);
    for (let trial = 0; trial < 12; trial++) {
      const batch = 3 + random.integer(9);
      const labels = Array.from({ length: batch }, () => random.integer(2 + trial % 4));
      const places = Array.from({ length: batch }, () => random.integer(6)); // So few that distances tie.
      const distances = Float64Array.from(
        { length: batch * batch },
        (_, i) => Math.abs(places[Math.floor(i / batch)] - places[i % batch]),
      );
      const found = await secondTerms(device, distances, labels);
      const { pairs } = mineNearestOthers(distances, labels);
      const expected = new Map(pairs.map((pair) => [pair.positive[0], pair]));
      for (let anchor = 0; anchor < batch; anchor++) {
        const [positive, others] = found.slice(2 * anchor, 2 * anchor + 2);
        const pair = expected.get(anchor);
        if (!pair) {
          assert.ok(positive === NONE || others === NONE);
          continue;
        }
        assert.equal(positive, anchor * batch + pair.positive[1]);
        assert.equal(
          others,
          pair.others[0] * batch + pair.others[1],
          `anchor ${anchor} of [${labels}] at [${places}]`,
        );
      }
    }
  });

  test("quadruplet() equals the reference for a large batch, the same bits every run", async (device) => {
    const random = seededRandom(3);
    const labels = Array.from({ length: 66 }, (_, i) => Math.floor(i / 4));
    const rows = Float32Array.from({ length: 66 * 30 }, () => random.normal());
    const options = { margin: 0.3, metric: "squared", softMargin: true } as const;
    const first = await quadruplet(device, rows, labels, options);
    assert.deepEqual(await quadruplet(device, rows, labels, options), first);
    const expected = runReference([66, 30], rows, (x) => reference(x, labels, options));
    assertClose([first.loss], [expected.loss], 1e-5);
    assertClose(first.gradient, expected.gradient, 1e-4);
  });
});
