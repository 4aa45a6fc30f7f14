/**
 * Transfer learning: a network learns digits 0 to 4 from many images, is kept as safetensors, and its convolutions then read 5
 * to 9 of which there are five images each.
 *
 *     deno run examples/transfer.ts [STEPS]
 *
 * prints at last: accuracy on 1000 images of 5 to 9: 85.6 % with the kept convolutions, 73.2 % from scratch
 */
import { Adam, argmax, Conv2d, crossEntropy, Device, f32, Linear, loadParameters } from "@reid/webgpu";
import { maxPool2d, ParameterSet, Program, Random, relu, reshape, saveParameters } from "@reid/webgpu";
import { type Tensor, u32 } from "@reid/webgpu";
import { type Digits, digits, pick } from "./digits.ts";

const BATCH = 50, STEPS = Number(Deno.args[0] ?? 300);
const device = await Device.open();

/** Trains a network for five kinds of digits, those from `first` on; with the weights of a file only its last layer. */
async function train(first: number, data: Digits, steps: number, file?: Uint8Array) {
  const [set, random] = [new ParameterSet(device), new Random(1)];
  const conv1 = new Conv2d(set, "conv1", random, 1, 16, { size: 5, padding: "same" });
  const conv2 = new Conv2d(set, "conv2", random, 16, 32, { size: 3, padding: "same" });
  const last = new Linear(set, `last${first}`, random, 7 * 7 * 32, 5);
  function network(images: Tensor): Tensor {
    const a = maxPool2d(relu(conv1.apply(images)), { size: 2 });
    const b = maxPool2d(relu(conv2.apply(a)), { size: 2 });
    return last.apply(reshape(b, [-1, 7 * 7 * 32]));
  }
  if (file) loadParameters(set, file, { strict: false }); // The file has another last layer.
  const adam = new Adam(set, { rate: 1e-3 });
  const inputs = { images: f32([BATCH, 28, 28, 1]), labels: u32([BATCH]) };
  const step = await Program.record(device, inputs, ({ images, labels }) => {
    const loss = crossEntropy(network(images), labels);
    adam.minimize(loss, ({ name }) => file && name.startsWith("conv") ? 0 : 1);
    return { loss };
  });
  for (let i = 0; i < steps; i++) {
    const { images, labels } = pick(
      data,
      Array.from({ length: BATCH }, () => random.integer(data.labels.length)),
      random,
    );
    await step.run({ images, labels: labels.map((label) => label - first) });
  }
  step.destroy();
  return { set, network };
}

/** The share of right answers on 200 images of each kind. */
async function accuracy(first: number, { network, set }: Awaited<ReturnType<typeof train>>): Promise<string> {
  const test = digits([0, 1, 2, 3, 4].map((kind) => first + kind), 0, 200);
  const read = await Program.record(device, { images: f32([1000, 28, 28, 1]) }, ({ images }) => ({
    digit: argmax(network(images)),
  }));
  const { digit } = await read.run({ images: test.images });
  for (const owner of [read, set]) owner.destroy();
  return `${(test.labels.filter((label, i) => label === first + digit[i]!).length / 10).toFixed(1)} %`;
}

const known = await train(0, digits([0, 1, 2, 3, 4], 200), STEPS);
const file = await saveParameters(known.set); // Deno.writeFile("digits.safetensors", file)
console.log(`accuracy on 1000 images of 0 to 4: ${await accuracy(0, known)}; ${file.length} bytes are kept`);

const few = digits([5, 6, 7, 8, 9], 200, 205);
const [kept, scratch] = [await train(5, few, STEPS / 2, file), await train(5, few, STEPS / 2)];
console.log(
  `accuracy on 1000 images of 5 to 9: ${await accuracy(5, kept)} with the kept convolutions, ${await accuracy(
    5,
    scratch,
  )} from scratch`,
);
device.destroy();
