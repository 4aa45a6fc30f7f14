/** Scores as a table for the terminal. */
import type { RankingResult } from "../eval/ranking.ts";
import { table } from "./table.ts";

/** Added to the name of a row with embeddings averaged over mirror images. */
export const FLIPPED = ", flipped";

const COLUMNS: readonly [title: string, value: (scores: RankingResult) => number][] = [
  ["rank-1", (s) => s.rank[1]],
  ["rank-5", (s) => s.rank[5]],
  ["rank-10", (s) => s.rank[10]],
  ["rank-20", (s) => s.rank[20]],
  ["mAP", (s) => s.mAP],
  ["mAP (trapezoid)", (s) => s.mAPTrapezoid],
  ["mINP", (s) => s.mINP],
];

/** A row for each way of ranking, in per cent. */
export function scoreTable(rows: readonly { name: string; scores: RankingResult }[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return table([
    ["", ...COLUMNS.map(([title]) => title)],
    ...rows.map(({ name, scores }) => [name, ...COLUMNS.map(([, value]) => percent(value(scores)))]),
  ], 1);
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
