/** Every variant of a kernel computes the same, at sizes that fit no tile. */
import assert from "node:assert/strict";
import {
  backward,
  batchNormTraining,
  constant,
  Device,
  DispatchTimer,
  f32,
  matmul as engineMatmul,
  mul,
  ParameterSet,
  Program,
  type Prologue,
  Sgd,
  sum,
} from "../../engine/mod.ts";
import {
  depthwiseConv,
  depthwiseConvInputGradient,
  depthwiseConvWeightGradient,
  lastAxis,
  matmul,
  matmulTransposed,
  matmulWeightGradient,
  padRows,
  samePads,
  targetOf,
  type Tunable,
  variantsOf,
  type VariantWork,
} from "../../kernels/mod.ts";
import { seededRandom } from "../reference/seeded_random.ts";
import { drawImages, LABELS, SmallNetwork } from "./small_network.ts";

/** Small enough for one slice, and large enough that everything is cut into several. */
const TARGETS = [{ ...targetOf("gpu"), parallelism: 64 }, targetOf("gpu")];

/** M, K, N around the sizes of tiles and of steps, each with the place of its map in {@link MAPS}: sizes make no pipelines. */
const PRODUCTS = [
  [1, 1, 1, 0],
  [257, 18, 130, 0],
  [131, 70, 33, 1],
  [64, 144, 24, 2],
];

const MAPS: Prologue[] = ["none", "affine-relu6", "norm-relu6-gradient"];

/** What a computation leaves behind, for operands that depend on their shapes only: positive, so that ReLU6 lets some through. */
async function resultOf(device: Device, work: readonly VariantWork[]): Promise<Float32Array> {
  let partial: { shape: readonly number[]; values: Float32Array } | undefined;
  for (const { dispatch, shapes } of work) {
    const operands = Object.fromEntries(
      dispatch.bindings.map(({ name, access }) => {
        const shape = shapes[name];
        if (access !== "read") return [name, { shape }];
        if (name === "partial") return [name, { shape, values: partial!.values }];
        const random = seededRandom(shape.length + 10 * lastAxis(shape) + name.length);
        const count = shape.reduce((product, size) => product * size, 1);
        return [name, {
          shape,
          values: padRows(Float32Array.from({ length: count }, () => Math.abs(random.normal())), shape),
        }];
      }),
    );
    const timer = await DispatchTimer.make(device, dispatch, operands);
    try {
      await timer.run(1);
      const { name } = dispatch.bindings.find(({ access }) => access === "write")!;
      partial = { shape: shapes[name], values: await timer.read(name) };
    } finally {
      timer.destroy();
    }
  }
  return partial!.values;
}

async function checkVariants(device: Device, { key, as }: Tunable): Promise<void> {
  const [first, ...others] = variantsOf(key);
  const expected = await resultOf(device, as(first));
  const norm = Math.hypot(...expected);
  assert.ok(norm > 0, key);
  for (const variant of others) {
    const actual = await resultOf(device, as(variant));
    assert.equal(actual.length, expected.length, `${key}, ${variant}`);
    const error = Math.hypot(...actual.map((value, i) => value - expected[i])) / norm;
    assert.ok(error < 1e-5, `${key}, ${variant}: off by ${error}`);
  }
}

async function withDevice(test: (device: Device) => Promise<void>): Promise<void> {
  const device = await Device.open({ storage: "buffer", limits: "default", constants: "uniform" });
  try {
    await test(device);
  } finally {
    device.destroy();
  }
}

Deno.test("All variants of a product and of its gradients agree, within default limits", () =>
  withDevice(async (device) => {
    for (const [m, k, n, i] of PRODUCTS) {
      const map = MAPS[i];
      const target = TARGETS[i % TARGETS.length];
      const epilogue = { bias: i % 2 === 0, addend: i % 3 !== 0, relu6: i % 2 === 1 };
      await checkVariants(device, matmul({ m, k, n }, target, map, epilogue).tunable!);
      await checkVariants(device, matmulTransposed({ m, k, n }, target, map, epilogue).tunable!);
      const gradientMap = MAPS[(i + 1) % MAPS.length];
      for (const target of TARGETS) {
        const { dispatch } = matmulWeightGradient({ m, k, n }, target, map, gradientMap);
        await checkVariants(device, dispatch.tunable!);
      }
    }
  }));

