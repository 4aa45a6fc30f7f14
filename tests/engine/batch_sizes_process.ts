/**
 * The process of batch_sizes_test.ts: what a hundred sizes of a program leave in memory, the time of one row, and the
 * pipelines that are left when all programs are destroyed.
 */
import {
  add,
  Device,
  f32,
  matmul,
  ParameterSet,
  Program,
  relu,
  Sgd,
  softmaxCrossEntropy,
  type Tensor,
  u32,
} from "../../engine/mod.ts";

const LARGEST = 128;
const [FEATURES, HIDDEN, CLASSES] = [784, 64, 10];

/** Bytes of this process when all that can be freed is. */
async function resident(): Promise<number> {
  for (let i = 0; i < 5; i++) {
    (globalThis as unknown as { gc(): void }).gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return Deno.memoryUsage().rss;
}

const device = await Device.open();
const made: WeakRef<GPUComputePipeline>[] = [];
const { gpu } = device, make = gpu.createComputePipeline;
gpu.createComputePipeline = (descriptor) => {
  const pipeline = make.call(gpu, descriptor);
  made.push(new WeakRef(pipeline));
  return pipeline;
};
const set = new ParameterSet(device);
const numbers = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i) / 10);
const first = set.add("first", [FEATURES, HIDDEN], numbers(FEATURES * HIDDEN));
const last = set.add("last", [HIDDEN, CLASSES], numbers(HIDDEN * CLASSES));
const bias = set.add("bias", [HIDDEN], numbers(HIDDEN));
const network = (x: Tensor) => matmul(relu(add(matmul(x, first), bias)), last);
const sgd = new Sgd(set, { rate: 0.1 });

const inputs = { x: f32([LARGEST, FEATURES], { batch: true }), labels: u32([LARGEST], { batch: true }) };
const step = await Program.record(device, inputs, ({ x, labels }) => {
  const { loss } = softmaxCrossEntropy(network(x), labels, 0);
  sgd.minimize(loss);
  return { loss };
});
const train = (rows: number) =>
  step.run({
    x: new Float32Array(rows * FEATURES),
    labels: new Uint32Array(rows),
  });
for (let rows = LARGEST; rows > LARGEST - 25; rows--) await train(rows);
const before = await resident();
for (let rows = 1; rows <= 100; rows++) await train(rows);
const mebibytes = (await resident() - before) / 2 ** 20;

const classify = await Program.record(device, { x: inputs.x }, ({ x }) => ({ y: network(x) }));
const single = await Program.record(device, { x: f32([1, FEATURES]) }, ({ x }) => ({ y: network(x) }));
const x = numbers(FEATURES);
const times: Record<"one" | "alone", number> = { one: Infinity, alone: Infinity };
for (let i = 0; i < 40; i++) {
  for (const [name, program] of [["one", classify], ["alone", single]] as const) {
    const start = performance.now();
    await program.run({ x });
    times[name] = Math.min(times[name], performance.now() - start);
  }
}
for (const owner of [step, classify, single, set]) owner.destroy();
await resident();
const alive = made.filter((pipeline) => pipeline.deref()).length;
console.log(JSON.stringify({ mebibytes, ...times, made: made.length, alive }));
device.destroy();
