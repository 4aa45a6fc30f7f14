/**
 * Trains a multilayer perceptron to tell two spirals apart, and draws its decisions.
 *
 *     deno run examples/train_mlp.ts
 *
 * Both spirals start in the middle and wind around each other, so no straight line separates them. The network is
 * trained on 256 points with some noise, and tested on 512 others.
 */
import {
  Adam,
  argmax,
  crossEntropy,
  Device,
  f32,
  Linear,
  ParameterSet,
  Program,
  Random,
  relu,
  u32,
} from "@reid/webgpu";
import type { Tensor } from "@reid/webgpu/engine";

const POINTS = 256;
const TESTED = 512;
const HIDDEN = 32;
const STEPS = 200;

/** Points [count, 2] in the unit circle, and the spiral of each. */
function spirals(count: number, random: Random): { points: Float32Array; labels: Uint32Array } {
  const points = new Float32Array(2 * count);
  const labels = Uint32Array.from({ length: count }, (_, i) => i % 2);
  labels.forEach((label, i) => {
    const radius = random.uniform(0.1, 1);
    const angle = Math.PI * (3 * radius + label) + random.uniform(-0.15, 0.15);
    points.set([radius * Math.cos(angle), radius * Math.sin(angle)], 2 * i);
  });
  return { points, labels };
}

const device = await Device.open();
const random = new Random(1);

// A set holds all weights that are trained. A layer adds its weights to it, and is then a function of tensors.
const set = new ParameterSet(device);
const first = new Linear(set, "first", random, 2, HIDDEN);
const second = new Linear(set, "second", random, HIDDEN, HIDDEN);
const last = new Linear(set, "last", random, HIDDEN, 2);
const network = (points: Tensor) => last.apply(relu(second.apply(relu(first.apply(points)))));

// Forward pass, backward pass and update are one program: recorded once, planned once, run in each step.
const adam = new Adam(set, { rate: 0.01 });
const inputs = { points: f32([POINTS, 2]), labels: u32([POINTS]) };
const step = await Program.record(device, inputs, ({ points, labels }) => {
  const loss = crossEntropy(network(points), labels);
  adam.minimize(loss);
  return { loss };
});

const seen = spirals(POINTS, random);
for (let i = 1; i <= STEPS; i++) {
  const { loss } = await step.run(seen);
  if (i % 50 === 0) console.log(`step ${i}: loss ${loss.at(0)?.toFixed(3)}`);
}

// Another program reads the same weights.
const classify = await Program.record(device, { points: f32([TESTED, 2]) }, ({ points }) => ({
  labels: argmax(network(points), 1),
}));
const predict = async (points: Float32Array) => [...(await classify.run({ points })).labels];
const unseen = spirals(TESTED, random);
const right = (await predict(unseen.points)).filter((label, i) => label === unseen.labels[i]).length;
console.log(`accuracy on unseen points: ${(100 * right / TESTED).toFixed(1)} %`);

// The network's decisions on the disc, for 32 × 16 points.
const plane = Float32Array.from({ length: 2 * TESTED }, (_, i) => {
  const [column, row] = [(i >> 1) % 32, i >> 6];
  return i % 2 === 0 ? (column - 15.5) / 16 : (7.5 - row) / 8;
});
const labels = await predict(plane);
const picture = labels.map((label, i) => {
  if (Math.hypot(...plane.subarray(2 * i, 2 * i + 2)) > 1) return " ";
  return label === 1 ? "#" : "·";
});
for (let row = 0; row < 16; row++) console.log(picture.slice(32 * row, 32 * (row + 1)).join(""));

for (const program of [step, classify]) program.destroy();
set.destroy();
device.destroy();
