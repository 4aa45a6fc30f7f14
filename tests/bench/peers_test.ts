import assert from "node:assert/strict";
import { agreement, relativeDifference } from "../../bench/peers/agreement.ts";
import { textureBytes } from "../../bench/peers/gpu_meter.ts";
import { fold, toNchw, toOihw } from "../../bench/peers/layouts.ts";
import { type Run, shortened } from "../../bench/peers/messages.ts";
import {
  drawWeights,
  EPSILON,
  type Layer,
  layersOf,
  mobileNetV2,
  parameterSpecs,
} from "../../bench/peers/network.ts";
import { MNIST_SPECS, mnistBatches, mnistWeights } from "../../bench/peers/mnist.ts";
import { mnist } from "../../bench/peers/ours.ts";
import { OURS, PEERS } from "../../bench/peers/peer.ts";
import { parseOptions, tasksOf } from "../../bench/peers/peers.ts";
import type { Outcome, Timed } from "../../bench/peers/rounds.ts";
import { images, labels } from "../../bench/peers/scenario.ts";
import { disagreeing, ratio, taskTable } from "../../bench/peers/table.ts";
import { HelpRequest, UsageError } from "../../cli/flags.ts";
import { Device, Random } from "../../engine/mod.ts";
import { CONVENTIONS } from "../../model/conventions.ts";
import { ReidModel } from "../../model/reid_model.ts";
import { sameGeometry, symmetricGeometry } from "../reference/conv_geometry.ts";
import { referenceOps as ops } from "../reference/ops.ts";
import { leaf, type RefTensor } from "../reference/tape.ts";

Deno.test("the peers' list of layers has the parameters of our model, name by name, and the paper's count", async () => {
  const device = await Device.open();
  try {
    for (const width of [0.5, 1]) {
      const model = new ReidModel(device, {
        ...CONVENTIONS.own,
        momentum: 0.9,
        width,
        imageHeight: 256,
        imageWidth: 128,
        embeddingSize: 128,
        neck: "none",
        testFeature: "after",
        normalize: true,
        identities: 0,
      }, new Random(1));
      const specs = parameterSpecs(mobileNetV2(width));
      assert.deepEqual(
        specs,
        model.parameters.parameters.map(({ name, shape, trainable }) => ({ name, shape, trainable })),
      );
      const scalars = specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
      assert.equal(scalars - 1280 * 128, width === 1 ? 2_257_984 : 706_224);
    }
  } finally {
    device.destroy();
  }
});

Deno.test("the network halves its input five times and has ten residual blocks", () => {
  const blocks = mobileNetV2(1);
  assert.equal(layersOf(blocks).reduce((product, { stride }) => product * stride, 1), 32);
  assert.equal(blocks.filter(({ residual }) => residual).length, 10);
});

Deno.test("images and weights are the same every time, and images differ from each other", () => {
  const size = { height: 8, imageWidth: 4 };
  assert.deepEqual(images(2, size), images(2, size));
  assert.deepEqual(images(2, size).subarray(0, 96), images(1, size));
  assert.notDeepEqual(images(2, size).slice(96), images(1, size));
  const specs = parameterSpecs(mobileNetV2(0.5));
  assert.deepEqual(drawWeights(specs, new Random(1)), drawWeights(specs, new Random(1)));
  assert.deepEqual([...labels(4)], [0, 0, 1, 1]);
  assert.deepEqual([...labels(8, 4)], [0, 0, 0, 0, 1, 1, 1, 1]);
});

Deno.test("the first loss of the small network is that of the f64 reference", async () => {
  const batch = 2;
  const device = await Device.open();
  try {
    const weights = mnistWeights();
    const [w1, b1, w2, b2, w3, b3] = MNIST_SPECS.map(({ name, shape }) =>
      leaf(shape, [...weights.get(name)!])
    );
    const { pixels, labels } = mnistBatches(batch)(0);
    const window = { size: 2, ...symmetricGeometry(2, 0) };
    const pooled = (x: RefTensor, w: RefTensor, b: RefTensor, side: number) =>
      ops.maxPool2d(
        ops.relu(ops.add(ops.conv2d(x, w, sameGeometry(side, side, 1, w.shape[0])), b)),
        window,
      );
    const features = pooled(pooled(leaf([batch, 28, 28, 1], [...pixels]), w1, b1, 28), w2, b2, 14);
    const expected = ops.crossEntropy(ops.dense(ops.reshape(features, [batch, -1]), w3, b3), [...labels], 0);
    const [loss] = await (await mnist(device, batch)).run();
    assert.ok(Math.abs(loss - expected.data[0]) < 1e-5 * loss, `${loss} and ${expected.data[0]}`);
  } finally {
    device.destroy();
  }
});

