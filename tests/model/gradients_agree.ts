/** One forward and backward pass of a scenario's network with a triplet loss on the engine, against f64. */
import assert from "node:assert/strict";
import { backward, type Device, f32, Program, u32 } from "../../engine/mod.ts";
import { referenceOps } from "../reference/ops.ts";
import { gradients, type RefTensor } from "../reference/tape.ts";
import { embeddingsAndLoss, networkOnDevice } from "./network_on_device.ts";
import { type LossKey, referenceLoss, type Scenario } from "./scenario.ts";

/** Fails unless embeddings, loss and all gradients are those of the reference. */
export async function checkGradients(device: Device, scenario: Scenario, key: LossKey): Promise<void> {
  const { images, labels, features } = scenario;
  const inputs = { images: f32(images.shape), labels: u32([labels.length]) };
  const { set, network } = networkOnDevice(device, scenario);
  const program = await Program.record(device, inputs, ({ images, labels }) => {
    const outputs = embeddingsAndLoss(network, key, images, labels);
    backward(outputs.loss);
    return outputs;
  });
  try {
    const outputs = await program.run({ images: images.data, labels });
    const actual = (await set.read("gradients")).get("gradients")!;
    const loss = referenceLoss(key, features, labels);
    assertNear(outputs.embeddings, referenceOps.l2Normalize(features, 1e-12).data, 2e-5, "embeddings");
    assertNear(outputs.loss, loss.data, 2e-5, "loss");
    assertGradients(new Map([...actual].map(([{ name }, values]) => [name, values])), loss, scenario);
  } finally {
    program.destroy();
    set.destroy();
  }
}

/** Fails unless ‖g - g_ref‖ <= 2e-3 · max(‖g_ref‖, 1e-3 · root mean square of all the parameters' ‖g_ref‖). */
export function assertGradients(
  actual: Map<string, Float32Array>,
  loss: RefTensor,
  { parameters }: Scenario,
): void {
  const names = [...parameters.keys()];
  const expected = gradients(loss, [...parameters.values()]);
  const norms = expected.map(norm);
  const floor = 1e-3 * norm(norms) / Math.sqrt(norms.length);
  const errors = names.map((name, i) => {
    const values = actual.get(name)!;
    assert.equal(values.length, expected[i].length, name);
    const error = norm(expected[i].map((g, j) => values[j] - g));
    return { name, error: error / Math.max(norms[i], floor) };
  });
  const failed = errors.filter(({ error }) => !(error <= 2e-3));
  assert.deepEqual(failed, []);
  const worst = errors.reduce((a, b) => a.error > b.error ? a : b);
  console.log(
    `Largest relative error of ${names.length} gradients: ${worst.error.toExponential(1)}, ${worst.name}`,
  );
}

/** Fails unless ‖actual - expected‖ <= tolerance · ‖expected‖. */
export function assertNear(
  actual: ArrayLike<number>,
  expected: Float64Array,
  tolerance: number,
  what: string,
): void {
  assert.equal(actual.length, expected.length, what);
  const error = norm(expected.map((v, i) => actual[i] - v)) / norm(expected);
  assert.ok(error <= tolerance, `${what} are off by ${error.toExponential(1)}, more than ${tolerance}`);
}

function norm(values: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] ** 2;
  return Math.sqrt(squares);
}
