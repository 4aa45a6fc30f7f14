import { Random } from "../engine/random.ts";
import { Deck } from "./deck.ts";
import { DataError } from "./errors.ts";
import type { IdentityIndex } from "./identity_index.ts";
import {
  type Batch,
  epochLength,
  labelsOf,
  requireInteger,
  type Sampler,
  type SamplerOptions,
} from "./sampler.ts";

/**
 * A shuffled pass over single images; the last incomplete batch is dropped. With more batches per epoch than one pass
 * has, the images are shuffled again.
 *
 * @throws {RangeError} When the batch size is no integer of at least 2.
 * @throws {DataError} When a batch is larger than the training set.
 */
export function shuffledSampler(index: IdentityIndex, options: SamplerOptions): Sampler {
  const { seed, batchSize } = options;
  requireInteger("The batch size", batchSize, 2);
  if (batchSize > index.images.length) {
    throw new DataError(
      `A batch of ${batchSize} images is larger than the training set, which has ${index.images.length} usable ` +
        `images. Lower the batch size, or give more images.`,
    );
  }
  const batchesPerEpoch = epochLength(options.batchesPerEpoch, index.images.length, batchSize);
  const root = new Random(seed);

  function* epoch(number: number): Generator<Batch> {
    const deck = new Deck(index.images, root.fork(number));
    for (let batch = 0; batch < batchesPerEpoch; batch++) {
      const images = deck.deal(batchSize);
      yield { images, labels: labelsOf(index, images) };
    }
  }

  return { batchImages: batchSize, batchesPerEpoch, epoch, notes: [] };
}
