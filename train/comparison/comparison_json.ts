/** A comparison as JSON, for programs. */
import type { Comparison } from "./comparison.ts";

/** The file's text. */
export function comparisonJson({ networks, scores, pairs, adapter, testFlip, seed }: Comparison): string {
  const result = {
    adapter,
    testFlip,
    seed,
    networks,
    scores: scores.map(({ network, data, protocol, scores, trainedOn }) => ({
      network,
      data,
      protocol,
      rank1: scores.rank[1],
      mAP: scores.mAP,
      mAPTrapezoid: scores.mAPTrapezoid,
      queries: scores.queries,
      gallery: scores.gallery,
      peopleInTraining: trainedOn ?? null,
    })),
    differences: pairs.map(({ data, first, second, difference, isReal }) => ({
      data,
      first,
      second,
      mAP: difference.value,
      low: difference.low,
      high: difference.high,
      real: isReal,
    })),
  };
  return JSON.stringify(result, null, 2) + "\n";
}
