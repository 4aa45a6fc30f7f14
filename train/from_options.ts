/** What a run's options and its seed decide before it begins: network, first weights, batches and augmentation. */
import { type Device, packAugmentations, Random } from "../engine/mod.ts";
import { augmentedBatch, drawAugmentations } from "../data/augmentation/augmentation.ts";
import type { IdentityIndex } from "../data/identity_index.ts";
import type { Sampler } from "../data/sampler.ts";
import { samplers } from "../data/samplers.ts";
import { CONVENTIONS } from "../model/conventions.ts";
import type { ModelSpec } from "../model/model_spec.ts";
import { ReidModel } from "../model/reid_model.ts";
import type { TrainingOptions } from "./options.ts";

/** Labels of the streams of chance that a run's seed splits into. */
const STREAM = { weights: 1, sampler: 2, augmentation: 3 };

/** The network of a run with its first weights; its residual blocks begin silent. */
export function initialModel(device: Device, spec: ModelSpec, seed: number): ReidModel {
  return new ReidModel(device, spec, new Random(seed).fork(STREAM.weights), { silentResiduals: true });
}

/** What a run does to the images of one step, as `recordTrainingStep` takes it; the seed and the step decide it. */
export function stepAugmentations(
  options: TrainingOptions,
  step: number,
  images: number,
): Float32Array<ArrayBuffer> {
  const size = { height: options.imageHeight, width: options.imageWidth };
  const random = new Random(options.seed).fork(STREAM.augmentation, step);
  const batch = augmentedBatch(options, size, size);
  return packAugmentations(drawAugmentations(random, images, options, batch), batch);
}

/** The network that a run trains. @param identities people in training. */
export function modelSpec(options: TrainingOptions, identities: number): ModelSpec {
  return {
    width: options.width,
    imageHeight: options.imageHeight,
    imageWidth: options.imageWidth,
    embeddingSize: options.embeddingSize,
    neck: options.neck,
    testFeature: options.testFeature,
    normalize: options.normalize,
    identities: options.idLoss > 0 ? identities : 0,
    ...CONVENTIONS[options.convention],
    momentum: options.batchNormMomentum,
  };
}

/** The batches of a run. @throws {DataError} when the images cannot be sampled as asked. */
export function runSampler(index: IdentityIndex, options: TrainingOptions): Sampler {
  const { p, k, batchSize, triplets, batchesPerEpoch } = options;
  const factory = samplers[options.sampler];
  const seed = new Random(options.seed).fork(STREAM.sampler).uint32();
  return factory(index, {
    seed,
    p,
    k,
    batchSize,
    triplets,
    ...(batchesPerEpoch > 0 ? { batchesPerEpoch } : {}),
  });
}
