import { Random } from "../engine/random.ts";
import { Deck } from "./deck.ts";
import { DataError } from "./errors.ts";
import type { IdentityIndex } from "./identity_index.ts";
import { type Batch, epochLength, requireInteger, type Sampler, type SamplerOptions } from "./sampler.ts";

/**
 * Triplets drawn up before every epoch, without regard to the embeddings (Schroff et al., "FaceNet", 2015,
 * call it offline). A batch is T triplets in the order anchor, positive, negative, anchor, ...: 3T images.
 * Anchors go round all images that have a positive; the positive is another image of the same identity and the
 * negative an image of any other identity, each equally likely.
 *
 * @throws {DataError} When no identity has two images.
 */
export function tripletSampler(index: IdentityIndex, options: SamplerOptions): Sampler {
  const { seed, triplets } = options;
  requireInteger("The number of triplets in a batch", triplets, 1);
  const anchors = index.images.filter((image) => index.imagesOf[index.labels[image]!]!.length > 1);
  if (anchors.length === 0) {
    throw new DataError(
      `None of the ${index.identities.length} training identities has two usable images, so there is no ` +
        `positive for any anchor. Give a dataset with several images of each person.`,
    );
  }
  const single = index.images.length - anchors.length;
  const batchesPerEpoch = epochLength(options.batchesPerEpoch, index.images.length, 3 * triplets);
  const root = new Random(seed);

  // All images in the order of their classes: the negatives of a class are then all but one contiguous stretch.
  const byClass = new Int32Array(index.images.length);
  const starts = new Int32Array(index.identities.length);
  let filled = 0;
  index.imagesOf.forEach((images, label) => {
    starts[label] = filled;
    byClass.set(images, filled);
    filled += images.length;
  });

  function drawTriplet(anchor: number, random: Random): [number, number, number] {
    const label = index.labels[anchor]!;
    const own = index.imagesOf[label]!;
    const other = random.integer(own.length - 1);
    const positive = own[other] === anchor ? own[own.length - 1]! : own[other]!;
    const place = random.integer(byClass.length - own.length);
    const negative = byClass[place < starts[label]! ? place : place + own.length]!;
    return [anchor, positive, negative];
  }

  function* epoch(number: number): Generator<Batch> {
    const random = root.fork(number);
    const deck = new Deck(anchors, random);
    const list = new Int32Array(3 * triplets * batchesPerEpoch);
    for (let i = 0; i < list.length; i += 3) list.set(drawTriplet(deck.deal(1)[0]!, random), i);
    for (let start = 0; start < list.length; start += 3 * triplets) {
      const images = list.slice(start, start + 3 * triplets);
      yield { images, labels: images.map((image) => index.labels[image]!) };
    }
  }

  return {
    batchImages: 3 * triplets,
    batchesPerEpoch,
    epoch,
    notes: single === 0 ? [] : [
      `${single} training images are the only one of their identity: they serve as negatives, never as anchors.`,
    ],
  };
}
