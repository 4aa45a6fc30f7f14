/** Why a test measures nothing of the thresholds that a network keeps. */
import type { Metric } from "../../kernels/mod.ts";
import { lowestFalseAlarm } from "../../model/search_threshold.ts";
import { inMetric, type Thresholds } from "../../model/thresholds.ts";
import type { PairKind } from "./pairs.ts";
import type { Verification } from "./verify.ts";

/** The reason. */
export type Unmeasured =
  /** The network keeps none for these embeddings. */
  | { readonly kind: "none" }
  /** Euclidean distance, in which they are, does not determine this one. */
  | { readonly kind: "metric"; readonly metric: Metric }
  /** They are for pairs that the test lacks. */
  | { readonly kind: "pairs"; readonly pairs: PairKind }
  /** So few people were held out that they are for higher rates; the lowest, for galleries like these, if there is one. */
  | { readonly kind: "rate"; readonly people: number; readonly lowest?: number };

/** Why no threshold for comparisons is measured on these pairs; undefined if some are, or if the network keeps none. */
export function unmeasuredComparisons(
  kept: Thresholds | undefined,
  metric: Metric,
  verification: readonly Pick<Verification, "pairs">[],
): Unmeasured | undefined {
  if (kept === undefined || kept.comparisons.length === 0) return undefined;
  if (inMetric(1, metric, kept.unitLength) === undefined) return { kind: "metric", metric };
  return verification.some(({ pairs }) => pairs === kept.pairs)
    ? undefined
    : { kind: "pairs", pairs: kept.pairs };
}

/** Why there is no threshold for searches of galleries of these sizes. */
export function unmeasuredSearches(
  kept: Thresholds | undefined,
  metric: Metric,
  galleries: readonly number[],
): Unmeasured {
  if (kept === undefined) return { kind: "none" };
  if (inMetric(1, metric, kept.unitLength) === undefined) return { kind: "metric", metric };
  const lowest = lowestFalseAlarm(kept, Math.max(1, ...galleries));
  return { kind: "rate", people: kept.people, ...(lowest !== undefined && lowest < 1 && { lowest }) };
}
