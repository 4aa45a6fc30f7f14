/** Rows for the triplet losses: metrics, hinge and soft margin, many mixtures of identities. */
import type { TripletOptions } from "../../reference/ops.ts";
import { metrics } from "./distance.ts";
import { constant, type GradientCase, gradientCase, normal } from "./gradient_case.ts";

/** Every metric, each with a hinge that is sometimes active and with soft margin. */
const settings: TripletOptions[] = metrics.flatMap((metric) => [
  { metric, margin: metric === "angular" ? 0.3 : 0.7, softMargin: false },
  { metric, margin: 0.3, softMargin: true },
]);

const note = ({ metric, margin, softMargin }: TripletOptions) =>
  softMargin ? `${metric} with soft margin` : `${metric} with margin ${margin}`;

const basic: GradientCase[] = [[1, 3, 4], [5, 3, 7], [12, 3, 16], [9, 3, 2], [70, 3, 6]].flatMap((shape) =>
  settings.map((options) =>
    gradientCase("basicTripletLoss", [normal(shape)], (ops, [x]) => ops.basicTripletLoss(x, options), {
      note: note(options),
    })
  )
);

/** Batches of identities, told in words, with the width of the embeddings. */
const batches: [string, number, number[]][] = [
  ["two of each of four", 6, [0, 0, 1, 1, 2, 2, 3, 3]],
  ["four of each of four", 8, [5, 5, 5, 5, 2, 2, 2, 2, 9, 9, 9, 9, 7, 7, 7, 7]],
  ["shuffled with singles", 5, [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]],
  ["one pair among singles", 3, [4, 0, 1, 2, 4, 3, 7]],
  ["a large and a small identity", 7, [0, 0, 0, 0, 0, 0, 1]],
  ["three images", 2, [1, 0, 1]],
];

/** The losses that choose among a batch's distances, and how often each is run: where settings only repeat, less. */
const miningLosses = [
  { loss: "hardTripletLoss", every: 1 },
  { loss: "semiHardTripletLoss", every: 1 },
  { loss: "batchAllTripletLoss", every: 2 },
  { loss: "quadrupletLoss", every: 2 },
] as const;

const mined: GradientCase[] = batches.flatMap(([words, width, labels], batch) =>
  settings.flatMap((options, setting) => {
    const about = { note: `${words}, ${note(options)}`, indices: [labels] };
    const embeddings = normal([labels.length, width]);
    return miningLosses.filter(({ every }) => (batch + setting) % every === 0).map(({ loss }) =>
      gradientCase(loss, [embeddings], (ops, [x], [y]) => ops[loss](x, y, options), about)
    );
  })
);

/** The default batch of training, spread wide so that its many pairs keep apart. */
const eightByFour = Array.from({ length: 32 }, (_, i) => Math.floor(i / 4));

const large: GradientCase[] = (["euclidean", "squared"] as const).flatMap((metric) => {
  const options: TripletOptions = { metric, margin: 2, softMargin: false };
  const embeddings = normal([32, 5], 8);
  const about = { note: `eight identities by four, ${note(options)}`, indices: [eightByFour] };
  return miningLosses.map(({ loss }) =>
    gradientCase(loss, [embeddings], (ops, [x], [y]) => ops[loss](x, y, options), about)
  );
});

const inactive: GradientCase[] = [false, true].map((softMargin) =>
  gradientCase(
    "basicTripletLoss",
    [normal([4, 3, 5])],
    (ops, [x]) => {
      const pushed = ops.mul(x, ops.reshape(ops.slice(x, 1, 0, 1), [4, 1, 5]));
      return ops.basicTripletLoss(pushed, { metric: "squared", margin: 0, softMargin });
    },
    { note: softMargin ? "of products, soft margin" : "of products, margin 0" },
  )
);

/** [rows, width, labels]: a label may be there often, once or not at all. */
const centered: GradientCase[] = ([
  [1, 1, [0]],
  [4, 7, [2, 0, 2, 2]],
  [6, 8, [3, 3, 1, 1, 0, 4]],
  [70, 6, Array.from({ length: 70 }, (_, i) => i * i % 5)],
] as [number, number, number[]][]).map(([rows, width, labels]) =>
  gradientCase(
    "centerLoss",
    [normal([rows, width]), constant(normal([5, width]))],
    (ops, [x, centers], [y]) => ops.centerLoss(x, centers, y),
    { indices: [labels] },
  )
);

/** Rows for triplet losses and the center loss. */
export const lossCases: GradientCase[] = [...basic, ...mined, ...large, ...inactive, ...centered];