Deno.test("All variants of a depthwise convolution and of its gradients agree, within default limits", () =>
  withDevice(async (device) => {
    const shapes = [[1, 1, 1, 1], [7, 9, 1, 5], [9, 3, 1, 8], [6, 11, 2, 4], [5, 1, 2, 7]];
    for (const [i, [h, w, stride, channels]] of shapes.entries()) {
      const shape = { n: 2, h, w, kh: 3, kw: 3, stride, pads: samePads(h, w, 3, stride), channels };
      // Every stride has several maps, and the gradient table every map at every stride.
      const [map, gradientMap] = [MAPS[i % MAPS.length], MAPS[(i + 1) % MAPS.length]];
      for (const target of TARGETS) {
        await checkVariants(device, depthwiseConv(shape, target, map).tunable!);
        await checkVariants(device, depthwiseConvInputGradient(shape, target, gradientMap).tunable!);
        const { dispatch } = depthwiseConvWeightGradient(shape, target, "affine-relu6", gradientMap);
        await checkVariants(device, dispatch.tunable!);
      }
    }
  }));

Deno.test("Batch norm over many slices is the same where workgroups join them as where threads do", async () => {
  const [rows, channels] = [2500, 6];
  const random = seededRandom(5);
  const x = Float32Array.from({ length: rows * channels }, () => 3 + random.normal());
  const cotangent = Float32Array.from({ length: rows * channels }, () => random.normal());
  const results: Record<string, Float32Array>[] = [];
  for (const kernels of ["software", "gpu"] as const) {
    const device = await Device.open({ storage: "buffer", kernels });
    const inputs = {
      x: f32([rows, channels], { differentiable: true }),
      gamma: f32([channels]),
      beta: f32([channels]),
    };
    const program = await Program.record(device, inputs, ({ x, gamma, beta }) => {
      const y = batchNormTraining(x, gamma, beta, { epsilon: 1e-3, relu6: true });
      const gradients = backward(sum(mul(y, constant(cotangent, [rows, channels]))));
      return { y, dx: gradients.of(x)! };
    });
    const kernelNames = program.dispatches.map(({ dispatch }) => dispatch.kernel);
    assert.equal(kernelNames.filter((name) => name.includes("_many_")).length, kernels === "gpu" ? 2 : 0);
    results.push(await program.run({ x, gamma: [1, 2, 1, 2, 1, 2], beta: [1, 1, 1, 2, 2, 2] }));
    program.destroy();
    device.destroy();
  }
  const [expected, actual] = results;
  for (const name of ["y", "dx"]) {
    const norm = Math.hypot(...expected[name]);
    assert.ok(Math.hypot(...actual[name].map((value, i) => value - expected[name][i])) < 1e-5 * norm, name);
  }
});

Deno.test("The weights' gradients of a network are the same where their slices are added all at once", async () => {
  const results: Float32Array[][] = [];
  for (const kernels of ["software", "gpu"] as const) {
    const device = await Device.open({ storage: "buffer", kernels, limits: "default" });
    const network = new SmallNetwork(device);
    const sgd = new Sgd(network.set);
    const step = await network.trainingStep(sgd);
    const sums = step.dispatches.filter(({ dispatch }) => dispatch.kernel === "sum_all_slices");
    assert.equal(sums.length, kernels === "gpu" ? 1 : 0);
    await step.run({ images: drawImages(), labels: LABELS });
    const gradients = (await network.set.read("gradients")).get("gradients")!;
    results.push(network.set.parameters.filter(({ trainable }) => trainable).map((p) => gradients.get(p)!));
    step.destroy();
    network.set.destroy();
    device.destroy();
  }
  const [expected, actual] = results;
  const scale = Math.max(...expected.map((values) => Math.hypot(...values)));
  expected.forEach((values, i) => {
    const error = Math.hypot(...values.map((value, j) => value - actual[i][j]));
    assert.ok(
      error < 1e-4 * Math.max(Math.hypot(...values), scale / 100),
      `gradient ${i} is off by ${error}`,
    );
  });
});

Deno.test("A weight that is used twice has both gradients where their slices could be added later", async () => {
  const device = await Device.open({ storage: "buffer", kernels: "gpu" });
  const set = new ParameterSet(device);
  const w = set.add("w", [3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const rows = 200;
  const x = Float32Array.from({ length: rows * 3 }, (_, i) => (i % 7) - 3);
  const program = await Program.record(device, { x: f32([rows, 3]) }, ({ x }) => {
    const loss = sum(engineMatmul(engineMatmul(x, w), w));
    return { gradient: backward(loss).of(w)! };
  });
  const { gradient } = await program.run({ x });
  // d/dW of sum(x W W): xᵀ 1 (W 1)ᵀ + (x W)ᵀ 1 1ᵀ
  const W = [[1, 2, 3], [4, 5, 6], [7, 8, 9]];
  const columns = [0, 1, 2].map((k) => x.reduce((total, value, i) => i % 3 === k ? total + value : total, 0));
  const rowSums = W.map((row) => row[0] + row[1] + row[2]);
  const through = [0, 1, 2].map((n) => columns.reduce((total, value, k) => total + value * W[k][n], 0));
  const expected = columns.flatMap((c, k) => rowSums.map((r) => c * r + through[k]));
  gradient.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-2, `${value}, ${expected[i]}`));
  program.destroy();
  set.destroy();
  device.destroy();
});
