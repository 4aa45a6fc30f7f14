import assert from "node:assert/strict";
import { backward, type Device, f32, Program, ShapeError, u32 } from "../../engine/mod.ts";
import { identityLoss } from "../../losses/mod.ts";
import { crossEntropy as reference } from "../reference/cross_entropy.ts";
import { seededRandom } from "../reference/seeded_random.ts";
import { gradients, leaf } from "../reference/tape.ts";
import { assertClose, onBothStorages } from "./run_loss.ts";

async function run(
  device: Device,
  classes: number,
  logits: ArrayLike<number>,
  labels: number[],
  smoothing: number,
): Promise<{ loss: number; accuracy: number; gradient: number[] }> {
  const shape = [logits.length / classes, classes];
  const inputs = { z: f32(shape, { differentiable: true }), y: u32([labels.length]) };
  const program = await Program.record(device, inputs, ({ z, y }) => {
    const { loss, metrics } = identityLoss(z, y, smoothing);
    return { loss, metrics, gradient: backward(loss).of(z)! };
  });
  try {
    const out = await program.run({ z: logits, y: labels });
    assert.equal(out.metrics[0], out.loss[0]);
    return { loss: out.loss[0], accuracy: out.metrics[1], gradient: [...out.gradient] };
  } finally {
    program.destroy();
  }
}

onBothStorages((test) => {
  test("cross-entropy of 1501 identities equals the reference", async (device) => {
    const random = seededRandom(4);
    const logits = Float32Array.from({ length: 5 * 1501 }, () => 4 * random.normal());
    const labels = [0, 1500, 750, 3, 1499];
    const actual = await run(device, 1501, logits, labels, 0.1);
    const z = leaf([5, 1501], logits);
    const expected = reference(z, labels, 0.1);
    assertClose([actual.loss], expected.data, 1e-6);
    assertClose(actual.gradient, gradients(expected, [z])[0], 1e-5);
  });

  test("cross-entropy of equal logits is log C, with nothing counted as right", async (device) => {
    const { loss, accuracy } = await run(device, 6, new Float32Array(12), [0, 5], 0);
    assertClose([loss], [Math.log(6)], 1e-6);
    assert.equal(accuracy, 0);
  });

  test("cross-entropy counts the rows whose label has the largest logit", async (device) => {
    const logits = [3, 1, 0, -9, -1, -2, 5, 5, 1, 0, 7, 2];
    const { accuracy } = await run(device, 3, logits, [0, 1, 1, 1], 0.1);
    assert.equal(accuracy, 0.75);
  });

  test("cross-entropy is finite for logits far beyond exp's range", async (device) => {
    const { loss, gradient } = await run(device, 3, [1e6, 0, -1e6, -1e6, -1e6, -1e6], [2, 0], 0);
    assertClose([loss], [(2e6 + Math.log(3)) / 2], 1e-6);
    assertClose(gradient, [0.5, 0, -0.5, -1 / 3, 1 / 6, 1 / 6], 1e-6);
  });

  test("cross-entropy refuses a missing label and a smoothing beyond 1", async (device) => {
    await assert.rejects(() => run(device, 2, [1, 2, 3, 4], [0], 0), ShapeError);
    await assert.rejects(() => run(device, 2, [1, 2], [0], 1.5), RangeError);
  });
});
