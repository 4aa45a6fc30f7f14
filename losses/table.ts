/** The one table from which `--loss` picks. A row more is a loss more. */
import { reshape, type Tensor, type TripletResult, type Uint32Tensor } from "../engine/mod.ts";
import { basicTripletLoss } from "./basic.ts";
import { batchAllTripletLoss } from "./batch_all.ts";
import { hardTripletLoss } from "./hard.ts";
import { quadrupletLoss } from "./quadruplet.ts";
import { semiHardTripletLoss } from "./semi_hard.ts";
import type { TripletOptions } from "./triplet_options.ts";

/**
 * How a batch is drawn: `triplets` gives images in the order anchor, positive, negative, anchor, ...; `pk` P identities
 * with K images each; `shuffled` single images in any order.
 */
export type BatchKind = "triplets" | "pk" | "shuffled";

/** What a loss is, where it comes from, and which batches it wants. */
export interface LossEntry {
  /** Its name on the command line. */
  readonly key: string;
  /** One sentence for `--help`. */
  readonly summary: string;
  /** The paper. */
  readonly source: string;
  /** How its batches may be drawn; the first is the default. */
  readonly samplers: readonly [BatchKind, ...BatchKind[]];
  /** What `deno task train` takes where no flag says otherwise: chosen on the synthetic people, see the README. */
  readonly defaults: {
    readonly margin: number;
    readonly epochs: number;
    readonly learningRate: number;
    readonly idLoss: number;
  };
  /** The loss of a batch: embeddings [images, D], labels [images]. */
  apply(embeddings: Tensor, labels: Uint32Tensor, options: TripletOptions): TripletResult;
}

const entries: readonly LossEntry[] = [
  {
    key: "basic",
    summary: "Triplets are drawn up before every epoch; nothing is mined.",
    source: "Schroff et al., FaceNet, 2015",
    samplers: ["triplets"],
    defaults: { margin: 0.3, epochs: 8, learningRate: 0.006, idLoss: 1 },
    apply: (embeddings, _labels, options) => basicTripletLoss(inTriplets(embeddings), options),
  },
  {
    key: "hard",
    summary: "Every image of a P×K batch with its farthest positive and its nearest negative.",
    source: "Hermans et al., In Defense of the Triplet Loss for Person Re-Identification, 2017",
    samplers: ["pk", "shuffled"],
    defaults: { margin: 0.3, epochs: 3, learningRate: 0.01, idLoss: 0 },
    apply: hardTripletLoss,
  },
  {
    key: "semi-hard",
    summary:
      "Every positive pair of a shuffled batch with the nearest negative that is farther than the positive.",
    source: "Schroff et al., FaceNet, 2015, as TripletSemiHardLoss of TensorFlow Addons",
    samplers: ["shuffled", "pk"],
    defaults: { margin: 0.3, epochs: 5, learningRate: 0.006, idLoss: 1 },
    apply: semiHardTripletLoss,
  },
  {
    key: "batch-all",
    summary: "All triplets of a P×K batch; the mean is over those that still cost something.",
    source: "Hermans et al., In Defense of the Triplet Loss for Person Re-Identification, 2017",
    samplers: ["pk", "shuffled"],
    defaults: { margin: 0.3, epochs: 3, learningRate: 0.01, idLoss: 0 },
    apply: batchAllTripletLoss,
  },
  {
    key: "quadruplet",
    summary:
      "Batch-hard, and every farthest positive also nearer, by half the margin, than any two other people are to each other.",
    source: "Chen et al., Beyond Triplet Loss: A Deep Quadruplet Network for Person Re-Identification, 2017",
    samplers: ["pk", "shuffled"],
    defaults: { margin: 0.3, epochs: 3, learningRate: 0.01, idLoss: 0 },
    apply: quadrupletLoss,
  },
];

/** The losses by their key. */
export const lossTable: Readonly<Record<string, LossEntry>> = Object.fromEntries(
  entries.map((entry) => [entry.key, entry]),
);

/** Embeddings [3T, D] as triplets [T, 3, D]. */
function inTriplets(embeddings: Tensor): Tensor {
  const [images, width] = embeddings.shape;
  if (embeddings.shape.length !== 2 || images % 3 !== 0) {
    throw new RangeError(
      `The basic triplet loss takes 3T images, in the order anchor, positive, negative; got embeddings of shape ` +
        `[${embeddings.shape}]`,
    );
  }
  return reshape(embeddings, [images / 3, 3, width]);
}
