/** Flags of `deno task train`: how batches are drawn. */
import { defineFlags } from "../flags.ts";

/** The group "Batch" of `--help`. */
export const BATCH_FLAGS = defineFlags({
  p: {
    type: "integer",
    min: 2,
    max: 512,
    default: 8,
    group: "Batch",
    help: "Identities in a batch (--loss hard).",
  },
  k: {
    type: "integer",
    min: 2,
    max: 64,
    default: 4,
    group: "Batch",
    help: "Images of each identity in a batch (--loss hard).",
  },
  "batch-size": {
    type: "integer",
    min: 2,
    max: 2048,
    default: 96,
    group: "Batch",
    help: "Images in a batch (--loss semi-hard).",
  },
  triplets: {
    type: "integer",
    min: 1,
    max: 512,
    default: 11,
    group: "Batch",
    help: "Triplets in a batch of three times as many images (--loss basic).",
  },
});
