import { Deck } from "./deck.ts";
import { DataError } from "./errors.ts";
import type { IdentityIndex } from "./identity_index.ts";
import { makeSampler, requireInteger, type Sampler, type SamplerOptions } from "./sampler.ts";

/**
 * A shuffled pass over single images; the last incomplete batch is dropped. With more batches per epoch than one pass
 * has, the images are shuffled again.
 *
 * @throws {RangeError} When the batch size is no integer of at least 2.
 * @throws {DataError} When a batch is larger than the training set.
 */
export function shuffledSampler(index: IdentityIndex, options: SamplerOptions): Sampler {
  const { batchSize } = options;
  requireInteger("The batch size", batchSize, 2);
  if (batchSize > index.images.length) {
    throw new DataError(
      `A batch of ${batchSize} images is larger than the training set, which has ${index.images.length} usable ` +
        `images. Lower the batch size, or give more images.`,
    );
  }
  return makeSampler(batchSize, index, options, function* (random, batches) {
    const deck = new Deck(index.images, random);
    for (let batch = 0; batch < batches; batch++) yield deck.deal(batchSize);
  });
}
