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
import { Device } from "../../engine/mod.ts";
import { drawScenario, RARELY_CLAMPED } from "./scenario.ts";
import { checkSteps } from "./steps_agree.ts";

const scenario = drawScenario({ size: [64, 32], width: 0.35, epsilon: 1e-3 }, 9, 1, RARELY_CLAMPED);

// In buffers shapes are in a uniform, which takes a third of the time to compile; in textures they are compiled in.
for (const [storage, constants] of [["buffer", "uniform"], ["texture", "override"]] as const) {
  Deno.test(`Twenty SGD steps of MobileNetV2 follow f64 to 1e-5 of the loss, in ${storage}s`, async () => {
    const device = await Device.open({ storage, constants });
    try {
      await checkSteps(device, scenario, 20, 0.8);
    } finally {
      device.destroy();
    }
  });
}
