/** GPU memory: nothing is left behind, what is reported is what was made, and a training step's share of it. */
import assert from "node:assert/strict";
import {
  Adam,
  affine,
  backward,
  Device,
  f32,
  l2Normalize,
  ParameterSet,
  Program,
  Random,
  relu,
  sum,
  u32,
} from "../../engine/mod.ts";
import { hardTripletLoss } from "../../losses/mod.ts";
import { MOBILENET_DEFAULTS, MobileNetV2 } from "../../model/mobilenet_v2.ts";
import { drawImages, LABELS, SmallNetwork } from "./small_network.ts";
import { watchGpu } from "./watch_gpu.ts";

for (const storage of ["buffer", "texture"] as const) {
  Deno.test(`Programs and sets destroy every buffer and texture that they made, in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    const watch = watchGpu(device.gpu);
    const network = new SmallNetwork(device);
    const optimizer = new Adam(network.set, { rate: 1e-3 });
    const first = await network.trainingStep(optimizer);
    const ofTheSet = (await network.set.read(...optimizer.state), watch.alive().length);
    const second = await network.trainingStep(optimizer);
    const data = { images: drawImages(), labels: LABELS };
    await second.run(data);
    const both = watch.alive().length;
    await second.run(data);
    await first.run(data);
    await network.set.read(...optimizer.state);
    assert.equal(watch.alive().length, both, "running and reading leave nothing behind");
    second.destroy();
    assert.equal(watch.alive().length, ofTheSet);
    first.destroy();
    network.set.destroy();
    assert.deepEqual(watch.alive(), []);
    device.destroy();
  });

  Deno.test(`A recording that fails destroys what it had made, in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    const watch = watchGpu(device.gpu);
    device.gpu.createBindGroup = () => {
      throw new Error("no more");
    };
    const record = Program.record(device, { x: f32([100, 100]) }, ({ x }) => ({ y: sum(relu(x)) }));
    await assert.rejects(record, /no more/);
    assert.ok(watch.calls.get("createBuffer")! > 0);
    assert.deepEqual(watch.alive(), []);
    device.destroy();
  });

  Deno.test(`The memory that programs and sets report is what they made, in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    const watch = watchGpu(device.gpu);
    const network = new SmallNetwork(device);
    const program = await network.trainingStep(new Adam(network.set));
    const { temporaries, inputs, constants, readback, total } = program.memory;
    assert.equal(total, temporaries + inputs + constants + readback);
    assert.equal(watch.aliveBytes(), total + network.set.gpuBytes);
    for (const owner of [program, network.set, device]) owner.destroy();
  });

  Deno.test(`A training step of MobileNetV2 takes at most 2.4 times its convolutions' outputs, in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    // Nothing runs here, so no pipeline needs to be compiled.
    device.gpu.createComputePipeline = () => ({}) as GPUComputePipeline;
    const watch = watchGpu(device.gpu);
    const set = new ParameterSet(device);
    const network = new MobileNetV2(set, new Random(1), { ...MOBILENET_DEFAULTS, width: 0.5 });
    const optimizer = new Adam(set);
    const inputs = { images: f32([32, 128, 64, 3]), labels: u32([32]) };
    const program = await Program.record(device, inputs, ({ images, labels }) => {
      const embeddings = l2Normalize(network.apply(images, "training"), 1e-12);
      const options = { margin: 0.3, metric: "euclidean", softMargin: false } as const;
      const { loss, metrics } = hardTripletLoss(embeddings, labels, options);
      optimizer.minimize(loss);
      return { loss, metrics };
    });
    const convolutions = program.dispatches
      .filter(({ dispatch }) => ["matmul", "depthwise_conv", "conv2d"].includes(dispatch.kernel))
      .map(({ dispatch, values }) => values[dispatch.bindings.findIndex(({ name }) => name === "y")]);
    assert.equal(convolutions.length, 52, "the stem, 17 depthwise, 16 + 17 pointwise ones, and the last");
    const outputs = convolutions.reduce((bytes, value) => bytes + value.bytes, 0);
    const kept = set.flat("weights").bytes + set.flat("state").bytes +
      optimizer.state.length * set.trainableBytes;
    const share = (watch.aliveBytes() - kept) / outputs;
    const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    console.log(
      `Width 0.5, 128×64, batch 32, ${storage}s: ${
        mebibytes(watch.aliveBytes())
      } on the GPU, of which weights and ` +
        `moments ${mebibytes(kept)}; the rest is ${share.toFixed(2)} times ${
          mebibytes(outputs)
        } of convolutions' outputs`,
    );
    assert.ok(share <= 2.4, `${share}`);
    for (const owner of [program, set, device]) owner.destroy();
  });
}

Deno.test("A value that no one needs takes no memory", async () => {
  const device = await Device.open({ storage: "buffer" });
  const watch = watchGpu(device.gpu);
  const program = await Program.record(device, { x: f32([4]), unused: f32([1000]) }, ({ x, unused }) => {
    relu(unused);
    return { y: relu(x) };
  });
  assert.equal(program.dispatches.length, 1);
  assert.ok(watch.aliveBytes() < 1000, `${watch.alive()}`);
  assert.deepEqual([...(await program.run({ x: [-1, 0, 1, 2], unused: new Float32Array(1000) })).y], [
    0,
    0,
    1,
    2,
  ]);
  for (const owner of [program, device]) owner.destroy();
});

Deno.test("A chain of ops shares two pieces of memory, however long it is", async () => {
  const device = await Device.open({ storage: "buffer" });
  const bytes = async (length: number) => {
    const program = await Program.record(device, { x: f32([1000]) }, ({ x }) => {
      let y = x;
      for (let i = 0; i < length; i++) y = relu(y);
      return { y };
    });
    const { temporaries } = program.memory;
    program.destroy();
    return temporaries;
  };
  assert.equal(await bytes(2), 8000);
  assert.equal(await bytes(20), 8000);
  device.destroy();
});

Deno.test("An output keeps its memory while later steps run", async () => {
  const device = await Device.open({ storage: "buffer" });
  const program = await Program.record(device, { x: f32([4]) }, ({ x }) => {
    const early = relu(x);
    let late = early;
    for (let i = 0; i < 4; i++) late = affine(late, 2, 1);
    return { early, late };
  });
  const { early, late } = await program.run({ x: [-1, 0, 1, 2] });
  assert.deepEqual([[...early], [...late]], [[0, 0, 1, 2], [15, 15, 31, 47]]);
  for (const owner of [program, device]) owner.destroy();
});

Deno.test("Gradients of a chain keep what the backward pass reads", async () => {
  const device = await Device.open({ storage: "buffer" });
  const set = new ParameterSet(device);
  const w = set.add("w", [3], [1, -2, 3]);
  const program = await Program.record(device, {}, () => {
    backward(sum(relu(relu(relu(w)))));
    return {};
  });
  await program.run({});
  assert.deepEqual([...(await set.read("gradients")).get("gradients")!.get(w)!], [1, 0, 1]);
  for (const owner of [program, set, device]) owner.destroy();
});
