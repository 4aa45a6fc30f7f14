/** The computation of every run: one network, one batch of images, one loss, one optimizer, the same for all peers. */
import { Random } from "../../engine/mod.ts";
import { drawWeights, mobileNetV2, parameterSpecs } from "./network.ts";

/** Sizes of the network and its input. */
export interface Size {
  /** Width multiplier. */
  readonly width: number;
  /** Height of the images in pixels. */
  readonly height: number;
  /** Width of the images in pixels. */
  readonly imageWidth: number;
}

/** The sizes at which peers are timed. */
export const SIZE: Size = { width: 1, height: 256, imageWidth: 128 };
/** Images of a training batch: two people with two images each. */
export const TRAINING_BATCH = 4;
/** Margin of the batch-hard triplet loss on Euclidean distances. */
export const MARGIN = 0.3;
/** Learning rate of Adam (Kingma and Ba 2015), so small that the loss stays above 0 in all rounds. */
export const ADAM = { learningRate: 1e-5, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** The timed tasks. */
export const TASK_NAMES = ["forward", "train", "mnist"] as const;

/** One of {@link TASK_NAMES}. */
export type TaskName = (typeof TASK_NAMES)[number];

/** A task with its batch. */
export interface Task {
  readonly name: TaskName;
  readonly batch: number;
}

const IN_WORDS: Record<TaskName, string> = {
  forward: "forward, batch norm folded",
  train: "training step",
  mnist: "training step of a small network, 28×28",
};

/** The name of a task in tables. */
export function taskInWords({ name, batch }: Task): string {
  return `${IN_WORDS[name]}, ${batch} images`;
}

/** The network's blocks and the values of its parameters. */
export function network(width: number = SIZE.width) {
  const blocks = mobileNetV2(width);
  return { blocks, weights: drawWeights(parameterSpecs(blocks), new Random(1)) };
}

/** Labels [batch] of people with `each` images each. */
export function labels(batch: number, each = 2): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: batch }, (_, i) => Math.floor(i / each));
}

/**
 * Images [batch, H, W, 3], normalized values. Waves of a few colors and lengths with a little noise: pure noise would
 * pool to nearly the same features for every image, and agreement on those would prove nothing.
 */
export function images(
  batch: number,
  { height, imageWidth: width }: Omit<Size, "width"> = SIZE,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(batch * height * width * 3);
  let at = 0;
  for (let n = 0; n < batch; n++) {
    const random = new Random(2).fork(n);
    const waves = Array.from({ length: 6 }, () => ({
      y: random.uniform(0, 40) / height,
      x: random.uniform(0, 20) / width,
      phase: random.uniform(0, 2 * Math.PI),
      color: [random.normal(), random.normal(), random.normal()],
    }));
    for (let h = 0; h < height; h++) {
      for (let w = 0; w < width; w++) {
        const heights = waves.map(({ y, x, phase }) => Math.sin(2 * Math.PI * (y * h + x * w) + phase));
        for (let c = 0; c < 3; c++) {
          const waved = waves.reduce((sum, { color }, i) => sum + color[c] * heights[i], 0);
          values[at++] = 0.5 * waved + 0.1 * random.normal();
        }
      }
    }
  }
  return values;
}
