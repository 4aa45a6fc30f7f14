/** Images that are among each other's nearest: the sets by which re-ranking describes an image. */
import { itemAt } from "../../engine/item_at.ts";
import type { Neighbors } from "./neighbors.ts";

/**
 * R(p, k) for every image p: p itself, and those q among its k nearest others that have p among their k nearest others.
 * In the order of p's list.
 */
export function reciprocalSets(neighbors: Neighbors, k: number): Int32Array[] {
  return Array.from(
    { length: neighbors.count },
    (_, image) => neighbors.of(image, k + 1).filter((other) => neighbors.of(other, k + 1).includes(image)),
  );
}

/**
 * R*(p, k1) for every image p, ascending: R(p, k1) and each R(q, k1/2), q in R(p, k1), of which more than two thirds are
 * in R(p, k1). The paper's formula has "at least two thirds"; the authors' programs and this one have "more than". Half
 * of an odd k1 is rounded to even, as in their Python program; their MATLAB program rounds down.
 */
export function expandedSets(neighbors: Neighbors, k1: number): Int32Array[] {
  const whole = reciprocalSets(neighbors, k1);
  const half = reciprocalSets(neighbors, halved(k1));
  const among = new Int32Array(neighbors.count).fill(-1); // The last image whose set contained this one.
  return whole.map((set, image) => {
    for (const other of set) among[other] = image;
    const expanded = new Set(set);
    for (const other of set) {
      const candidates = itemAt(half, other);
      let shared = 0;
      for (const candidate of candidates) if (among[candidate] === image) shared++;
      if (3 * shared <= 2 * candidates.length) continue;
      for (const candidate of candidates) expanded.add(candidate);
    }
    return Int32Array.from(expanded).sort();
  });
}

/** Half of an integer, rounded half to even. */
function halved(k: number): number {
  const below = k >> 1;
  return k % 2 === 0 || below % 2 === 0 ? below : below + 1;
}
