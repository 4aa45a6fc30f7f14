/** Options of k-reciprocal re-ranking, named as in its paper. */
export interface RerankOptions {
  /** Two images are reciprocal if each is among the other's k1 nearest; the expansion uses half as many. */
  readonly k1: number;
  /** Number of nearest images, itself included, whose encodings are averaged; 1 for no averaging. */
  readonly k2: number;
  /** Weight of the original distance, from 0 to 1; the Jaccard distance has the rest. */
  readonly lambda: number;
}

/** Those of Zhong et al. 2017 for Market-1501. */
export const RERANK_DEFAULTS: RerankOptions = { k1: 20, k2: 6, lambda: 0.3 };

/** @throws {RangeError} If an option is out of range. */
export function checkRerankOptions({ k1, k2, lambda }: RerankOptions): void {
  const counts = Number.isSafeInteger(k1) && k1 >= 1 && Number.isSafeInteger(k2) && k2 >= 1;
  if (counts && lambda >= 0 && lambda <= 1) return;
  throw new RangeError(
    `Cannot re-rank with k1 = ${k1}, k2 = ${k2}, lambda = ${lambda}: k1 and k2 must be integers of at ` +
      "least 1, lambda a number from 0 to 1",
  );
}
