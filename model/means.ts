/** Means of embeddings: several images of a person as one. */
import { toUnitLength } from "./unit_length.ts";

/**
 * The mean of each group of embeddings.
 *
 * @param groups Embeddings [size], at least one in a group.
 * @param unitLength Whether to scale the means to length one, as the network's embeddings are.
 * @returns [groups, size].
 */
export function meansOf(
  groups: readonly (readonly Float32Array[])[],
  size: number,
  unitLength: boolean,
): Float32Array<ArrayBuffer> {
  const means = new Float32Array(groups.length * size);
  groups.forEach((images, group) => {
    for (let d = 0; d < size; d++) {
      means[group * size + d] = images.reduce((sum, image) => sum + image[d]!, 0) / images.length;
    }
  });
  if (unitLength) toUnitLength(means, size);
  return means;
}
