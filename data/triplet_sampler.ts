import type { Random } from "../engine/random.ts";
import { Deck } from "./deck.ts";
import { DataError } from "./errors.ts";
import { itemAt } from "../engine/item_at.ts";
import type { IdentityIndex } from "./identity_index.ts";
import { makeSampler, requireInteger, type Sampler, type SamplerOptions } from "./sampler.ts";

/**
 * Triplets drawn before every epoch, independent of the embeddings (offline mining in Schroff et al., "FaceNet",
 * 2015). A batch is T triplets in the order anchor, positive, negative, anchor, ...: 3T images. All images that have a
 * positive take turns as anchor; the positive is another image of the same identity and the negative an image of any
 * other identity, each equally likely.
 *
 * @throws {RangeError} When the number of triplets is no integer of at least 1.
 * @throws {DataError} When no identity has two images.
 */
export function tripletSampler(index: IdentityIndex, options: SamplerOptions): Sampler {
  const { triplets } = options;
  requireInteger("The number of triplets in a batch", triplets, 1);
  const imagesLike = (image: number) => itemAt(index.imagesOf, itemAt(index.labels, image));
  const anchors = index.images.filter((image) => imagesLike(image).length > 1);
  if (anchors.length === 0) {
    throw new DataError(
      `None of the ${index.identities.length} training identities has two usable images, so no anchor ` +
        `has a positive. Give a dataset with several images of each person.`,
    );
  }
  const single = index.images.length - anchors.length;

  // All images in the order of their classes: the negatives of a class are then all but one contiguous range.
  const byClass = new Int32Array(index.images.length);
  const starts = new Int32Array(index.identities.length);
  let filled = 0;
  index.imagesOf.forEach((images, label) => {
    starts[label] = filled;
    byClass.set(images, filled);
    filled += images.length;
  });

  function drawTriplet(anchor: number, random: Random): [number, number, number] {
    const start = itemAt(starts, itemAt(index.labels, anchor));
    const same = imagesLike(anchor);
    const other = itemAt(same, random.integer(same.length - 1));
    const positive = other === anchor ? itemAt(same, same.length - 1) : other;
    const position = random.integer(byClass.length - same.length);
    const negative = itemAt(byClass, position < start ? position : position + same.length);
    return [anchor, positive, negative];
  }

  function* draw(random: Random, batches: number): Generator<Int32Array> {
    const deck = new Deck(anchors, random);
    const list = new Int32Array(3 * triplets * batches);
    for (let i = 0; i < list.length; i += 3) list.set(drawTriplet(itemAt(deck.deal(1), 0), random), i);
    for (let start = 0; start < list.length; start += 3 * triplets) {
      yield list.slice(start, start + 3 * triplets);
    }
  }

  const notes = single === 0 ? [] : [
    `${single} training images are the only one of their identity: they are used as negatives, never as anchors.`,
  ];
  return makeSampler(3 * triplets, index, options, draw, notes);
}
