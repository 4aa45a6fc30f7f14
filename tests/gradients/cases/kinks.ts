/**
 * Rows that lie exactly on a kink or a tie, where differences mean nothing and the convention decides: subgradient 0,
 * lowest index, distance 0 without gradient. Small integers, so that ties are ties in f32 too.
 */
import type { TripletOptions } from "../../reference/ops.ts";
import { exactly, type GradientCase, gradientCase, normal } from "./gradient_case.ts";

const functions: GradientCase[] = [
  gradientCase("relu", [exactly([5], [-1, 0, 1, 0, 2])], (ops, [x]) => ops.relu(x), {
    note: "at 0",
    atKink: true,
  }),
  gradientCase("relu6", [exactly([7], [-1, 0, 3, 6, 7, 6, 0])], (ops, [x]) => ops.relu6(x), {
    note: "at 0 and 6",
    atKink: true,
  }),
  gradientCase("abs", [exactly([5], [-1, 0, 1, 0, 2])], (ops, [x]) => ops.abs(x), {
    note: "at 0",
    atKink: true,
  }),
  ...(["maximum", "minimum"] as const).map((op) =>
    gradientCase(
      op,
      [exactly([5], [-1, 0, 1, 0, 2]), exactly([5], [0, 0, 1, 3, 1])],
      (ops, [a, b]) => ops[op](a, b),
      {
        note: "of equal numbers",
        atKink: true,
      },
    )
  ),
  gradientCase("clip", [exactly([5], [-1, 0, 1, 2, 3])], (ops, [x]) => ops.clip(x, 0, 2), {
    note: "at its bounds",
    atKink: true,
  }),
  gradientCase(
    "pow",
    [exactly([6], [-2, 0, 0, 0, -2, 3]), { ...exactly([6], [3, 2, 1, 0, 0, 0]), constant: true }],
    (ops, [a, b]) => ops.pow(a, b),
    { note: "of 0 and to 0", atKink: true },
  ),
  gradientCase("sqrt", [exactly([5], [0, 4, 0, 1, 9])], (ops, [x]) => ops.sqrt(x), {
    note: "at 0",
    atKink: true,
  }),
  gradientCase(
    "batchNormInference",
    [
      exactly([4, 2], [0, 5, 3, 0, 9, 0, -1, 7]),
      exactly([2], [1, 1]),
      exactly([2], [0, 0]),
      { ...exactly([2], [0, 0]), constant: true },
      { ...exactly([2], [1, 1]), constant: true },
    ],
    (ops, [x, gamma, beta, mean, variance]) =>
      ops.batchNormInference(x, gamma, beta, mean, variance, { epsilon: 0, relu6: true }),
    { note: "at 0", atKink: true },
  ),
  gradientCase("l2Normalize", [exactly([3, 2], [0, 0, 3, 4, 0, 0])], (ops, [x]) => ops.l2Normalize(x, 0.5), {
    note: "of zero rows",
    atKink: true,
  }),
];

const coincident = exactly([4, 3], [1, 2, 3, 1, 2, 3, 4, 0, 1, 1, 2, 3]);

const distances: GradientCase[] = (["euclidean", "squared"] as const).flatMap((metric) => [
  gradientCase("pairwiseDistance", [coincident], (ops, [x]) => ops.pairwiseDistance(x, metric), {
    note: `${metric} of equal rows`,
    atKink: true,
  }),
  gradientCase(
    "crossDistance",
    [coincident, exactly([2, 3], [4, 0, 1, 0, 0, 0])],
    (ops, [a, b]) => ops.crossDistance(a, b, metric),
    { note: `${metric} of equal rows`, atKink: true },
  ),
]);

const undirected: GradientCase[] = [
  gradientCase(
    "pairwiseDistance",
    [exactly([3, 2], [0, 0, 3, 4, 1, 0])],
    (ops, [x]) => ops.pairwiseDistance(x, "angular"),
    { note: "angular with a zero row", atKink: true },
  ),
];

