/**
 * Twenty steps of training on the engine and in f64, from the same weights and on the same batch.
 *
 * Training amplifies rounding: a difference in the weights becomes one in the gradients, and where it moves an
 * activation across a kink of ReLU6, or mining to another pair, two runs part for good. With half of all activations
 * clamped, as in the test of gradients, the f64 reference and the same reference rounded to f32 after every op differ by
 * 10 % of the loss after seven of these steps: no tolerance would mean anything. So gammas are small here and betas near
 * 2, few activations come near a kink, and the rounded reference stays within 8e-7 of f64 over all twenty steps while the
 * loss halves. The engine, which sums in another order, is given about ten times that, 1e-5. That is tight enough: a
 * learning rate wrong by a thousandth is off by 4e-4 after twenty steps, weight decay left out by 7e-5.
 */
import assert from "node:assert/strict";
import { Device, f32, Program, Sgd, u32 } from "../../engine/mod.ts";
import { sgdStep } from "../reference/optimizers.ts";
import { referenceOps } from "../reference/ops.ts";
import { gradients, leaf } from "../reference/tape.ts";
import { mobileNetReference } from "./mobilenet_reference.ts";
import { embeddingsAndLoss, networkOnDevice } from "./network_on_device.ts";
import { drawScenario, RARELY_CLAMPED, referenceLoss } from "./scenario.ts";

const STEPS = 20;
const TOLERANCE = 1e-5;
const LEARNING_RATE = 3e-3;
const MOMENTUM = 0.9;
const WEIGHT_DECAY = 5e-4;

const scenario = drawScenario({ size: [64, 32], width: 0.35, epsilon: 1e-3 }, 9, 1, RARELY_CLAMPED);
const { images, labels, network, parameters } = scenario;

let expected: number[] | undefined;

/** Losses before each step, in f64. */
function referenceLosses(): number[] {
  const weights = new Map([...parameters].map(([name, { data }]) => [name, data.slice()]));
  const velocities = new Map([...weights].map(([name, { length }]) => [name, new Float64Array(length)]));
  return Array.from({ length: STEPS }, () => {
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
}

for (const storage of ["buffer", "texture"] as const) {
  Deno.test(`Twenty SGD steps of MobileNetV2 follow f64 to 1e-5 of the loss, in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    const { set, network } = networkOnDevice(device, scenario);
    const optimizer = new Sgd(set, { momentum: MOMENTUM, weightDecay: WEIGHT_DECAY });
    const inputs = {
      images: f32(images.shape),
      labels: u32([labels.length]),
      settings: optimizer.input,
    };
    const program = await Program.record(device, inputs, ({ images, labels, settings }) => {
      const { loss } = embeddingsAndLoss(network, "hard", images, labels);
      optimizer.minimize(loss, settings);
      return { loss };
    });
    try {
      const losses: number[] = [];
      for (let step = 1; step <= STEPS; step++) {
        const settings = optimizer.settings(step, LEARNING_RATE);
        losses.push((await program.run({ images: images.data, labels, settings })).loss[0]);
      }
      expected ??= referenceLosses();
      const errors = losses.map((loss, i) => Math.abs(loss - expected![i]) / expected![i]);
      console.log(
        `Loss from ${losses[0].toFixed(4)} to ${
          losses[STEPS - 1].toFixed(4)
        }; largest relative difference from f64 ` +
          Math.max(...errors).toExponential(1),
      );
      assert.ok(losses[STEPS - 1] < 0.8 * losses[0], "the loss falls");
      assert.deepEqual(errors.filter((error) => !(error <= TOLERANCE)), []);
    } finally {
      program.destroy();
      set.destroy();
      device.destroy();
    }
  });
}
