/** Settings of the network. */
import { NECKS, TEST_FEATURES } from "../../model/model_spec.ts";
import type { Rows } from "../../model/settings.ts";

/** The group "Network" of `--help`. */
export const NETWORK_SETTINGS = {
  width: {
    type: "number",
    above: 0,
    max: 4,
    default: 0.5,
    help: "Width multiplier of MobileNetV2. With {weights} the default is that of the file.",
  },
  imageHeight: {
    type: "integer",
    min: 32,
    max: 1024,
    default: 128,
    value: "PIXELS",
    help: "Height that images are resized to.",
  },
  imageWidth: {
    type: "integer",
    min: 32,
    max: 1024,
    default: 64,
    value: "PIXELS",
    help: "Width that images are resized to.",
  },
  embeddingSize: {
    type: "integer",
    min: 0,
    max: 8192,
    default: 0,
    help:
      "Adds a linear projection of the 1280 pooled features to this size; 0: the features are the embedding.",
  },
  neck: {
    type: "choice",
    choices: NECKS,
    default: "embedding",
    help:
      "Batch norm without shift after the features. embedding: the triplet loss compares its output, which keeps " +
      "embeddings from collapsing; the identity head reads the same. bnneck (Luo et al. 2019, requires {idLoss}): the " +
      "triplet loss compares its input, not scaled to length one; the identity head reads its output. none: no batch " +
      "norm.",
  },
  testFeature: {
    type: "choice",
    choices: TEST_FEATURES,
    default: "after",
    help: "Whether embeddings for scoring are taken before or after the neck.",
  },
  normalize: { type: "boolean", default: true, help: "Scales embeddings to length one." },
} as const satisfies Rows;
