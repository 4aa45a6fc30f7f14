/** A recorded step that runs again: what it asks of the GPU, and that it always gives the same bits. */
import assert from "node:assert/strict";
import { Adam, Device, f32, matmul, Program, Sgd, sum } from "../../engine/mod.ts";
import { drawImages, IMAGES, LABELS, SmallNetwork } from "./small_network.ts";
import { watchGpu } from "./watch_gpu.ts";

const STORAGES = ["buffer", "texture"] as const;

/** Losses of four steps and all weights and moments after them. */
async function train(device: Device, seed = 1) {
  const network = new SmallNetwork(device, seed);
  const optimizer = new Adam(network.set, { weightDecay: 1e-2, rate: 1e-2 });
  const program = await network.trainingStep(optimizer);
  const losses: number[] = [];
  for (let step = 1; step <= 4; step++) {
    const { loss } = await program.run({ images: drawImages(step), labels: LABELS });
    losses.push(loss[0]);
  }
  const buffers = await network.set.read(...optimizer.state);
  const state = [...buffers].flatMap(([buffer, values]) =>
    [...values].map(([{ name }, data]) => [`${buffer} ${name}`, data] as const)
  );
  program.destroy();
  network.set.destroy();
  return { losses, state: new Map(state) };
}

for (const storage of STORAGES) {
  Deno.test(`A training step that runs again only encodes and submits once, with tensors in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    const watch = watchGpu(device.gpu);
    const network = new SmallNetwork(device);
    const optimizer = new Sgd(network.set, { momentum: 0.9 });
    const program = await network.trainingStep(optimizer);
    assert.ok(watch.calls.get("createBindGroup")! > 50, "the watch sees calls");
    const data = { images: drawImages(), labels: LABELS };
    await program.run(data);
    await program.run(data);
    for (let step = 0; step < 3; step++) {
      watch.forgetCalls();
      await program.run(data);
      assert.deepEqual([...watch.calls], [["submit", 1]]);
    }
    for (const owner of [program, network.set, device]) owner.destroy();
  });

  Deno.test(`Runs may overlap: their outputs come back in order, with tensors in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    const program = await Program.record(device, { x: f32([2, 3]) }, ({ x }) => ({ y: sum(x) }));
    const runs = [];
    for (let i = 0; i < 10; i++) {
      runs.push((await program.submit({ x: new Float32Array(6).fill(i) })).outputs);
    }
    assert.deepEqual(
      (await Promise.all(runs)).map(({ y }) => y[0]),
      Array.from({ length: 10 }, (_, i) => 6 * i),
    );
    for (const owner of [program, device]) owner.destroy();
  });

  Deno.test(`Runs need not wait for each other, however many there are, with tensors in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    const program = await Program.record(device, { x: f32([2, 3]) }, ({ x }) => ({ y: sum(x) }));
    const came: number[] = [];
    await Promise.all(Array.from({ length: 20 }, async (_, i) => {
      const { y } = await program.run({ x: new Float32Array(6).fill(i) });
      assert.equal(y[0], 6 * i);
      came.push(i);
    }));
    assert.deepEqual(came, Array.from({ length: 20 }, (_, i) => i), "in order");
    for (const owner of [program, device]) owner.destroy();
  });

  Deno.test(`Training twice from one seed gives the same bits, on one device or two, in ${storage}s`, async () => {
    const [first, second] = [await Device.open({ storage }), await Device.open({ storage })];
    const expected = await train(first);
    assert.deepEqual(await train(first), expected);
    assert.deepEqual(await train(second), expected);
    assert.notDeepEqual(await train(first, 2), expected);
    for (const device of [first, second]) device.destroy();
  });
}

Deno.test("A second program of the same shapes compiles no pipeline", async () => {
  const device = await Device.open();
  const watch = watchGpu(device.gpu);
  const product = () =>
    Program.record(device, { a: f32([5, 6]), b: f32([6, 7]) }, ({ a, b }) => ({ y: matmul(a, b) }));
  const first = await product();
  assert.equal(watch.calls.get("createComputePipeline"), 1);
  watch.forgetCalls();
  const second = await product();
  assert.equal(watch.calls.get("createComputePipeline"), undefined);
  for (const owner of [first, second, device]) owner.destroy();
});

Deno.test("A program without outputs runs, and trains", async () => {
  const device = await Device.open();
  const network = new SmallNetwork(device);
  const optimizer = new Sgd(network.set);
  const recorded = await network.trainingStep(optimizer);
  const silent = await Program.record(
    device,
    { images: f32(IMAGES) },
    ({ images }) => {
      optimizer.minimize(sum(network.features(images)));
      return {};
    },
  );
  const before = (await network.set.read()).get("weights")!;
  assert.deepEqual(await silent.run({ images: drawImages() }), {});
  const after = (await network.set.read()).get("weights")!;
  const stem = network.body[0].weight;
  assert.notDeepEqual(after.get(stem), before.get(stem));
  for (const owner of [recorded, silent, network.set, device]) owner.destroy();
});
