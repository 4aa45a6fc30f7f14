import assert from "node:assert/strict";
import {
  batchNormInference,
  batchNormTraining,
  Device,
  f32,
  mean,
  ParameterSet,
  Program,
  Random,
} from "../../engine/mod.ts";
import { BatchNorm, glorotUniform, Linear, type Mode, NormedConv } from "../../model/mod.ts";
import { FoldedWeights } from "../../model/folded_weights.ts";
import { MOBILENET_DEFAULTS, MobileNetV2 } from "../../model/mobilenet_v2.ts";
import { makeDivisible } from "../../model/network_layers.ts";
import { seededRandom } from "../reference/seeded_random.ts";
import { multipleOfEight, PAPER_BLOCKS, parameterShapes } from "./mobilenet_reference.ts";

let device: Device;
Deno.test.beforeAll(async () => {
  device = await Device.open();
});
Deno.test.afterAll(() => device.destroy());

function network(width: number, identities?: number): ParameterSet {
  const set = new ParameterSet(device);
  const { features } = new MobileNetV2(set, new Random(0), { ...MOBILENET_DEFAULTS, width });
  if (identities !== undefined) new Linear(set, "head", new Random(1), features, identities);
  return set;
}

const counts = (set: ParameterSet) => [set.count(), set.count("trainable"), set.count("state")];

/** Parameters from table 2 alone: a layer of `out` channels has its weights and four numbers a channel. */
function countFromThePaper(width: number): { all: number; state: number } {
  let [weights, normed] = [0, 0];
  const layer = (perChannel: number, out: number) => {
    weights += perChannel * out;
    normed += out;
  };
  let channels = multipleOfEight(32 * width);
  layer(27, channels);
  for (const [t, c] of PAPER_BLOCKS) {
    if (t > 1) layer(channels, t * channels);
    layer(9, t * channels);
    layer(t * channels, multipleOfEight(c * width));
    channels = multipleOfEight(c * width);
  }
  layer(channels, Math.max(1280, multipleOfEight(1280 * width)));
  return { all: weights + 4 * normed, state: 2 * normed };
}

Deno.test("Width 0.5 has 706,224 parameters, and 2,629,005 with a head for 1501 identities", () => {
  assert.equal(network(0.5).count(), 706_224);
  assert.deepEqual(counts(network(0.5, 1501)), [2_629_005, 2_610_461, 18_544]);
});

Deno.test("Width 1 has 2,257,984 parameters, 34,112 of them running statistics", () => {
  assert.deepEqual(counts(network(1)), [2_257_984, 2_257_984 - 34_112, 34_112]);
});

Deno.test("Every width has the parameters that follow from table 2 of the paper", () => {
  for (const width of [0.1, 0.25, 0.35, 0.5, 0.75, 1, 1.3, 1.4, 2]) {
    const { all, state } = countFromThePaper(width);
    assert.deepEqual(counts(network(width)), [all, all - state, state], `width ${width}`);
  }
});

Deno.test("Trainable parameters have the names and shapes that the reference expects, and only weights decay", () => {
  for (const width of [0.35, 1, 1.4]) {
    const parameters = network(width).parameters.filter((p) => p.trainable);
    const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
    assert.deepEqual(shapes, parameterShapes(width));
    for (const { name, decay } of parameters) assert.equal(decay, name.endsWith(".weight"), name);
  }
});

Deno.test("makeDivisible() rounds to the nearest multiple of 8, at least 8, and down by a tenth at most", () => {
  const pairs = [[1, 8], [8, 8], [11.2, 16], [12, 16], [19, 24], [20, 24], [44.8, 48], [33.6, 32], [
    1792,
    1792,
  ]];
  for (const [channels, expected] of pairs) assert.equal(makeDivisible(channels), expected, `${channels}`);
});

Deno.test("The head sees 1280 features up to width 1 and more beyond it", () => {
  const features = (width: number) =>
    new MobileNetV2(new ParameterSet(device), new Random(0), { ...MOBILENET_DEFAULTS, width }).features;
  assert.deepEqual([0.35, 1, 1.4].map(features), [1280, 1280, 1792]);
});

Deno.test("A width that is not above 0 is refused", () => {
  for (const width of [0, -1, NaN]) {
    assert.throws(() => network(width), /width multiplier must be above 0; got/);
  }
});

Deno.test("The same seed draws the same weights, another seed others, within Glorot's bounds", () => {
  const draw = (seed: number) => glorotUniform(new Random(seed), 4000, 8, 16);
  assert.deepEqual(draw(3), draw(3));
  assert.notDeepEqual(draw(3), draw(4));
  assert.ok(draw(3).every((v) => Math.abs(v) <= 0.5), "sqrt(6 / 24)");
  const variance = draw(3).reduce((sum, v) => sum + v * v, 0) / 4000;
  assert.ok(Math.abs(variance - 2 / 24) < 0.005, `${variance}`);
});

Deno.test("A batch norm without shift has no beta, and centers every channel on zero", async () => {
  const set = new ParameterSet(device);
  const norm = new BatchNorm(set, "norm", 3, { epsilon: 1e-3, momentum: 0.9, shift: false });
  assert.equal(norm.beta, undefined);
  assert.deepEqual(counts(set), [9, 3, 6]);
  const program = await Program.record(device, { x: f32([5, 3]) }, ({ x }) => ({
    mean: mean(norm.apply(x, "training", false), [0]),
  }));
  const outputs = await program.run({ x: Float32Array.from({ length: 15 }, (_, i) => i * i) });
  assert.ok(outputs.mean.every((v) => Math.abs(v) < 1e-5), `${outputs.mean}`);
  for (const owner of [program, set]) owner.destroy();
});

