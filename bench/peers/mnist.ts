/**
 * The task `mnist`: a training step of a small network on images of MNIST's size, the same for all peers.
 *
 *     images [N, 28, 28, 1] → conv 5×5 to 16 channels, ReLU, max pool 2 → conv 3×3 to 32, ReLU, max pool 2
 *       → dense layer from 7·7·32 to 10 classes → softmax cross-entropy → Adam
 *
 * Convolutions have a bias and SAME padding. The images are waves, not digits: no time depends on what they show.
 */
import { Random } from "../../engine/mod.ts";
import { drawWeights, type Layer, type ParameterSpec } from "./network.ts";
import { ADAM, images } from "./scenario.ts";

/** Images of a batch. */
export const MNIST_BATCH = 64;
/** Rows and columns of an image. */
export const SIDE = 28;
/** Classes. */
export const CLASSES = 10;
/** Batches, which the steps take in turn. */
const BATCHES = 8;

/** Adam as the other tasks have it, with the learning rate that most examples take. */
export const MNIST_ADAM = { ...ADAM, learningRate: 1e-3 };

/** The parameters, in our layout: convolutions [kh, kw, from, to], the dense layer [from, to]. */
export const MNIST_SPECS: readonly ParameterSpec[] = [
  ["first.weight", [5, 5, 1, 16]],
  ["first.bias", [16]],
  ["second.weight", [3, 3, 16, 32]],
  ["second.bias", [32]],
  ["last.weight", [7 * 7 * 32, CLASSES]],
  ["last.bias", [CLASSES]],
].map(([name, shape]) => ({ name, shape, trainable: true }) as ParameterSpec);

/** The layers whose weights change with the order of the axes; the last one takes 7×7 pixels of 32 channels. */
export const MNIST_LAYERS: readonly Layer[] = [
  { name: "first", from: 1, to: 16 },
  { name: "second", from: 16, to: 32 },
  { name: "last", from: 32, to: CLASSES },
].map((layer) => ({ ...layer, kind: "full", stride: 1, relu6: false }));

/** Values of every parameter by name. */
export function mnistWeights(): Map<string, Float32Array> {
  return drawWeights(MNIST_SPECS, new Random(3));
}

/** Images [batch, 28, 28, 1] and labels [batch] of a step, counted from 0. */
export function mnistBatches(
  batch: number,
): (step: number) => { pixels: Float32Array<ArrayBuffer>; labels: Uint32Array<ArrayBuffer> } {
  const red = images(batch * BATCHES, { height: SIDE, imageWidth: SIDE }).filter((_, i) => i % 3 === 0);
  const size = batch * SIDE * SIDE;
  return (step) => {
    const first = step % BATCHES;
    const labels = Uint32Array.from({ length: batch }, (_, i) => (first * batch + i) % CLASSES);
    return { pixels: red.slice(first * size, (first + 1) * size), labels };
  };
}
