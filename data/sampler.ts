import { itemAt } from "../engine/item_at.ts";
import { Random } from "../engine/random.ts";
import type { IdentityIndex } from "./identity_index.ts";

/** The images of one training step. */
export interface Batch {
  /** Indices into the training list, [batchImages]. */
  images: Int32Array;
  /** The class of each, 0 to identities - 1, [batchImages]. */
  labels: Int32Array;
}

/** Chooses the images of every step. The seed and the epoch's number decide all draws. */
export interface Sampler {
  /** Images in every batch. */
  readonly batchImages: number;
  /** Batches that `epoch` yields. */
  readonly batchesPerEpoch: number;
  /**
   * The batches of an epoch. They depend on the seed and on `epoch` only, not on the epochs drawn before, so that a
   * resumed run gets the batches of an uninterrupted one.
   */
  epoch(epoch: number): Iterable<Batch>;
  /** Sentences that the run shows once. */
  readonly notes: string[];
}

/** The settings of all samplers; each reads those that it needs. */
export interface SamplerOptions {
  /** Decides all draws. */
  seed: number;
  /** P, identities in a P×K batch. */
  p: number;
  /** K, images of each identity in a P×K batch. */
  k: number;
  /** Images in a shuffled batch. */
  batchSize: number;
  /** T, triplets in a batch of 3T images. */
  triplets: number;
  /** Default: as many as make an epoch about one pass over the training images. */
  batchesPerEpoch?: number;
}

/** Makes a sampler over the usable training images. */
export type SamplerFactory = (index: IdentityIndex, options: SamplerOptions) => Sampler;

/**
 * Checks a setting of a sampler.
 *
 * @throws {RangeError} Unless the named setting is an integer of at least `least`.
 */
export function requireInteger(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} must be an integer of at least ${least}: got ${value}`);
  }
}

/**
 * A sampler whose epochs have as many batches as the options say, or make one pass over the images, at least one batch.
 *
 * @param draw Draws the images of an epoch's batches, [batchImages] each, with the epoch's own random numbers.
 */
export function makeSampler(
  batchImages: number,
  { images, labels }: IdentityIndex,
  { seed, batchesPerEpoch = Math.max(1, Math.floor(images.length / batchImages)) }: SamplerOptions,
  draw: (random: Random, batches: number) => Iterable<Int32Array>,
  notes: string[] = [],
): Sampler {
  requireInteger("batchesPerEpoch", batchesPerEpoch, 1);
  const root = new Random(seed);
  function* epoch(number: number): Generator<Batch> {
    for (const drawn of draw(root.fork(number), batchesPerEpoch)) {
      yield { images: drawn, labels: drawn.map((image) => itemAt(labels, image)) };
    }
  }
  return { batchImages, batchesPerEpoch, epoch, notes };
}
