/**
 * Trains a convolutional network to read handwritten digits, and tests it on 2,000 others.
 *
 *     deno run examples/mnist.ts [STEPS]
 *
 * prints at last, after a minute or two on a software adapter: accuracy on 2000 digits that were not trained on: 97.8 %
 */
import { Adam, argmax, Conv2d, crossEntropy, Device, f32, Linear, maxPool2d } from "@reid/webgpu";
import { ParameterSet, Program, Random, relu, reshape, type Tensor, u32 } from "@reid/webgpu";
import { digits, pick } from "./digits.ts";

const BATCH = 64, STEPS = Number(Deno.args[0] ?? 1200), KINDS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const test = digits(KINDS, 0, 200), train = digits(KINDS, 200);

const device = await Device.open();
const [set, random] = [new ParameterSet(device), new Random(1)];
const first = new Conv2d(set, "first", random, 1, 16, { size: 5, padding: "same" });
const second = new Conv2d(set, "second", random, 16, 32, { size: 3, padding: "same" });
const last = new Linear(set, "last", random, 7 * 7 * 32, 10);
function network(images: Tensor): Tensor {
  const a = maxPool2d(relu(first.apply(images)), { size: 2 });
  const b = maxPool2d(relu(second.apply(a)), { size: 2 });
  return last.apply(reshape(b, [-1, 7 * 7 * 32]));
}

const adam = new Adam(set);
const inputs = { images: f32([BATCH, 28, 28, 1]), labels: u32([BATCH]) };
const step = await Program.record(device, inputs, ({ images, labels }) => {
  const loss = crossEntropy(network(images), labels);
  adam.minimize(loss);
  return { loss };
});
for (let i = 0; i < STEPS; i++) {
  adam.rate = 2e-3 * (1 - i / STEPS);
  const chosen = Array.from({ length: BATCH }, () => random.integer(train.labels.length));
  const { loss } = await step.run(pick(train, chosen, random));
  if ((i + 1) % 200 === 0) console.log(`step ${i + 1}: loss ${loss[0]!.toFixed(3)}`);
}

const all = { images: f32([test.labels.length, 28, 28, 1]) };
const read = await Program.record(device, all, ({ images }) => ({ digit: argmax(network(images)) }));
const { digit } = await read.run({ images: test.images });
const right = test.labels.filter((label, i) => label === digit[i]).length / test.labels.length;
console.log(`accuracy on ${digit.length} digits that were not trained on: ${(100 * right).toFixed(1)} %`);
for (const owner of [step, read, set, device]) owner.destroy();
