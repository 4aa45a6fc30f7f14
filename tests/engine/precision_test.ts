/** Activations stored as f16, and the scale of the loss that comes with them. */
import assert from "node:assert/strict";
import {
  Adam,
  affine,
  constant,
  conv2d,
  Device,
  f32,
  groupNorm,
  l2Normalize,
  LossScale,
  ParameterSet,
  type Precision,
  Program,
  Random,
  Sgd,
  u32,
} from "../../engine/mod.ts";
import { hardTripletLoss } from "../../losses/mod.ts";
import { MOBILENET_DEFAULTS, MobileNetV2 } from "../../model/mobilenet_v2.ts";
import { drawImages, LABELS, SmallNetwork } from "./small_network.ts";

const STORAGES = ["buffer", "texture"] as const;

/** One step's inputs; the images may be scaled out of all proportion. */
function inputsOf(times = 1) {
  const images = drawImages().map((value) => value * times);
  return { images, labels: LABELS };
}

/** Every weight and every moment of a network, one after another. */
async function trainedValues({ set }: SmallNetwork, { state }: Adam | Sgd): Promise<number[]> {
  const buffers = [...(await set.read(...state)).values()];
  return buffers.flatMap((values) =>
    [...values].filter(([{ trainable }]) => trainable).flatMap(([, data]) => [...data])
  );
}

async function stateOf({ set }: SmallNetwork, { state }: LossScale): Promise<number[]> {
  return [...(await set.read()).get("weights")!.get(state)!];
}

for (const storage of STORAGES) {
  Deno.test(`Images are stored as the nearest f16, and as NaN where there is none, in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    const given = [0, 1, -1 / 3, 0.1, 6.1e-5, 65504, -65504, Math.PI, 1e-3, 65505, 1e30, 0];
    const program = await Program.record(
      device,
      { x: f32([1, 1, 3, 4]) },
      ({ x }) => ({ y: affine(affine(x, 1, 0), 1, 0) }),
      { precision: "f16" },
    );
    const { y } = await program.run({ x: given });
    const expected = given.map((value) => Math.abs(value) > 65504 ? NaN : Math.f16round(value));
    expected[8] = NaN; // It shares a pair with 65505.
    expected[11] = NaN; // And this one with 1e30.
    assert.deepEqual([...y], expected);
    for (const owner of [program, device]) owner.destroy();
  });

  Deno.test(`Vectors and matrices stay f32 in a program of f16, in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    const program = await Program.record(
      device,
      { x: f32([2, 2]) },
      ({ x }) => ({ y: affine(affine(x, 1, 0), 1, 0) }),
      { precision: "f16" },
    );
    const given = [1 / 3, 1e30, -0.1, 65505].map(Math.fround);
    assert.deepEqual([...(await program.run({ x: given })).y], given);
    for (const owner of [program, device]) owner.destroy();
  });

  Deno.test(`A training step of MobileNetV2 in f16 takes at most 0.55 times f32's memory, in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    // Nothing runs here, so no pipeline needs to be compiled.
    device.gpu.createComputePipeline = () => ({}) as GPUComputePipeline;
    const temporaries = async (precision: Precision) => {
      const set = new ParameterSet(device);
      const network = new MobileNetV2(set, new Random(1), { ...MOBILENET_DEFAULTS, width: 0.5 });
      const optimizer = new Adam(set, { lossScale: precision === "f16" ? new LossScale(set) : undefined });
      const inputs = { images: f32([32, 128, 64, 3]), labels: u32([32]) };
      const program = await Program.record(device, inputs, ({ images, labels }) => {
        const embeddings = l2Normalize(network.apply(images, "training"), 1e-12);
        const options = { margin: 0.3, metric: "euclidean", softMargin: false } as const;
        const { loss } = hardTripletLoss(embeddings, labels, options);
        optimizer.minimize(loss);
        return { loss };
      }, { precision });
      const { temporaries } = program.memory;
      for (const owner of [program, set]) owner.destroy();
      return temporaries;
    };
    const [whole, half] = [await temporaries("f32"), await temporaries("f16")];
    const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    console.log(`Intermediate results in ${storage}s: f32 ${mebibytes(whole)}, f16 ${mebibytes(half)}`);
    assert.ok(half <= 0.55 * whole, `${half / whole}`);
    device.destroy();
  });

  Deno.test(`A step that overflows changes nothing and halves the scale, until one fits, in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    const network = new SmallNetwork(device);
    const lossScale = new LossScale(network.set);
    const optimizer = new Adam(network.set, { rate: 1e-2, lossScale, weightDecay: 0.1 });
    const program = await network.trainingStep(optimizer, "hard", { precision: "f16" });
    await program.run(inputsOf());
    assert.deepEqual(await stateOf(network, lossScale), [2 ** 12, 1, 0, 2 ** -12]);

    network.set.write(lossScale.state, [2 ** 30, 7, 0, 0]);
    let before = await trainedValues(network, optimizer);
    let [step, scale] = [2, 2 ** 30];
    for (;; step++) {
      await program.run(inputsOf());
      const [next, good, skipped, factor] = await stateOf(network, lossScale);
      const after = await trainedValues(network, optimizer);
      if (factor !== 0) {
        assert.deepEqual([next, good, skipped, factor], [scale, 1, step - 2, 1 / scale]);
        assert.notDeepEqual(after, before);
        break;
      }
      assert.deepEqual([next, good, skipped], [scale / 2, 0, step - 1]);
      assert.deepEqual(after, before);
      [before, scale] = [after, next];
      assert.ok(scale > 1, "no scale fits");
    }
    assert.ok(step > 3 && scale >= 2 ** 12, `${step} steps to ${scale}`);
    for (const owner of [program, network.set, device]) owner.destroy();
  });
}

