/** Scores as a table for the terminal. */
import type { Protocol } from "../data/protocol.ts";
import type { RankingResult } from "../eval/ranking.ts";
import { SCORE_COLUMNS } from "../train/report/report_data.ts";
import { table } from "./table.ts";

/** What must be known of scores by the same-camera protocol. */
export const SAME_CAMERA =
  "Scored by the same-camera protocol: only the query image itself is left out, so matches may be pictures of the same " +
  "moment. Not comparable with scores across cameras, such as those on Market-1501.";

/** Added to the name of a row with embeddings averaged over mirror images. */
export const FLIPPED = ", flipped";

/** Added to the name of every row that is not by the Market-1501 protocol. */
export function protocolNote(protocol: Protocol): string {
  return protocol === "same-camera" ? ", same-camera" : "";
}

/** Added to the name of every row where several datasets are scored. */
export function testNote(name: string | undefined): string {
  return name === undefined ? "" : `, ${name}`;
}

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
export function scoreCounts(scores: RankingResult, protocol: Protocol): string {
  const left = [
    scores.queriesWithoutMatch > 0 ? `${scores.queriesWithoutMatch} queries without a right match` : "",
    scores.junk > 0 ? `${scores.junk} junk images` : "",
  ].filter(Boolean);
  return `${scores.queries} queries against ${scores.gallery} gallery images (${scores.distractors} distractors)` +
    (left.length > 0 ? `; left out: ${left.join(", ")}` : "") +
    (protocol === "same-camera" ? `\n${SAME_CAMERA}` : "");
}
