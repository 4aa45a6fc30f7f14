/** Steps of training on the engine and in f64, from the same weights and on the same batch. */
import assert from "node:assert/strict";
import { type Device, f32, Program, Sgd, u32 } from "../../engine/mod.ts";
import { sgdStep } from "../reference/optimizers.ts";
import { referenceOps } from "../reference/ops.ts";
import { gradients, leaf } from "../reference/tape.ts";
import { mobileNetReference } from "./mobilenet_reference.ts";
import { embeddingsAndLoss, networkOnDevice } from "./network_on_device.ts";
import { referenceLoss, type Scenario } from "./scenario.ts";

const TOLERANCE = 1e-5;
const LEARNING_RATE = 3e-3;
const MOMENTUM = 0.9;
const WEIGHT_DECAY = 5e-4;

const expectations = new WeakMap<Scenario, readonly number[]>();

/** Losses before each step, in f64; computed once. */
function referenceLosses(scenario: Scenario, steps: number): readonly number[] {
  const known = expectations.get(scenario);
  if (known?.length === steps) return known;
  const { images, labels, network, parameters } = scenario;
  const weights = new Map([...parameters].map(([name, { data }]) => [name, data.slice()]));
  const velocities = new Map([...weights].map(([name, { length }]) => [name, new Float64Array(length)]));
  const losses = Array.from({ length: steps }, () => {
    const leaves = new Map(
      [...parameters].map(([name, { shape }]) => [name, leaf(shape, weights.get(name)!)]),
    );
    const loss = referenceLoss("hard", mobileNetReference(referenceOps, images, leaves, network), labels);
    gradients(loss, [...leaves.values()]).forEach((gradient, i) => {
      const name = [...leaves.keys()][i];
      const weightDecay = name.endsWith(".weight") ? WEIGHT_DECAY : 0;
      sgdStep(weights.get(name)!, gradient, velocities.get(name)!, {
        learningRate: LEARNING_RATE,
        momentum: MOMENTUM,
        weightDecay,
      });
    });
    return loss.data[0];
  });
  expectations.set(scenario, losses);
  return losses;
}

/**
 * Fails unless the batch-hard losses before each of these SGD steps are those of f64, and the last of them is less than
 * `share` of the first.
 */
export async function checkSteps(
  device: Device,
  scenario: Scenario,
  steps: number,
  share: number,
): Promise<void> {
  const { images, labels } = scenario;
  const { set, network } = networkOnDevice(device, scenario);
  const optimizer = new Sgd(set, { rate: LEARNING_RATE, momentum: MOMENTUM, weightDecay: WEIGHT_DECAY });
  const inputs = {
    images: f32(images.shape),
    labels: u32([labels.length]),
  };
  const program = await Program.record(device, inputs, ({ images, labels }) => {
    const { loss } = embeddingsAndLoss(network, "hard", images, labels);
    optimizer.minimize(loss);
    return { loss };
  });
  try {
    const losses: number[] = [];
    for (let step = 1; step <= steps; step++) {
      losses.push((await program.run({ images: images.data, labels })).loss[0]);
    }
    const expected = referenceLosses(scenario, steps);
    const errors = losses.map((loss, i) => Math.abs(loss - expected[i]) / expected[i]);
    console.log(
      `Loss from ${losses[0].toFixed(4)} to ${
        losses[steps - 1].toFixed(4)
      }; largest relative difference from f64 ` +
        Math.max(...errors).toExponential(1),
    );
    assert.ok(losses[steps - 1] < share * losses[0], "the loss falls");
    assert.deepEqual(errors.filter((error) => !(error <= TOLERANCE)), []);
  } finally {
    program.destroy();
    set.destroy();
  }
}