Deno.test("weights and images are moved to channels first", () => {
  const layer = { kind: "pointwise", name: "p", from: 2, to: 3, stride: 1, relu6: false } as const;
  const pointwise = toOihw(layer, Float32Array.of(1, 2, 3, 4, 5, 6));
  assert.deepEqual([pointwise.shape, [...pointwise.values]], [[3, 2, 1, 1], [1, 4, 2, 5, 3, 6]]);
  const depthwise = { ...layer, kind: "depthwise", from: 2, to: 2 } as const;
  const taps = toOihw(depthwise, Float32Array.from({ length: 18 }, (_, i) => i));
  assert.deepEqual(taps.shape, [2, 1, 3, 3]);
  assert.deepEqual([...taps.values.subarray(0, 9)], [0, 2, 4, 6, 8, 10, 12, 14, 16]);
  const full = toOihw({ ...layer, kind: "full" }, Float32Array.from({ length: 54 }, (_, i) => i));
  assert.deepEqual(full.shape, [3, 2, 3, 3]);
  // [o][i][tap] = tap · 6 + i · 3 + o
  assert.deepEqual([full.values[0], full.values[1], full.values[9], full.values[18]], [0, 6, 3, 1]);
  assert.deepEqual([...toNchw(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), 2, 2)], [1, 3, 2, 4, 5, 7, 6, 8]);
});

Deno.test("a folded layer computes what convolution and batch norm do", () => {
  const layer: Layer = { kind: "pointwise", name: "p", from: 1, to: 2, stride: 1, relu6: false };
  const weights = new Map([
    ["p.weight", Float32Array.of(2, -3)],
    ["p.gamma", Float32Array.of(0.5, 2)],
    ["p.beta", Float32Array.of(0.25, -1)],
    ["p.running_mean", Float32Array.of(1, 0.5)],
    ["p.running_variance", Float32Array.of(4, 0.25)],
  ]);
  const { weight, bias } = fold(layer, weights);
  const x = 1.5;
  const normed = [
    0.5 * (2 * x - 1) / Math.sqrt(4 + EPSILON) + 0.25,
    2 * (-3 * x - 0.5) / Math.sqrt(0.25 + EPSILON) - 1,
  ];
  normed.forEach((value, c) => assert.ok(Math.abs(weight[c] * x + bias[c] - value) < 1e-5));
});

Deno.test("options choose who takes part, ours always, and what is timed", () => {
  assert.deepEqual(parseOptions([]).peers, PEERS);
  assert.deepEqual(parseOptions(["--only", "jax-wasm"]).peers.map(({ key }) => key), ["ours", "jax-wasm"]);
  assert.deepEqual(
    parseOptions(["--skip", "tfjs-webgpu, ours"]).peers,
    PEERS.filter(({ key }) => key !== "tfjs-webgpu"),
  );
  assert.deepEqual(tasksOf(parseOptions(["--quick"])), [{ name: "forward", batch: 4 }]);
  assert.equal(parseOptions(["--quick", "--rounds", "9"]).rounds, 1);
  assert.deepEqual(tasksOf(parseOptions([])).map(({ name, batch }) => `${name} ${batch}`), [
    "forward 4",
    "forward 16",
    "train 4",
    "mnist 64",
  ]);
  assert.deepEqual(tasksOf(parseOptions(["--tasks", "mnist"])), [{ name: "mnist", batch: 64 }]);
  assert.throws(() => parseOptions(["--tasks", "digits"]), UsageError);
  assert.throws(() => parseOptions(["--only", "pytorch"]), UsageError);
  assert.throws(() => parseOptions(["--cores", "0"]), UsageError);
  assert.throws(() => parseOptions(["--help"]), HelpRequest);
});

