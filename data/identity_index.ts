import { DataError } from "./errors.ts";

/** The usable training images grouped by person, with the class numbers 0, 1, ... that losses and heads use. */
export interface IdentityIndex {
  /** The dataset's identity of each class, ascending. */
  identities: number[];
  /** For each class, the indices of its usable images in the training list, ascending. */
  imagesOf: Int32Array[];
  /** For each image of the training list, its class, or -1 where it is not usable. */
  labels: Int32Array;
  /** The usable images, ascending. */
  images: Int32Array;
}

/**
 * Numbers the identities 0, 1, ... in ascending order.
 *
 * @param train The training list.
 * @param usable For each image, whether it can be drawn (`PixelStore.usable`); by default all can.
 * @throws {RangeError} When `usable` has not one entry per image.
 * @throws {DataError} When fewer than two identities have a usable image, or none has two.
 */
export function indexIdentities(
  train: readonly { identity: number }[],
  usable?: readonly boolean[],
): IdentityIndex {
  if (usable !== undefined && usable.length !== train.length) {
    throw new RangeError(`usable has ${usable.length} entries for ${train.length} images`);
  }
  const usableImages = train.map(({ identity }, image) => ({ identity, image }))
    .filter(({ image }) => usable?.[image] ?? true);
  const groups = [...Map.groupBy(usableImages, ({ identity }) => identity)].sort(([a], [b]) => a - b);
  if (groups.length < 2) {
    throw new DataError(
      `The usable training images show ${groups.length} people, and training needs at least two. Give a dataset with ` +
        "more people.",
    );
  }
  if (groups.every(([, images]) => images.length === 1)) {
    throw new DataError(
      `Each of the ${groups.length} people in training has one usable image. Training compares two images of one person, ` +
        "so some people need more than one: add images. People with one image are of use in a gallery.",
    );
  }
  const labels = new Int32Array(train.length).fill(-1);
  const imagesOf = groups.map(([, group], label) => {
    for (const { image } of group) labels[image] = label;
    return Int32Array.from(group, ({ image }) => image);
  });
  return {
    identities: groups.map(([identity]) => identity),
    imagesOf,
    labels,
    images: Int32Array.from(usableImages, ({ image }) => image),
  };
}
