import { Random } from "../engine/random.ts";
import { Deck } from "./deck.ts";
import { DataError } from "./errors.ts";
import type { IdentityIndex } from "./identity_index.ts";
import { type Batch, epochLength, requireInteger, type Sampler, type SamplerOptions } from "./sampler.ts";

/**
 * P identities × K images of each, grouped by identity (Hermans et al., "In Defense of the Triplet Loss for
 * Person Re-Identification", 2017). Every identity comes about equally often, however many images it has; one
 * with fewer than K images has them repeated within the batch, as evenly as possible.
 *
 * @throws {DataError} When there are fewer than P identities.
 */
export function pkSampler(index: IdentityIndex, options: SamplerOptions): Sampler {
  const { seed, p, k } = options;
  requireInteger("P", p, 2);
  requireInteger("K", k, 2);
  const classes = index.identities.length;
  if (p > classes) {
    throw new DataError(
      `A batch of P = ${p} identities × K = ${k} images needs ${p} different people, but the training set has ` +
        `${classes}. Lower P to at most ${classes}, or give a dataset with more people.`,
    );
  }
  const few = index.imagesOf.filter((images) => images.length < k).length;
  const batchesPerEpoch = epochLength(options.batchesPerEpoch, index.images.length, p * k);
  const allClasses = Int32Array.from(index.identities.keys());
  const root = new Random(seed);

  function* epoch(number: number): Generator<Batch> {
    const random = root.fork(number);
    const people = new Deck(allClasses, random);
    const imagesOf = index.imagesOf.map((images) => new Deck(images, random));
    for (let batch = 0; batch < batchesPerEpoch; batch++) {
      const images = new Int32Array(p * k);
      const labels = new Int32Array(p * k);
      people.deal(p).forEach((label, slot) => {
        labels.fill(label, slot * k, (slot + 1) * k);
        const available = index.imagesOf[label]!.length;
        for (let filled = 0; filled < k; filled += available) {
          images.set(imagesOf[label]!.deal(Math.min(available, k - filled)), slot * k + filled);
        }
      });
      yield { images, labels };
    }
  }

  return {
    batchImages: p * k,
    batchesPerEpoch,
    epoch,
    notes: few === 0 ? [] : [
      `${few} of ${classes} training identities have fewer than K = ${k} images: theirs are sampled with ` +
      `replacement, so that an image can be its own positive.`,
    ],
  };
}
