/** Settings of the batches. */
import { samplers } from "../../data/samplers.ts";
import { keysOf, type Rows } from "../../model/settings.ts";
import { byLoss, LOSSES } from "./loss.ts";
import { lossTable } from "../../losses/mod.ts";

const possible = LOSSES.map((loss) => `${lossTable[loss].samplers.join(" or ")} for ${loss}`).join(", ");

/** The group "Batch" of `--help`. */
export const BATCH_SETTINGS = {
  sampler: {
    type: "choice",
    choices: keysOf(samplers),
    defaultBy: byLoss(({ samplers: [first] }) => first),
    help:
      "How batches are drawn. pk: P identities with K images each. shuffled: single images. triplets: anchor, positive, " +
      `negative, drawn before every epoch. Losses take: ${possible}.`,
  },
  p: {
    type: "integer",
    min: 2,
    max: 512,
    default: 8,
    help: "Identities in a batch ({sampler} pk).",
  },
  k: {
    type: "integer",
    min: 2,
    max: 64,
    default: 4,
    help: "Images of each identity in a batch ({sampler} pk).",
  },
  batchSize: {
    type: "integer",
    min: 2,
    max: 2048,
    default: 96,
    help: "Images in a batch ({sampler} shuffled).",
  },
  triplets: {
    type: "integer",
    min: 1,
    max: 512,
    default: 11,
    help: "Triplets in a batch, of three images each ({sampler} triplets).",
  },
  microBatches: {
    type: "integer",
    min: 0,
    max: 512,
    default: 1,
    absent: 1,
    value: "N|auto",
    words: { auto: 0 },
    help:
      "Divides every batch into N parts of equal size, which take their turns on the GPU: its memory falls with N. " +
      "Distances and mining see all images; batch norm sees each part separately. Ranks of an MPI job share the parts, " +
      "at least one each. auto: the least N that fits the adapter.",
  },
} as const satisfies Rows;
