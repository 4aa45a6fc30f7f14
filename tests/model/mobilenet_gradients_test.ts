/**
 * The whole MobileNetV2 and each triplet loss, forward and backward, against f64. Every activation, hinge and mined pair
 * is at least 1e-3 away from where its gradient jumps (see clear_of_kinks.ts), so that nothing is left out.
 */
import assert from "node:assert/strict";
import { Device, f32, Program, u32 } from "../../engine/mod.ts";
import { batchStatistics } from "../reference/batch_norm.ts";
import { referenceOps } from "../reference/ops.ts";
import { clearanceOf } from "../reference/tape.ts";
import { assertNear, checkGradients } from "./gradients_agree.ts";
import { mobileNetReference } from "./mobilenet_reference.ts";
import { embeddingsAndLoss, MOMENTUM, networkOnDevice } from "./network_on_device.ts";
import { drawScenario, LOSSES, referenceLoss } from "./scenario.ts";

const scenario = drawScenario({ size: [64, 32], width: 0.35, epsilon: 1e-3 }, 9, 1);
const { images, labels, features, parameters } = scenario;
const inputs = { images: f32(images.shape), labels: u32([labels.length]) };
const data = { images: images.data, labels };

Deno.test("The scenario keeps every ReLU6, hinge and mined pair 1e-3 away from its kinks", () => {
  for (const key of LOSSES) assert.ok(clearanceOf(referenceLoss(key, features, labels)) >= 1e-3, key);
});

const devices = new Map<string, Device>();
Deno.test.beforeAll(async () => {
  // The kernels for GPUs, too: in buffers they take 0.4 of the time to compile.
  devices.set("buffer", await Device.open({ storage: "buffer", kernels: "gpu" }));
  devices.set("texture", await Device.open({ storage: "texture", constants: "uniform" }));
});
Deno.test.afterAll(() => {
  for (const device of devices.values()) device.destroy();
});

for (const storage of ["buffer", "texture"]) {
  for (const key of LOSSES) {
    Deno.test(`MobileNetV2 with the ${key} loss has the gradients of f64, in ${storage}s`, async () => {
      await checkGradients(devices.get(storage)!, scenario, key);
    });
  }

  Deno.test(`A training step leaves a tenth of the batch in the running statistics, in ${storage}s`, async () => {
    const { set, network } = networkOnDevice(devices.get(storage)!, scenario);
    const program = await Program.record(devices.get(storage)!, inputs, ({ images, labels }) => {
      const { embeddings } = embeddingsAndLoss(network, "hard", images, labels);
      return { embeddings };
    });
    try {
      const past = 0.5;
      for (const parameter of set.parameters.filter((p) => !p.trainable)) {
        set.write(parameter, new Float32Array(parameter.shape[0]).fill(past));
      }
      await program.run(data);
      const weights = (await set.read()).get("weights")!;
      const expected = batchStatisticsByName();
      assert.equal(weights.size, set.parameters.length);
      assert.ok(expected.size > 10, `${expected.size} running statistics`);
      for (const [{ name, trainable }, values] of weights) {
        if (trainable) {
          assert.deepEqual(values, Float32Array.from(parameters.get(name)!.data), name);
        } else {
          const running = expected.get(name)!.map((v) => MOMENTUM * past + (1 - MOMENTUM) * v);
          assertNear(values, running, 2e-5, name);
        }
      }
    } finally {
      program.destroy();
      set.destroy();
    }
  });
}

/** Mean and variance of every batch norm's input, by the names of the running statistics. */
function batchStatisticsByName(): Map<string, Float64Array> {
  const layers = new Map([...parameters].map(([name, value]) => [value, name.replace(/\.gamma$/, "")]));
  const statistics = new Map<string, Float64Array>();
  const ops = {
    ...referenceOps,
    batchNormTraining(...[x, gamma, beta, options]: Parameters<typeof referenceOps.batchNormTraining>) {
      const { mean, variance } = batchStatistics(x);
      statistics.set(`${layers.get(gamma)}.running_mean`, mean);
      statistics.set(`${layers.get(gamma)}.running_variance`, variance);
      return referenceOps.batchNormTraining(x, gamma, beta, options);
    },
  };
  mobileNetReference(ops, images, parameters, scenario.network);
  return statistics;
}
