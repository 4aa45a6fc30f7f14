/** The table of losses. Each row adds a loss. */
import { reshape, type Tensor, type TripletResult, type Uint32Tensor } from "../engine/mod.ts";
import { basicTripletLoss } from "./basic.ts";
import { batchAllTripletLoss } from "./batch_all.ts";
import { hardTripletLoss } from "./hard.ts";
import { quadrupletLoss } from "./quadruplet.ts";
import { semiHardTripletLoss } from "./semi_hard.ts";
import { TRIPLET_DEFAULTS, type TripletOptions } from "./triplet_options.ts";

/**
 * How a batch is drawn: `triplets` gives images in the order anchor, positive, negative, anchor, ...; `pk` P identities
 * with K images each; `shuffled` single images in any order.
 */
export type BatchKind = "triplets" | "pk" | "shuffled";

/** A loss: its source, the batches that it takes and its default settings. */
export interface LossEntry {
  /** One sentence that describes it. */
  readonly summary: string;
  /** The paper. */
  readonly source: string;
  /** The kinds of batches that it takes; the first is the default. */
  readonly samplers: readonly [BatchKind, ...BatchKind[]];
  /** Whether it selects triplets by their distances. */
  readonly mines: boolean;
  /** Default settings of training, chosen on the synthetic people: see docs/training.md. */
  readonly defaults: {
    readonly margin: number;
    readonly epochs: number;
    readonly learningRate: number;
    readonly idLoss: number;
  };
  /** The loss of a batch: embeddings [images, D], labels [images]. */
  apply(embeddings: Tensor, labels: Uint32Tensor, options: TripletOptions): TripletResult;
}

const margin: number = TRIPLET_DEFAULTS.margin;

/** The losses by name. */
export const lossTable = {
  basic: {
    summary: "Triplets are drawn up before every epoch; nothing is mined.",
    source: "Schroff et al., FaceNet, 2015",
    samplers: ["triplets"],
    mines: false,
    defaults: { margin, epochs: 8, learningRate: 0.006, idLoss: 1 },
    apply: basicLoss,
  },
  hard: {
    summary: "Every image of a P×K batch with its farthest positive and its nearest negative.",
    source: "Hermans et al., In Defense of the Triplet Loss for Person Re-Identification, 2017",
    samplers: ["pk", "shuffled"],
    mines: true,
    defaults: { margin, epochs: 3, learningRate: 0.01, idLoss: 0 },
    apply: hardTripletLoss,
  },
  "semi-hard": {
    summary:
      "Every positive pair of a shuffled batch with the nearest negative that is farther than the positive.",
    source: "Schroff et al., FaceNet, 2015, as TripletSemiHardLoss of TensorFlow Addons",
    samplers: ["shuffled", "pk"],
    mines: true,
    defaults: { margin, epochs: 5, learningRate: 0.006, idLoss: 1 },
    apply: semiHardTripletLoss,
  },
  "batch-all": {
    summary: "All triplets of a P×K batch; the mean is over those that still cost something.",
    source: "Hermans et al., In Defense of the Triplet Loss for Person Re-Identification, 2017",
    samplers: ["pk", "shuffled"],
    mines: false,
    defaults: { margin, epochs: 3, learningRate: 0.01, idLoss: 0 },
    apply: batchAllTripletLoss,
  },
  quadruplet: {
    summary:
      "Batch-hard, and every farthest positive also nearer, by half the margin, than its nearest negative is to a third person.",
    source: "Chen et al., Beyond Triplet Loss: A Deep Quadruplet Network for Person Re-Identification, 2017",
    samplers: ["pk", "shuffled"],
    mines: true,
    defaults: { margin, epochs: 3, learningRate: 0.01, idLoss: 0 },
    apply: quadrupletLoss,
  },
} satisfies Record<string, LossEntry>;

/** A key of {@link lossTable}. */
export type LossName = keyof typeof lossTable;

/** The loss without mining, of embeddings [3T, D] in the order anchor, positive, negative, anchor, ... */
function basicLoss(embeddings: Tensor, _labels: Uint32Tensor, options: TripletOptions): TripletResult {
  const [images, size] = embeddings.shape;
  if (images === undefined || size === undefined || embeddings.shape.length !== 2 || images % 3 !== 0) {
    throw new RangeError(
      "The basic triplet loss takes 3T images, in the order anchor, positive, negative; got embeddings of shape " +
        `[${embeddings.shape}]`,
    );
  }
  return basicTripletLoss(reshape(embeddings, [images / 3, 3, size]), options);
}
