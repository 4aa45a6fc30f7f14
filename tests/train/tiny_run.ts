/** Runs in memory, so small that a step takes milliseconds; training images are noise. */
import type { Device } from "../../engine/mod.ts";
import { Random } from "../../engine/mod.ts";
import type { PixelStore } from "../../data/pixels.ts";
import type { LoadedCheckpoint } from "../../train/checkpoint_files.ts";
import type { TrainingOptions } from "../../train/options.ts";
import type { RunStart } from "../../train/record_run.ts";
import { Trainer } from "../../train/trainer.ts";

/** Settings of a run of 2 epochs of 3 steps, with every layer of the network and hardly a channel in it. */
export const TINY_OPTIONS: TrainingOptions = {
  recipe: "plain",
  loss: "hard",
  margin: 0.3,
  metric: "euclidean",
  softMargin: false,
  sampler: "pk",
  p: 2,
  k: 2,
  batchSize: 4,
  triplets: 2,
  microBatches: 1,
  miningWarmUp: 0,
  idLoss: 0,
  labelSmoothing: 0.1,
  idLearningRate: 0.05,
  centerLoss: 0,
  width: 0.02,
  imageHeight: 32,
  imageWidth: 32,
  embeddingSize: 0,
  neck: "embedding",
  testFeature: "after",
  normalize: true,
  initialWeights: "",
  convention: "own",
  freezeEpochs: 0,
  pretrainedBlocks: 18,
  backboneLearningRate: 1,
  epochs: 2,
  batchesPerEpoch: 3,
  learningRate: 0.01,
  schedule: "cosine",
  warmUp: 0.1,
  decay: 0.01,
  decayAt: "",
  weightDecay: 0.01,
  batchNormMomentum: 0.9,
  clipNorm: 0,
  ema: 0,
  flip: 0.5,
  shift: 1,
  zoom: 0,
  erase: 0,
  eraseFill: "mean",
  colorJitter: 0,
  precision: "f32",
  memory: "normal",
  holdoutPeople: 0,
  seed: 7,
};

/** Four people with four images each. */
export const TINY_PEOPLE: readonly { identity: number }[] = Array.from({ length: 16 }, (_, i) => ({
  identity: 1 + Math.floor(i / 4),
}));

/** Images of noise, the same ones every time. */
export function noiseStore(): PixelStore {
  const { imageHeight: height, imageWidth: width } = TINY_OPTIONS;
  const stride = height * width * 3;
  const random = new Random(3);
  const images = TINY_PEOPLE.map(() => Uint8Array.from({ length: stride }, () => random.integer(256)));
  const store: Partial<PixelStore> = {
    height,
    width,
    stride,
    usable: TINY_PEOPLE.map(() => true),
    count: TINY_PEOPLE.length,
    batch: (indices, out) => Array.from(indices).forEach((index, i) => out.set(images[index], i * stride)),
  };
  return store as PixelStore;
}

/** Opens a tiny run, with other settings where they are given. */
export function openTinyRun(
  device: Device,
  options: Partial<TrainingOptions> = {},
  resume?: LoadedCheckpoint,
  start: Omit<RunStart, "resume"> = {},
): Promise<Trainer> {
  const all = { ...TINY_OPTIONS, ...options };
  return Trainer.open({ device, options: all, people: TINY_PEOPLE, store: noiseStore(), resume, ...start });
}