/** Batches on a line or a grid, told in words: embeddings [B, D], identities. */
const batches: [string, number[][], number[]][] = [
  ["equally far negatives", [[0], [1], [3], [-3], [4]], [0, 0, 1, 1, 2]],
  ["equally far positives", [[0], [2], [-2], [5], [5]], [0, 0, 0, 1, 2]],
  ["no negative farther than the positive", [[0], [9], [1], [2]], [0, 0, 1, 2]],
  ["a negative exactly as far as the positive", [[0], [2], [-2], [7]], [0, 0, 1, 2]],
  ["all equal", [[1, 2], [1, 2], [1, 2], [1, 2]], [0, 0, 1, 1]],
  ["one identity only", [[0, 1], [4, 4], [2, 7]], [3, 3, 3]],
  ["no positive pair", [[0, 1], [4, 4], [2, 7]], [3, 4, 5]],
  ["one image", [[3, 1]], [0]],
  ["a hinge at exactly 0", [[0], [1], [2], [5]], [0, 0, 1, 1]],
];

const options: TripletOptions[] = [
  { metric: "squared", margin: 3, softMargin: false },
  { metric: "squared", margin: 0, softMargin: false },
  { metric: "euclidean", margin: 0.5, softMargin: false },
  { metric: "euclidean", margin: 0, softMargin: true },
];

/** Batches for the quadruplet loss, which looks at pairs that the anchor is not in. */
const othersBatches: typeof batches = [
  ["equally near pairs of others", [[0], [1], [4], [6], [8], [10], [9]], [0, 0, 1, 2, 3, 2, 1]],
  ["the nearest of others of the anchor's identity", [[0], [3], [4], [9], [1], [8]], [0, 0, 1, 1, 2, 3]],
];

type MiningLoss = "hardTripletLoss" | "semiHardTripletLoss" | "batchAllTripletLoss" | "quadrupletLoss";

const onTies = (losses: readonly MiningLoss[], ties: typeof batches, options: TripletOptions[]) =>
  ties.flatMap(([words, rows, labels]) =>
    options.flatMap((option) => {
      const embeddings = exactly([rows.length, rows[0].length], rows.flat());
      const margin = option.softMargin ? "soft margin" : `margin ${option.margin}`;
      const about = { note: `${words}, ${option.metric} with ${margin}`, indices: [labels], atKink: true };
      return losses.map((loss) =>
        gradientCase(loss, [embeddings], (ops, [x], [y]) => ops[loss](x, y, option), about)
      );
    })
  );

const losses: GradientCase[] = [
  ...onTies(["hardTripletLoss", "semiHardTripletLoss"], batches, options),
  ...onTies(["batchAllTripletLoss", "quadrupletLoss"], batches, [options[0], options[3]]),
  ...onTies(["quadrupletLoss"], othersBatches, [options[0], options[2]]),
];

const basic: GradientCase[] = [
  gradientCase(
    "basicTripletLoss",
    [exactly([2, 3, 1], [0, 1, 2, 0, 2, 1])],
    (ops, [x]) => ops.basicTripletLoss(x, { metric: "squared", margin: 3, softMargin: false }),
    { note: "a hinge at exactly 0", atKink: true },
  ),
  gradientCase(
    "basicTripletLoss",
    [exactly([2, 3, 2], [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 3, 4])],
    (ops, [x]) => ops.basicTripletLoss(x, { metric: "euclidean", margin: 7, softMargin: false }),
    { note: "of equal embeddings", atKink: true },
  ),
  gradientCase(
    "basicTripletLoss",
    [normal([3, 3, 4], 100)],
    (ops, [x]) =>
      ops.basicTripletLoss(ops.affine(x, 0, 1), { metric: "euclidean", margin: 0.3, softMargin: false }),
    { note: "of collapsed embeddings", atKink: true },
  ),
];

/** Rows on kinks and ties. */
export const kinkCases: GradientCase[] = [...functions, ...distances, ...undirected, ...losses, ...basic];
