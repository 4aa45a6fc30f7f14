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
import { spreadOut } from "../../train/comparison/comparison_page.ts";
import { points } from "../../train/comparison/comparison_tables.ts";

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

Deno.test("Markdown shows the matrix with marks, and no mark becomes a list", () => {
  const all = [cell("a|x", [1, 1, 1, 1], 5)];
  const network = {
    name: "a|x",
    path: "a",
    step: 1000,
    imageHeight: 128,
    imageWidth: 64,
    embeddingSize: 12,
    parameters: 1234,
    bytes: 4936,
    secondsPerImage: 0.0125,
  };
  const comparison: Comparison = {
    networks: [network],
    datasets: ["people"],
    scores: all,
    pairs: [],
    adapter: "GPU",
    testFlip: true,
    seed: 1,
  };
  const text = comparisonMarkdown(comparison);
  assert.match(text, /^\| a\\\|x \| 50\.0\* \| 25\.0 \| 12\.5 \|$/m);
  assert.match(text, /^\| a\\\|x \| 128 × 64 \| 12 \| 1,234 \| 0\.0 \| 12\.50 \| 1,000 \|$/m);
  assert.match(text, /^\\\* the network was trained/m);
  assert.doesNotMatch(text, /^\* |Differences/m);
  assert.match(text, /^Embeddings are averaged over mirror images/m);
});

Deno.test("points have a sign, and names in the plot stand apart", () => {
  assert.deepEqual([0.1234, -0.05, 0.0001, -0.0001].map(points), ["+12.3", "−5.0", "0.0", "0.0"]);
  assert.deepEqual(spreadOut([1, 1, 1.5, 9], 1), [1, 2, 3, 9]);
  assert.deepEqual(spreadOut([], 1), []);
});
