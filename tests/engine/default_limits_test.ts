/**
 * WebGPU's default limits, which a browser gives: 8 storage buffers and 4 storage textures a stage, 256 threads and 16
 * KiB of memory a workgroup. A device that was asked for no more refuses whatever needs more.
 */
import assert from "node:assert/strict";
import { Adam, Device, type DeviceOptions, LossScale, type Precision, Sgd } from "../../engine/mod.ts";
import { lossTable } from "../../losses/mod.ts";
import { keysOf } from "../../model/settings.ts";
import { drawImages, LABELS, SmallNetwork } from "./small_network.ts";

Deno.test("A device with default limits has no more than those", async () => {
  const device = await Device.open({ limits: "default", storage: "buffer" });
  const { limits } = device.gpu;
  assert.equal(limits.maxStorageBuffersPerShaderStage, 8);
  assert.equal(limits.maxStorageTexturesPerShaderStage, 4);
  assert.equal(limits.maxComputeInvocationsPerWorkgroup, 256);
  assert.equal(limits.maxComputeWorkgroupStorageSize, 16384);
  assert.equal(limits.maxStorageBufferBindingSize, 128 * 2 ** 20);
  device.destroy();
});

/** Losses of two steps with every triplet loss, and the optimizers in turn. */
async function train(device: Device, precision: Precision): Promise<number[]> {
  const losses: number[] = [];
  for (const [i, key] of keysOf(lossTable).entries()) {
    const network = new SmallNetwork(device);
    const lossScale = precision === "f16" ? new LossScale(network.set) : undefined;
    const optimizer = i % 2 === 0
      ? new Adam(network.set, { rate: 1e-2, lossScale })
      : new Sgd(network.set, { rate: 1e-2, momentum: 0.9, lossScale });
    const program = await network.trainingStep(optimizer, key, { precision });
    for (let step = 1; step <= 2; step++) {
      losses.push((await program.run({ images: drawImages(), labels: LABELS })).loss[0]);
    }
    for (const owner of [program, network.set]) owner.destroy();
  }
  return losses;
}

const kinds: DeviceOptions[] = [
  { storage: "buffer", kernels: "software" },
  { storage: "buffer", kernels: "gpu" },
  { storage: "texture", kernels: "software" },
];
const placements = kinds.flatMap((kind) =>
  (["f32", "f16"] as const).map((precision) => ({ kind, precision }))
);

for (const { kind, precision } of placements) {
  const where = `in ${precision} in ${kind.storage}s with kernels for ${kind.kernels}`;
  Deno.test(`Networks train within default limits as they do without, ${where}`, async () => {
    const [small, large] = [await Device.open({ ...kind, limits: "default" }), await Device.open(kind)];
    const losses = await train(small, precision);
    assert.equal(losses.length, 2 * Object.keys(lossTable).length);
    assert.ok(losses.every((loss) => loss > 0), `${losses}`);
    // Without limits, kernels for GPUs leave more sums for one another, which are added in another order.
    const tolerance = kind.kernels === "gpu" ? 1e-5 : 0;
    for (const [i, loss] of (await train(large, precision)).entries()) {
      assert.ok(Math.abs(losses[i] - loss) <= tolerance * loss, `loss ${i}: ${losses[i]}, not ${loss}`);
    }
    for (const device of [small, large]) device.destroy();
  });
}