Deno.test("results are compared by their largest difference, and NaN never agrees", () => {
  assert.equal(relativeDifference([1, 2], [1, 2]), 0);
  assert.equal(relativeDifference([1, 2.5], [1, 2]), 0.25);
  assert.equal(relativeDifference([NaN, 2], [1, 2]), Infinity);
  assert.equal(relativeDifference([1], [1, 2]), Infinity);
  assert.equal(relativeDifference([0], [0]), 0);
});

Deno.test("a message of a library becomes one short line", () => {
  assert.equal(shortened("a\n  b\tc "), "a b c");
  assert.equal(shortened("x".repeat(300), 10), "x".repeat(9) + "…");
});

Deno.test("bytes of a texture follow from its format", () => {
  const size = { width: 4, height: 2, depthOrArrayLayers: 1 };
  assert.equal(textureBytes({ ...size, format: "rgba32float" }), 128);
  assert.equal(textureBytes({ ...size, format: "r16float" }), 16);
  assert.throws(() => textureBytes({ ...size, format: "depth24plus" }), TypeError);
});

const TASK = { name: "train", batch: 4 } as const;

/** A side with runs of these milliseconds, whose losses are `first` and then `second`. */
function side(key: string, milliseconds: number[], first: number, second: number): Timed {
  const run = (time: number, loss: number): Run => ({
    milliseconds: time,
    cpuMilliseconds: time * 2,
    dispatches: 300,
    submits: 1,
    result: [loss],
  });
  return {
    kind: "timed",
    peer: PEERS.find((peer) => peer.key === key)!,
    threads: 1,
    opened: { kind: "opened", openMilliseconds: 1500, first: run(9000, first), adapter: "a" },
    runs: milliseconds.map((time) => run(time, second)),
    median: milliseconds[milliseconds.length >> 1],
    cpuMedian: 2 * milliseconds[milliseconds.length >> 1],
    gpu: { dispatches: 0, submits: 0, bytes: 0, peakBytes: 3 * 2 ** 20 },
  };
}

Deno.test("the table gives times, ratios to ours, counts, agreement, and the words of those that did not run", () => {
  const outcomes: Outcome[] = [
    side(OURS.key, [200], 0.5, 0.4),
    side("jax-webgpu", [2400, 2500, 2600], 0.5, 0.45),
    side("jax-wasm", [48], 0.5001, 0.4),
    { kind: "refused", peer: PEERS.find(({ key }) => key === "tfjs-wasm")!, said: "Kernel not registered" },
  ];
  const table = taskTable(TASK, outcomes);
  const line = (start: string) => table.split("\n").find((line) => line.startsWith(start))!;
  assert.match(
    line("@jax-js/jax 0.1.25  webgpu"),
    /9\.0 s +3 +2500 ms +625 ms +12\.5x +5000 ms +300 +1 +3 MiB +0e\+0/,
  );
  assert.match(line("@jax-js/jax 0.1.25  wasm"), /48\.0 ms +12\.0 ms +0\.24x +96\.0 ms +- +- +- +2e-4/);
  assert.match(table, /tfjs 4\.22, wasm: did not run: Kernel not registered/);
  assert.match(table, /jax 0\.1\.25, webgpu: the first loss is ours, .* 12\.5 % off/);
  assert.match(
    table,
    /Fastest other on WebGPU: @jax-js\/jax 0\.1\.25, 12\.5x our time, 12\.5x our CPU time \(threads: 1, ours 1\)/,
  );
  assert.deepEqual(disagreeing(outcomes), []);
});

Deno.test("who computes something else is told, and a run without ours is an error", () => {
  const ours = side(OURS.key, [200], 0.5, 0.4);
  const wrong = side("jax-wasm", [48], 0.51, 0.4);
  assert.ok(agreement(wrong, ours).first > 0.01);
  assert.deepEqual(disagreeing([ours, wrong]), [wrong]);
  assert.match(taskTable(TASK, [ours, wrong]), /wasm: does NOT compute the same: 2\.0e-2 apart/);
  assert.throws(() => taskTable(TASK, [{ kind: "refused", peer: OURS, said: "no adapter" }]), /no adapter/);
});

Deno.test("ratios are written as 12.3x, and with two figures below one", () => {
  assert.deepEqual([ratio(12.34), ratio(1), ratio(0.244)], ["12.3x", "1.0x", "0.24x"]);
});
