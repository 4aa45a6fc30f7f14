/** What k-reciprocal re-ranking is told, by the letters of its paper. */
export interface RerankOptions {
  /** Neighbors among which two images must find each other; the expansion asks half as many. */
  readonly k1: number;
  /** Images, itself among them, whose encodings are averaged into an image's own; 1 for no averaging. */
  readonly k2: number;
  /** Share of the original distance in the final one; the rest is the Jaccard distance's. From 0 to 1. */
  readonly lambda: number;
}

/** Those of Zhong et al. 2017 for Market-1501. */
export const RERANK_DEFAULTS: RerankOptions = { k1: 20, k2: 6, lambda: 0.3 };

/** @throws {RangeError} if re-ranking is not defined for these. */
export function checkRerankOptions({ k1, k2, lambda }: RerankOptions): void {
  const counts = Number.isSafeInteger(k1) && k1 >= 1 && Number.isSafeInteger(k2) && k2 >= 1;
  if (counts && lambda >= 0 && lambda <= 1) return;
  throw new RangeError(
    `Cannot re-rank with k1 = ${k1}, k2 = ${k2}, lambda = ${lambda}: k1 and k2 are whole numbers from 1 on, ` +
      `lambda a number from 0 to 1`,
  );
}
