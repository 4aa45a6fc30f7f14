import assert from "node:assert/strict";
import {
  add,
  Device,
  LossScale,
  mul,
  ParameterSet,
  Program,
  Sgd,
  sum,
  type Tensor,
} from "../../engine/mod.ts";
import { constant } from "../../engine/tensor.ts";
import { seededRandom } from "../reference/seeded_random.ts";

const SHAPES = { a: [3, 5], b: [129], c: [40, 70] };
const RATE = 0.5;

/** What torch.nn.utils.clip_grad_norm_ does to gradients, in f64. */
function clipped(gradients: readonly Float32Array[], limit: number): { norm: number; factor: number } {
  const norm = Math.sqrt(gradients.reduce((all, g) => g.reduce((sum, x) => sum + x * x, all), 0));
  return { norm, factor: Math.min(1, limit / (norm + 1e-6)) };
}

/** One step of SGD, of weights 0 with drawn gradients times `size`. */
async function step(device: Device, clipNorm: number, { scaled = false, size = 1 } = {}) {
  const set = new ParameterSet(device);
  const random = seededRandom(5);
  const gradients = Object.values(SHAPES).map((shape) =>
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => size * random.normal())
  );
  const parameters = Object.entries(SHAPES).map(([name, shape], i) =>
    set.add(name, shape, new Float32Array(gradients[i]!.length))
  );
  const optimizer = new Sgd(set, {
    rate: RATE,
    clipNorm,
    lossScale: scaled ? new LossScale(set) : undefined,
  });
  const program = await Program.record(device, {}, () => {
    const terms = parameters.map((parameter, i) =>
      sum(mul(parameter, constant(gradients[i]!, parameter.shape)))
    );
    const { nonFinite, clipping } = optimizer.minimize(terms.reduce((a, b) => add(a, b)));
    const outputs: { nonFinite: Tensor; clipping?: Tensor } = { nonFinite };
    if (clipping) outputs.clipping = clipping;
    return outputs as { nonFinite: Tensor; clipping: Tensor };
  });
  const outputs = await program.run({});
  const weights = (await set.read()).get("weights")!;
  const kernels = program.dispatches.map(({ dispatch }) => dispatch.kernel);
  const values = parameters.map((parameter) => weights.get(parameter)!);
  for (const owner of [program, set]) owner.destroy();
  return { gradients, values, outputs, kernels };
}

Deno.test("clipNorm scales all gradients to a largest norm together, as PyTorch does", async () => {
  const device = await Device.open();
  for (const scaled of [false, true]) {
    const { gradients, values, outputs } = await step(device, 2, { scaled });
    const { norm, factor } = clipped(gradients, 2);
    assert.ok(factor < 0.1);
    assert.ok(Math.abs(outputs.clipping[0]! / norm - 1) < 1e-6, `${outputs.clipping[0]}, ${norm}`);
    for (const [i, gradient] of gradients.entries()) {
      for (const [j, g] of gradient.entries()) {
        const expected = -RATE * factor * g;
        assert.ok(Math.abs(values[i]![j]! - expected) <= 2e-6 * Math.abs(expected), `${scaled} ${i} ${j}`);
      }
    }
  }
  device.destroy();
});

Deno.test("gradients below the largest norm keep their bits, and without clipNorm nothing is computed", async () => {
  const device = await Device.open();
  const [clipping, without] = [await step(device, 1e6), await step(device, 0)];
  assert.deepEqual(clipping.values, without.values);
  const added = clipping.kernels.filter((kernel) => ["sum_squares", "clip_norm"].includes(kernel));
  assert.deepEqual(added, ["sum_squares", "clip_norm"]);
  assert.equal(without.kernels.some((kernel) => added.includes(kernel)), false);
  assert.equal("clipping" in without.outputs, false);
  device.destroy();
});

Deno.test("clipNorm hides no infinite gradient, and a step that loss scaling skips has norm 0", async () => {
  const device = await Device.open();
  const infinite = await step(device, 1, { size: Infinity });
  assert.equal(infinite.outputs.nonFinite[0], 1);
  const skipped = await step(device, 1, { size: 1e38, scaled: true });
  assert.equal(skipped.outputs.nonFinite[0], 0);
  assert.equal(skipped.outputs.clipping[0], 0);
  assert.ok(skipped.values.every((values) => values.every((value) => value === 0)));
  device.destroy();
});
