/** Flags of `deno task train`: the network. */
import { NECKS, TEST_FEATURES } from "../../model/model_spec.ts";
import { defineFlags } from "../flags.ts";

/** Width multiplier where neither a flag nor a file of weights says one. */
export const DEFAULT_WIDTH = 0.5;

/** The group "Network" of `--help`. */
export const NETWORK_FLAGS = defineFlags({
  width: {
    type: "number",
    above: 0,
    max: 4,
    group: "Network",
    help: `Width multiplier of MobileNetV2; by default that of --weights, ${DEFAULT_WIDTH} without.`,
  },
  "image-height": {
    type: "integer",
    min: 32,
    max: 1024,
    default: 128,
    value: "PIXELS",
    group: "Network",
    help: "Height that images are resized to.",
  },
  "image-width": {
    type: "integer",
    min: 32,
    max: 1024,
    default: 64,
    value: "PIXELS",
    group: "Network",
    help: "Width that images are resized to.",
  },
  "embedding-size": {
    type: "integer",
    min: 0,
    max: 8192,
    default: 0,
    group: "Network",
    help:
      "Adds a linear projection of the 1280 pooled features to this size; 0: the features are the embedding.",
  },
  neck: {
    type: "choice",
    choices: [...NECKS],
    default: "embedding",
    group: "Network",
    help:
      "Batch norm without shift behind the features. embedding: the triplet loss compares what comes after it, which " +
      "keeps embeddings from collapsing; the identity head reads the same. bnneck (Luo et al. 2019, needs " +
      "--id-loss): the triplet loss compares what comes before it, not scaled to length one; the identity head reads " +
      "what comes after it. none: no batch norm.",
  },
  "test-feature": {
    type: "choice",
    choices: [...TEST_FEATURES],
    default: "after",
    group: "Network",
    help: "Whether embeddings for scoring are taken before or after the neck.",
  },
  normalize: { type: "boolean", default: true, group: "Network", help: "Scale embeddings to length one." },
});
