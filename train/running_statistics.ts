/**
 * Running statistics of batch norm, estimated anew from training images.
 *
 * While a network learns they are exponential averages over its last steps. After a short run, or with a momentum near 1,
 * a share of what they began with is left in them: zeros and ones, or the statistics of a file's other images. Then the
 * network that is scored is not the one that was trained. Plain averages over batches take their place: "precise batch
 * norm" of Wu and Johnson, Rethinking "Batch" in BatchNorm, 2021.
 */
import { type Device, packTransforms, Random, UNMOVED } from "../engine/mod.ts";
import type { PixelStore } from "../data/pixels.ts";
import { FoldedWeights } from "../model/folded_weights.ts";
import { recordLargestBatch } from "../model/largest_batch.ts";
import type { ModelSpec } from "../model/model_spec.ts";
import { ReidModel } from "../model/reid_model.ts";
import { recordCalibration } from "./step.ts";

const BATCH_IMAGES = 32;
/** Batches whose statistics are averaged. */
const PRECISE_BATCHES = 20;
/** Statistics are stale with a larger share of their first values in them. */
const LARGEST_SHARE = 0.01;

/** Called with the number of batches that are done and of all. */
export type BatchProgress = (done: number, total: number) => void;

/** Whether steps with a momentum leave too much of the first values in running statistics. */
export function areStale(momentum: number, steps: number): boolean {
  return momentum ** steps > LARGEST_SHARE;
}

/**
 * Passes batches of images through a network in training mode, which moves its running statistics.
 *
 * @param frozen the weights of layers whose statistics should not move.
 * @param after called after each batch with the number of batches that are done.
 */
export async function passBatches(
  device: Device,
  model: ReidModel,
  batches: number,
  seed: number,
  store: PixelStore,
  frozen?: FoldedWeights,
  after?: (done: number) => Promise<void> | void,
): Promise<void> {
  const { images, program } = await recordLargestBatch(
    BATCH_IMAGES,
    (n) => recordCalibration(device, model, n, frozen),
  );
  const random = new Random(seed);
  const usable = [...store.usable.keys()].filter((i) => store.usable[i]);
  const transforms = packTransforms(new Array(images).fill(UNMOVED));
  try {
    for (let i = 0; i < batches; i++) {
      const pixels = new Uint8Array(images * store.stride);
      await store.batch(
        Array.from({ length: images }, () => usable[random.integer(usable.length)]!),
        pixels,
      );
      await program.submit({ pixels: new Uint32Array(pixels.buffer), transforms });
      await after?.(i + 1);
    }
    await device.idle();
  } finally {
    program.destroy();
  }
}

/**
 * The running statistics of a network over training images, by the names of its parameters: the mean of all and the
 * variance about it, from batches of one size.
 *
 * @param valueOf the network's weights and running statistics by name.
 * @param kept names of the parameters that keep their values; their layers run by the statistics that they have.
 */
export async function preciseStatistics(
  device: Device,
  spec: ModelSpec,
  valueOf: (name: string) => Float32Array,
  seed: number,
  store: PixelStore,
  kept: ReadonlySet<string>,
  onProgress: BatchProgress = () => {},
): Promise<Map<string, Float32Array>> {
  // With momentum 0 the running statistics are the batch's.
  const model = new ReidModel(device, { ...spec, momentum: 0 }, new Random(0));
  const { parameters } = model;
  const moving = parameters.parameters.filter(({ trainable, name }) => !trainable && !kept.has(name));
  const sums = new Map(moving.map(({ name, count }) => [name, new Float64Array(count)]));
  const squares = new Map(moving.map(({ name, count }) => [name, new Float64Array(count)]));
  try {
    for (const parameter of parameters.parameters) parameters.write(parameter, valueOf(parameter.name));
    const still = new Set(parameters.parameters.filter(({ name }) => kept.has(name)));
    const frozen = still.size > 0 ? await FoldedWeights.of(parameters, still) : undefined;
    await passBatches(device, model, PRECISE_BATCHES, seed, store, frozen, async (done) => {
      const values = (await parameters.read()).get("weights");
      for (const parameter of moving) {
        const [sum, square] = [sums.get(parameter.name)!, squares.get(parameter.name)!];
        values?.get(parameter)?.forEach((value, c) => {
          sum[c]! += value / PRECISE_BATCHES;
          square[c]! += value ** 2 / PRECISE_BATCHES;
        });
      }
      onProgress(done, PRECISE_BATCHES);
    });
  } finally {
    parameters.destroy();
  }
  return pooledStatistics(sums, squares);
}

/**
 * Mean and variance of all values, from batches of one size: the variance of all is the mean of the batches' variances
 * and the variance of their means.
 *
 * @param means of the batches' running statistics, by name.
 * @param squares means of their squares.
 */
export function pooledStatistics(
  means: ReadonlyMap<string, Float64Array>,
  squares: ReadonlyMap<string, Float64Array>,
): Map<string, Float32Array> {
  return new Map([...means].map(([name, values]) => {
    const mean = name.replace(/variance$/, "mean");
    const between = (c: number) => mean === name ? 0 : squares.get(mean)![c]! - means.get(mean)![c]! ** 2;
    return [name, Float32Array.from(values, (value, c) => value + Math.max(0, between(c)))];
  }));
}
