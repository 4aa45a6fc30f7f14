/** Scores as a table for the terminal. */
import type { RankingResult } from "../eval/ranking.ts";
import { SCORE_COLUMNS } from "../train/report/report_data.ts";
import { table } from "./table.ts";

/** Added to the name of a row with embeddings averaged over mirror images. */
export const FLIPPED = ", flipped";

/** A row for each way of ranking, in per cent. */
export function scoreTable(rows: readonly { name: string; scores: RankingResult }[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return table([
    ["", ...SCORE_COLUMNS.map(([title]) => title)],
    ...rows.map(({ name, scores }) => [name, ...SCORE_COLUMNS.map(([, value]) => percent(value(scores)))]),
  ], 1);
}

/** Scores for JSON, which writes a typed array as an object. */
export function plainScores(scores: RankingResult) {
  return { ...scores, cmc: [...scores.cmc] };
}

/** The counts of a ranking, and of images left out, in one sentence. */
export function scoreCounts(scores: RankingResult): string {
  const left = [
    scores.queriesWithoutMatch > 0 ? `${scores.queriesWithoutMatch} queries without a right match` : "",
    scores.junk > 0 ? `${scores.junk} junk images` : "",
  ].filter(Boolean);
  return `${scores.queries} queries against ${scores.gallery} gallery images (${scores.distractors} distractors)` +
    (left.length > 0 ? `; left out: ${left.join(", ")}` : "");
}
