/** The parts in which a gallery is ranked that does not fit the GPU as a whole: counts of wrong images add up over them. */
import { indicesByIdentity } from "./ranking.ts";

/**
 * Cuts a gallery into `count` parts of about the same size, each in the gallery's order. All images of a searched
 * identity are in one part, after which the distances of a query's right matches are known.
 *
 * @param identity The identity of every gallery image.
 * @param searched Identities of the queries.
 * @returns Indices in the gallery.
 */
export function galleryParts(
  identity: Int32Array,
  searched: ReadonlySet<number>,
  count: number,
): Int32Array[] {
  const together = [...indicesByIdentity(identity)].filter(([person]) => searched.has(person));
  const others = [...identity.entries()].filter(([, person]) => !searched.has(person));
  const parts = Array.from({ length: count }, (): number[] => []);
  for (const indices of [...together.map(([, indices]) => indices), ...others.map(([index]) => [index])]) {
    const smallest = parts.reduce((a, b) => b.length < a.length ? b : a);
    for (const index of indices) smallest.push(index);
  }
  return parts.map((indices) => Int32Array.from(indices).sort());
}
