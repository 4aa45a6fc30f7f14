import assert from "node:assert/strict";
import { backward, Device, f32, Program, u32 } from "../../engine/mod.ts";
import { batchAllTripletLoss, hardTripletLoss, MiningWarmUp } from "../../losses/mod.ts";
import { seededRandom } from "../reference/seeded_random.ts";
import { assertClose, runLoss } from "./run_loss.ts";

Deno.test("the warm-up of mining begins with all triplets, mixes in proportion to the steps, and ends with the selected ones", async () => {
  const device = await Device.open();
  const random = seededRandom(5);
  const x = Array.from({ length: 8 * 3 }, () => random.uniform() - 0.5);
  const y = [0, 0, 1, 1, 2, 2, 2, 3];
  const hard = await runLoss(device, [8, 3], x, y, (x, y) => hardTripletLoss(x, y));
  const all = await runLoss(device, [8, 3], x, y, (x, y) => batchAllTripletLoss(x, y));
  assert.ok(Math.abs(hard.loss - all.loss) > 0.01);

  const warmUp = new MiningWarmUp(10);
  const inputs = { x: f32([8, 3], { differentiable: true }), y: u32([8]) };
  const program = await Program.record(device, inputs, ({ x, y }) => {
    const { loss, metrics } = warmUp.apply(hardTripletLoss(x, y), x, y, {});
    return { loss, metrics, gradient: backward(loss).of(x)! };
  });
  for (const [step, share] of [[0, 0], [4, 0.4], [10, 1], [15, 1]] as const) {
    warmUp.step = step;
    const { loss, gradient, metrics } = await program.run({ x, y });
    const mixed = (a: number, b: number) => share * a + (1 - share) * b;
    assertClose(loss, [mixed(hard.loss, all.loss)], 1e-5);
    assertClose(gradient, hard.gradient.map((value, i) => mixed(value, all.gradient[i]!)), 1e-5);
    assert.equal(metrics[0], Math.fround(hard.loss));
  }
  program.destroy();
  device.destroy();
  assert.throws(() => new MiningWarmUp(0), RangeError);
});
