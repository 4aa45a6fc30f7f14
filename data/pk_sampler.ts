import type { Random } from "../engine/random.ts";
import { Deck } from "./deck.ts";
import { DataError } from "./errors.ts";
import { itemAt } from "../engine/item_at.ts";
import type { IdentityIndex } from "./identity_index.ts";
import { makeSampler, requireInteger, type Sampler, type SamplerOptions } from "./sampler.ts";

/**
 * P identities × K images of each, grouped by identity (Hermans et al., "In Defense of the Triplet Loss for
 * Person Re-Identification", 2017). Every identity is drawn about equally often, regardless of its number of images.
 * Images of an identity with fewer than K are repeated within the batch, as evenly as possible.
 *
 * @throws {RangeError} When P or K is no integer of at least 2.
 * @throws {DataError} When there are fewer than P identities.
 */
export function pkSampler(index: IdentityIndex, options: SamplerOptions): Sampler {
  const { p, k } = options;
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
  const allClasses = Int32Array.from(index.identities.keys());

  function* draw(random: Random, batches: number): Generator<Int32Array> {
    const people = new Deck(allClasses, random);
    const decks = index.imagesOf.map((images) => new Deck(images, random));
    for (let batch = 0; batch < batches; batch++) {
      const images = new Int32Array(p * k);
      people.deal(p).forEach((label, slot) => {
        const deck = itemAt(decks, label);
        for (let filled = 0; filled < k; filled += deck.size) {
          images.set(deck.deal(Math.min(deck.size, k - filled)), slot * k + filled);
        }
      });
      yield images;
    }
  }

  const notes = few === 0 ? [] : [
    `${few} of ${classes} training identities have fewer than K = ${k} images, which are sampled with replacement: ` +
    "an image can be its own positive.",
  ];
  return makeSampler(p * k, index, options, draw, notes);
}
