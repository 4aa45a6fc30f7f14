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
} as const satisfies Rows;
