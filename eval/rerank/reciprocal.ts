/** Images that are among each other's nearest: the sets in which re-ranking describes an image. */
import type { Neighbors } from "./neighbors.ts";

/**
 * R(p, k) for every image p: those q among the k nearest of p that have p among their own k nearest, p itself being
 * counted apart, and in the set. In the order of p's list.
 */
export function reciprocalSets(neighbors: Neighbors, k: number): Int32Array[] {
  return Array.from(
    { length: neighbors.count },
    (_, image) => neighbors.of(image, k + 1).filter((other) => neighbors.of(other, k + 1).includes(image)),
  );
}

/**
 * R*(p, k1) for every image p, ascending: R(p, k1) with the whole of each R(q, k1/2), q of R(p, k1), of which more
 * than two thirds are in R(p, k1). The paper's formula has "at least two thirds"; its authors' programs have "more
 * than", and so has this. Half of an odd k1 is rounded to the even one of its neighbors, as in their Python program;
 * the one in MATLAB rounds it down.
 */
export function expandedSets(neighbors: Neighbors, k1: number): Int32Array[] {
  const whole = reciprocalSets(neighbors, k1);
  const half = reciprocalSets(neighbors, halved(k1));
  const among = new Int32Array(neighbors.count).fill(-1); // The last image in whose set an image was.
  return whole.map((set, image) => {
    for (const other of set) among[other] = image;
    const expanded = new Set(set);
    for (const other of set) {
      const candidates = half[other];
      let shared = 0;
      for (const candidate of candidates) if (among[candidate] === image) shared++;
      if (3 * shared > 2 * candidates.length) { for (const candidate of candidates) expanded.add(candidate); }
    }
    return Int32Array.from(expanded).sort();
  });
}

/** Half of a whole number; what lies between two whole numbers goes to the even one. */
function halved(k: number): number {
  const below = k >> 1;
  return k % 2 === 0 || below % 2 === 0 ? below : below + 1;
}
