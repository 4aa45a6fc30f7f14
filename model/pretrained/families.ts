/**
 * The three families of published MobileNetV2 weights: for each convolution the names of its weight and of its batch
 * norm's four tensors, and the order of the weight's axes.
 */
import type { ConventionKey } from "../conventions.ts";
import type { NetworkLayer } from "../network_layers.ts";

/** The names of a layer's tensors in a file. */
export interface LayerNames {
  readonly weight: string;
  readonly gamma: string;
  readonly beta: string;
  readonly mean: string;
  readonly variance: string;
}

/** One way to name and store the weights. */
export interface Family {
  readonly key: Exclude<ConventionKey, "own">;
  /**
   * Axes of a weight: PyTorch's [out, in, 3, 3], where a depthwise one is [C, 1, 3, 3], or TensorFlow's [3, 3, in, out],
   * where it is [3, 3, C, 1].
   */
  readonly axes: "OIHW" | "HWIO";
  /** The normalized name of a tensor, for families with several spellings. */
  canonical(name: string): string;
  names(layer: NetworkLayer): LayerNames;
  /** Whether a tensor is known and not needed: the classifier, and PyTorch's count of batches. */
  ignores(name: string): boolean;
}

const pytorchNorm = (norm: string) => ({
  gamma: `${norm}.weight`,
  beta: `${norm}.bias`,
  mean: `${norm}.running_mean`,
  variance: `${norm}.running_var`,
});

const ignoredByPytorch = (classifier: RegExp) => (name: string) =>
  classifier.test(name) || name.endsWith(".num_batches_tracked");

/**
 * `torchvision.models.mobilenet_v2`: blocks are `features.1` to `features.17`. The projection and neck in an exported
 * re-ID network are not part of the backbone.
 */
export const torchvision: Family = {
  key: "torchvision",
  axes: "OIHW",
  canonical: (name) => name,
  names({ part, block, expanded }) {
    if (part === "stem") return { weight: "features.0.0.weight", ...pytorchNorm("features.0.1") };
    if (part === "last") return { weight: "features.18.0.weight", ...pytorchNorm("features.18.1") };
    const conv = `features.${block}.conv`;
    const index = part === "expand" || !expanded ? 0 : 1;
    if (part !== "project") {
      return { weight: `${conv}.${index}.0.weight`, ...pytorchNorm(`${conv}.${index}.1`) };
    }
    const project = expanded ? 2 : 1;
    return { weight: `${conv}.${project}.weight`, ...pytorchNorm(`${conv}.${project + 1}`) };
  },
  ignores: ignoredByPytorch(/^(classifier|embedding|neck)\./),
};

/** timm: `blocks.STAGE.INDEX`; the only block of the first stage is depthwise-separable and has no `conv_pwl`. */
const timm: Family = {
  key: "timm",
  axes: "OIHW",
  canonical: (name) => name,
  names({ part, stage, indexInStage, expanded }) {
    if (part === "stem") return { weight: "conv_stem.weight", ...pytorchNorm("bn1") };
    if (part === "last") return { weight: "conv_head.weight", ...pytorchNorm("bn2") };
    const convs = expanded ? ["expand", "depthwise", "project"] : ["depthwise", "project"];
    const conv =
      { expand: "conv_pw", depthwise: "conv_dw", project: expanded ? "conv_pwl" : "conv_pw" }[part];
    const block = `blocks.${stage}.${indexInStage}`;
    return { weight: `${block}.${conv}.weight`, ...pytorchNorm(`${block}.bn${convs.indexOf(part) + 1}`) };
  },
  ignores: ignoredByPytorch(/^classifier\./),
};

/**
 * `keras.applications.MobileNetV2`, `LAYER/VARIABLE`. Paths may have a prefix, as in HDF5 files (`Conv1/Conv1/kernel:0`)
 * or below a model's name, and end in TensorFlow's `:0`.
 */
const keras: Family = {
  key: "keras",
  axes: "HWIO",
  canonical: (name) => name.replace(/:0$/, "").split("/").slice(-2).join("/"),
  names({ part, block, expanded }) {
    const prefix = expanded ? `block_${block - 1}` : "expanded_conv";
    const [conv, norm] = part === "stem"
      ? ["Conv1", "bn_Conv1"]
      : part === "last"
      ? ["Conv_1", "Conv_1_bn"]
      : [`${prefix}_${part}`, `${prefix}_${part}_BN`];
    return {
      weight: `${conv}/${part === "depthwise" ? "depthwise_kernel" : "kernel"}`,
      gamma: `${norm}/gamma`,
      beta: `${norm}/beta`,
      mean: `${norm}/moving_mean`,
      variance: `${norm}/moving_variance`,
    };
  },
  ignores: (name) => /^(predictions|Logits)\//.test(name),
};

/** Every known family. */
export const FAMILIES: readonly Family[] = [torchvision, timm, keras];
