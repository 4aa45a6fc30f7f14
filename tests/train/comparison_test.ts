/** The marks and texts of a comparison, without a network. */
import assert from "node:assert/strict";
import type { RankingResult } from "../../eval/ranking.ts";
import {
  type ComparedScores,
  comparePairs,
  type Comparison,
  markNotes,
  markOf,
} from "../../train/comparison/comparison.ts";
import { comparisonMarkdown } from "../../train/comparison/comparison_markdown.ts";
import { comparisonPage, spreadOut } from "../../train/comparison/comparison_page.ts";
import { comparisonTables, points } from "../../train/comparison/comparison_tables.ts";

const scores: RankingResult = {
  rank: { 1: 0.5, 5: 1, 10: 1, 20: 1 },
  cmc: new Float64Array(50),
  mAP: 0.25,
  mAPTrapezoid: 0.125,
  mINP: 0,
  queries: 4,
  queriesWithoutMatch: 0,
  gallery: 9,
  junk: 0,
  distractors: 0,
};

const cell = (network: string, precisions: number[], training = 0, test = 0): ComparedScores => ({
  network,
  data: "people",
  protocol: "Market-1501",
  scores,
  precisions,
  persons: [1, 1, 2, 3],
  trainedOn: { training: { known: training, all: 5 }, test: { known: test, all: 3 } },
});

Deno.test("a difference is real where its interval leaves out 0", () => {
  const [same, other, ...more] = comparePairs([
    cell("a", [0.5, 0.5, 0.5, 0.5]),
    cell("b", [1, 0, 1, 0]),
    cell("c", [0.25, 0.25, 0.25, 0.25]),
  ], 1);
  assert.deepEqual([same!.first, same!.second, same!.isReal], ["a", "b", false]);
  assert.deepEqual([other!.first, other!.second, other!.isReal], ["a", "c", true]);
  assert.equal(other!.difference.value, 0.25);
  assert.equal(more.length, 1);
});

Deno.test("scores say whether a network knows the people", () => {
  const unknown: ComparedScores = { ...cell("d", []), trainedOn: undefined };
  const cells = [cell("a", []), cell("b", [], 5), cell("c", [], 5, 1), unknown];
  assert.deepEqual(cells.map(markOf), ["", "*", "†", "?"]);
  assert.deepEqual(markNotes({ scores: cells }).map((note) => note[0]), ["†", "*", "?"]);
  assert.deepEqual(markNotes({ scores: cells.slice(0, 1) }), []);
});

const compared = (name: string, scores: readonly ComparedScores[]): Comparison => {
  const network = {
    name,
    path: "a",
    step: 1000,
    imageHeight: 128,
    imageWidth: 64,
    embeddingSize: 12,
    parameters: 1234,
    bytes: 4936,
    secondsPerImage: 0.0125,
  };
  return {
    networks: [network],
    datasets: [...new Set(scores.map(({ data }) => data))],
    scores,
    pairs: [],
    adapter: "GPU",
    testFlip: true,
    seed: 1,
  };
};

Deno.test("Markdown shows the matrix with marks, and no mark becomes a list", () => {
  const text = comparisonMarkdown(compared("a|x", [cell("a|x", [1, 1, 1, 1], 5)]));
  assert.match(text, /^\| a\\\|x \| 50\.0\* \| 25\.0 \| 12\.5 \|$/m);
  assert.match(text, /^\| a\\\|x \| 128 × 64 \| 12 \| 1,234 \| 0\.0 \| 12\.50 \| 1,000 \|$/m);
  assert.match(text, /^\\\* the network was trained/m);
  assert.doesNotMatch(text, /^\* |Differences/m);
  assert.match(text, /^Embeddings are averaged over mirror images/m);
});

Deno.test("a dataset that is scored by the same-camera protocol is named as such wherever its scores are shown", () => {
  const oneCamera: ComparedScores = { ...cell("a", [1]), data: "gate", protocol: "same-camera" };
  const difference = { value: 0, low: 0, high: 0 };
  const pair = { data: "gate", first: "a", second: "b", difference, isReal: false };
  const comparison: Comparison = { ...compared("a", [cell("a", [1]), oneCamera]), pairs: [pair] };
  const [, matrix, differences] = comparisonTables(comparison);
  assert.deepEqual(matrix!.head.filter((title) => title.includes(":")), [
    "people: rank-1",
    "gate (same-camera): rank-1",
  ]);
  assert.deepEqual(differences!.rows.map(([data]) => data), ["gate (same-camera)"]);
  assert.match(comparisonMarkdown(comparison), /\| people: rank-1 .*\| gate \(same-camera\): rank-1 \|/);
  const page = comparisonPage(comparison);
  assert.match(page, />people: rank-1<[^]*>gate \(same-camera\): rank-1</);
});

Deno.test("points have a sign, and names in the plot stand apart", () => {
  assert.deepEqual([0.1234, -0.05, 0.0001, -0.0001].map(points), ["+12.3", "−5.0", "0.0", "0.0"]);
  assert.deepEqual(spreadOut([1, 1, 1.5, 9], 1), [1, 2, 3, 9]);
  assert.deepEqual(spreadOut([], 1), []);
});