Deno.test("The scale doubles after 500 good steps up to 2^15, and never falls below 1", async () => {
  const device = await Device.open();
  const network = new SmallNetwork(device);
  const lossScale = new LossScale(network.set);
  const optimizer = new Sgd(network.set, { rate: 1e-2, lossScale });
  const program = await network.trainingStep(optimizer, "hard", { precision: "f16" });
  const next = async (state: number[], times = 1) => {
    network.set.write(lossScale.state, state);
    await program.run(inputsOf(times));
    return await stateOf(network, lossScale);
  };
  assert.deepEqual(await next([8, 498, 3, 0]), [8, 499, 3, 1 / 8]);
  assert.deepEqual(await next([8, 499, 3, 0]), [16, 0, 3, 1 / 8]);
  assert.deepEqual(await next([2 ** 15, 499, 0, 0]), [2 ** 15, 0, 0, 2 ** -15]);
  assert.deepEqual(await next([1, 10, 0, 0], 1e30), [1, 0, 1, 0]);
  for (const owner of [program, network.set, device]) owner.destroy();
});

Deno.test("A scale is a power of two: in f32, weights and moments end with the bits of an unscaled loss", async () => {
  const device = await Device.open();
  const train = async (scaled: boolean, kind: "adam" | "sgd") => {
    const network = new SmallNetwork(device);
    const options = {
      lossScale: scaled ? new LossScale(network.set) : undefined,
      weightDecay: 0.01,
      rate: 1e-2,
    };
    const optimizer = kind === "adam" ? new Adam(network.set, options) : new Sgd(network.set, options);
    const program = await network.trainingStep(optimizer);
    for (let step = 1; step <= 3; step++) await program.run(inputsOf());
    const values = await trainedValues(network, optimizer);
    const kernels = program.dispatches.map(({ dispatch }) => dispatch.kernel);
    for (const owner of [program, network.set]) owner.destroy();
    return { values, kernels };
  };
  for (const kind of ["adam", "sgd"] as const) {
    const [plain, scaled] = [await train(false, kind), await train(true, kind)];
    assert.deepEqual(scaled.values, plain.values);
    assert.equal(
      scaled.kernels.length,
      plain.kernels.length + 4,
      "where it starts, the flag, the check, the next scale",
    );
  }
  device.destroy();
});

for (const storage of STORAGES) {
  Deno.test(`Equal runs in f16 end with equal bits, near those of f32, in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    const losses = async (precision: Precision) => {
      const network = new SmallNetwork(device);
      const lossScale = precision === "f16" ? new LossScale(network.set) : undefined;
      const optimizer = new Adam(network.set, { rate: 1e-2, lossScale });
      const program = await network.trainingStep(optimizer, "hard", { precision });
      const losses: number[] = [];
      for (let step = 1; step <= 8; step++) {
        losses.push((await program.run(inputsOf())).loss[0]);
      }
      const values = await trainedValues(network, optimizer);
      for (const owner of [program, network.set]) owner.destroy();
      return { losses, values };
    };
    const [whole, half] = [await losses("f32"), await losses("f16")];
    assert.deepEqual(await losses("f16"), half);
    assert.notDeepEqual(half, whole);
    half.losses.forEach((loss, i) => assert.ok(Math.abs(loss - whole.losses[i]) < 0.02 * whole.losses[i]));
    device.destroy();
  });
}

Deno.test("Group norm squares deviations that f16 holds, and their squares not", async () => {
  const device = await Device.open();
  const program = await Program.record(device, { x: f32([1, 1, 2, 2]) }, ({ x }) => ({
    y: groupNorm(affine(x, 1000, 0), 1, constant([1, 1], [2]), constant([0, 0], [2])),
  }), { precision: "f16" });
  const { y } = await program.run({ x: [1, -1, 1, -1] });
  assert.deepEqual(Array.from(y, (value) => Math.round(1e3 * value)), [1000, -1000, 1000, -1000]);
  program.destroy();
  device.destroy();
});

Deno.test("A grouped convolution keeps its weights in f32", async () => {
  const device = await Device.open();
  const program = await Program.record(device, {}, () => {
    const x = constant([1, 1], [1, 1, 1, 2]);
    return { y: conv2d(x, constant([1 / 3, 1 / 5], [1, 1, 1, 2]), { groups: 2 }) };
  }, { precision: "f16" });
  assert.deepEqual([...(await program.run({})).y], [Math.fround(1 / 3), Math.fround(1 / 5)]);
  program.destroy();
  device.destroy();
});
