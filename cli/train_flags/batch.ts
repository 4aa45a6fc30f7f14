/** Flags of `deno task train`: how batches are drawn. */
import { type SamplerKey, samplers } from "../../data/samplers.ts";
import { lossTable } from "../../losses/mod.ts";
import { defineFlags } from "../flags.ts";

const possible = Object.values(lossTable).map(({ key, samplers }) => `${samplers.join(" or ")} for ${key}`)
  .join(", ");

/** The group "Batch" of `--help`. */
export const BATCH_FLAGS = defineFlags({
  sampler: {
    type: "choice",
    choices: Object.keys(samplers) as SamplerKey[],
    group: "Batch",
    help:
      "How batches are drawn. pk: P identities with K images each. shuffled: single images. triplets: anchor, positive, " +
      `negative, drawn up before every epoch. The first is the default: ${possible}.`,
  },
  p: {
    type: "integer",
    min: 2,
    max: 512,
    default: 8,
    group: "Batch",
    help: "Identities in a batch (--sampler pk).",
  },
  k: {
    type: "integer",
    min: 2,
    max: 64,
    default: 4,
    group: "Batch",
    help: "Images of each identity in a batch (--sampler pk).",
  },
  "batch-size": {
    type: "integer",
    min: 2,
    max: 2048,
    default: 96,
    group: "Batch",
    help: "Images in a batch (--sampler shuffled).",
  },
  triplets: {
    type: "integer",
    min: 1,
    max: 512,
    default: 11,
    group: "Batch",
    help: "Triplets in a batch of three times as many images (--sampler triplets).",
  },
});
