/**
 * Trains a multilayer perceptron to tell two spirals apart, and draws what it has learned.
 *
 *     deno run examples/train_mlp.ts
 *
 * Both spirals start in the middle and wind around each other, so no straight line parts them. The network sees 256
 * points of them with some noise, and is tested on 512 others.
 */
import {
  Adam,
  crossEntropy,
  Dense,
  Device,
  f32,
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

/** Points [count, 2] within the unit circle, and for each which spiral it is on. */
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

// All that is trained is in one set; a layer adds its weights there, and is then a function of tensors.
const set = new ParameterSet(device);
const layers = [
  new Dense(set, "first", random, 2, HIDDEN),
  new Dense(set, "second", random, HIDDEN, HIDDEN),
  new Dense(set, "last", random, HIDDEN, 2),
];
const network = (points: Tensor) => layers[2].apply(relu(layers[1].apply(relu(layers[0].apply(points)))));

// Forward pass, backward pass and update are one program: recorded once, planned once, run at every step.
const adam = new Adam(set);
const inputs = { points: f32([POINTS, 2]), labels: u32([POINTS]), settings: adam.input };
const step = await Program.record(device, inputs, ({ points, labels, settings }) => {
  const loss = crossEntropy(network(points), labels, 0);
  adam.minimize(loss, settings);
  return { loss };
});

const seen = spirals(POINTS, random);
for (let i = 1; i <= STEPS; i++) {
  const { loss } = await step.run({ ...seen, settings: adam.settings(i, 0.01) });
  if (i % 50 === 0) console.log(`step ${i}: loss ${loss[0].toFixed(3)}`);
}

// Another program reads the same weights.
const classify = await Program.record(device, { points: f32([TESTED, 2]) }, ({ points }) => ({
  logits: network(points),
}));
const predict = async (points: Float32Array) => {
  const { logits } = await classify.run({ points });
  return Uint32Array.from({ length: TESTED }, (_, i) => logits[2 * i + 1] > logits[2 * i] ? 1 : 0);
};
const unseen = spirals(TESTED, random);
const right = (await predict(unseen.points)).filter((label, i) => label === unseen.labels[i]).length;
console.log(`accuracy on unseen points: ${(100 * right / TESTED).toFixed(1)} %`);

// The disc as the network sees it: 32 × 16 points, one or the other spiral's.
const plane = Float32Array.from({ length: 2 * TESTED }, (_, i) => {
  const [column, row] = [(i >> 1) % 32, i >> 6];
  return i % 2 === 0 ? (column - 15.5) / 16 : (7.5 - row) / 8;
});
const labels = await predict(plane);
const picture = Array.from(labels, (label, i) => {
  if (Math.hypot(plane[2 * i], plane[2 * i + 1]) > 1) return " ";
  return label === 1 ? "#" : "·";
});
for (let row = 0; row < 16; row++) console.log(picture.slice(32 * row, 32 * (row + 1)).join(""));

for (const program of [step, classify]) program.destroy();
set.destroy();
device.destroy();
