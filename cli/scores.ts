/** Scores as a table for the terminal. */
import type { RankingResult } from "../eval/ranking.ts";

/** What rows of the table are called beside the name, where embeddings were averaged so. */
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
  const first = Math.max(...rows.map(({ name }) => name.length));
  const header = " ".repeat(first) + COLUMNS.map(([title]) => "  " + title).join("");
  const lines = rows.map(({ name, scores }) =>
    name.padEnd(first) +
    COLUMNS.map(([title, value]) => "  " + `${(100 * value(scores)).toFixed(1)} %`.padStart(title.length))
      .join("")
  );
  return [header, ...lines].join("\n");
}

/** What was ranked and what was left out, in one sentence. */
export function scoreCounts(scores: RankingResult): string {
  const left = [
    scores.queriesWithoutMatch > 0 ? `${scores.queriesWithoutMatch} queries without a right match` : "",
    scores.junk > 0 ? `${scores.junk} junk images` : "",
  ].filter(Boolean);
  return `${scores.queries} queries against ${scores.gallery} gallery images (${scores.distractors} distractors)` +
    (left.length > 0 ? `; left out: ${left.join(", ")}` : "");
}