Deno.test("Inference with a batch's own statistics gives what training gives", async () => {
  const random = seededRandom(5);
  const shape = [4, 3, 2, 10];
  const x = Float32Array.from({ length: 240 }, () => 3 * random.normal() + 1);
  const draw = (low: number) => Float32Array.from({ length: 10 }, () => low + random.uniform());
  // With momentum 0 the running statistics are the batch's.
  const set = new ParameterSet(device);
  const norm = new BatchNorm(set, "norm", 10, { epsilon: 1e-3, momentum: 0 });
  set.write(norm.gamma, draw(1));
  set.write(norm.beta!, draw(0));
  const training = await Program.record(device, { x: f32(shape) }, ({ x }) => ({
    y: norm.apply(x, "training", true),
  }));
  const inference = await Program.record(device, { x: f32(shape) }, ({ x }) => ({
    y: norm.apply(x, "inference", true),
  }));
  const before = await inference.run({ x });
  const trained = await training.run({ x });
  const inferred = await inference.run({ x });
  inferred.y.forEach((v, i) => assert.ok(Math.abs(v - trained.y[i]) < 1e-5, `${i}: ${v}, ${trained.y[i]}`));
  assert.ok(before.y.some((v, i) => Math.abs(v - trained.y[i]) > 0.1), "statistics matter");
  for (const owner of [training, inference, set]) owner.destroy();
});

Deno.test("A whole network gives the same features in training and, with the batch's statistics, in inference", async () => {
  const random = seededRandom(6);
  const set = new ParameterSet(device);
  const model = new MobileNetV2(set, new Random(2), { ...MOBILENET_DEFAULTS, width: 0.1, momentum: 0 });
  const shape = [4, 40, 24, 3];
  const images = Float32Array.from({ length: 4 * 40 * 24 * 3 }, () => random.normal());
  for (const gamma of set.parameters.filter(({ name }) => name.endsWith(".gamma"))) {
    set.write(gamma, Float32Array.from({ length: gamma.shape[0] }, () => 0.5 + random.uniform()));
  }
  const features = async (mode: Mode) => {
    const program = await Program.record(device, { images: f32(shape) }, ({ images }) => ({
      features: model.apply(images, mode),
    }));
    const { features } = await program.run({ images });
    program.destroy();
    return features;
  };
  const trained = await features("training");
  assert.equal(trained.length, 4 * 1280);
  const size = Math.sqrt(trained.reduce((sum, v) => sum + v * v, 0));
  const distance = (a: Float32Array, b: Float32Array) =>
    Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0));
  const inferred = await features("inference");
  const folded = await features(await FoldedWeights.of(set));
  assert.ok(
    size > 1 && distance(trained, inferred) < 5e-4 * size,
    `${distance(trained, inferred)} of ${size}`,
  );
  assert.ok(distance(inferred, folded) < 5e-4 * size, `${distance(inferred, folded)} of ${size}`);
  set.destroy();
});

Deno.test("Folded weights are those of the moment, and of their own network", async () => {
  const set = new ParameterSet(device);
  const conv = NormedConv.pointwise(set, "conv", new Random(1), 4, 8, { ...MOBILENET_DEFAULTS, relu6: true });
  const folded = await FoldedWeights.of(set);
  set.write(conv.norm.gamma, new Float32Array(8));
  const x = Float32Array.from({ length: 2 * 3 * 4 }, (_, i) => i);
  const program = await Program.record(
    device,
    { x: f32([1, 2, 3, 4]) },
    ({ x }) => ({ y: conv.apply(x, folded) }),
  );
  const { y } = await program.run({ x });
  assert.ok(y.some((v) => v > 0.1), "gamma was 1 when they were folded");
  const other = new ParameterSet(device);
  const stranger = NormedConv.pointwise(other, "conv", new Random(1), 4, 8, {
    ...MOBILENET_DEFAULTS,
    relu6: true,
  });
  await assert.rejects(
    Program.record(device, { x: f32([1, 2, 3, 4]) }, ({ x }) => ({ y: stranger.apply(x, folded) })),
    { name: "TypeError", message: /conv.gamma is not among the weights/ },
  );
  for (const owner of [program, set, other]) owner.destroy();
});

Deno.test("Inference leaves every parameter and running statistic as it was", async () => {
  const set = new ParameterSet(device);
  const norm = new BatchNorm(set, "norm", 5, { epsilon: 1e-3, momentum: 0.9 });
  const program = await Program.record(device, { x: f32([7, 5]) }, ({ x }) => ({
    y: norm.apply(x, "inference", false),
  }));
  const before = (await set.read()).get("weights")!;
  await program.run({ x: Float32Array.from({ length: 35 }, (_, i) => i) });
  assert.deepEqual((await set.read()).get("weights")!, before);
  for (const owner of [program, set]) owner.destroy();
});

Deno.test("Batch norm refuses statistics of another size than its channels", async () => {
  const inputs = { x: f32([2, 4]), c: f32([3]) };
  await assert.rejects(
    Program.record(device, inputs, ({ x, c }) => ({
      y: batchNormTraining(x, c, c, { epsilon: 1e-3, relu6: false }),
    })),
    {
      name: "ShapeError",
      message: /takes x \[\.\.\., C\], gamma \[C\] and beta \[C\]; got \[2,4\], \[3\] and \[3\]/,
    },
  );
  await assert.rejects(
    Program.record(device, inputs, ({ x, c }) => ({
      y: batchNormInference(x, c, c, c, c, { epsilon: 1e-3, relu6: false }),
    })),
    { name: "ShapeError" },
  );
});
