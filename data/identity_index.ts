import { DataError } from "./errors.ts";

/** The usable training images grouped by person, with the dense class numbers that losses and heads use. */
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
 * @param usable For each image, whether it can be drawn (`PixelStore.usable`); all when left out.
 * @throws {DataError} When fewer than two identities have a usable image.
 */
export function indexIdentities(
  train: readonly { identity: number }[],
  usable?: readonly boolean[],
): IdentityIndex {
  if (usable !== undefined && usable.length !== train.length) {
    throw new RangeError(`usable has ${usable.length} entries for ${train.length} images`);
  }
  const groups = new Map<number, number[]>();
  train.forEach(({ identity }, image) => {
    if (usable !== undefined && !usable[image]) return;
    const group = groups.get(identity);
    if (group === undefined) groups.set(identity, [image]);
    else group.push(image);
  });
  if (groups.size < 2) {
    throw new DataError(
      `The usable training images show ${groups.size === 1 ? "one person only" : "nobody"}: telling people ` +
        `apart is learned from at least two identities. Give a dataset with more people.`,
    );
  }
  const identities = [...groups.keys()].sort((a, b) => a - b);
  const labels = new Int32Array(train.length).fill(-1);
  const imagesOf = identities.map((identity, label) => {
    const images = Int32Array.from(groups.get(identity)!);
    for (const image of images) labels[image] = label;
    return images;
  });
  const images = Int32Array.from(labels.keys()).filter((image) => labels[image]! >= 0);
  return { identities, imagesOf, labels, images };
}
