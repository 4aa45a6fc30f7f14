/**
 * The families of published MobileNetV2 weights: for each convolution the names of its weight and of its batch norm's
 * four tensors, and the order of the weight's axes.
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

/** Whose names a file has. */
export type FamilyKey = "torchvision" | "timm" | "keras" | "fast-reid" | "torchreid";

/** One way to name and store the weights. */
export interface Family {
  readonly key: FamilyKey;
  /** Padding, batch norm and colors of its networks. */
  readonly convention: Exclude<ConventionKey, "own">;
  /**
   * Axes of a weight: PyTorch's [out, in, 3, 3], where a depthwise one is [C, 1, 3, 3], or TensorFlow's [3, 3, in, out],
   * where it is [3, 3, C, 1].
   */
  readonly axes: "OIHW" | "HWIO";
  /** What a name in a file may stand for, of those of {@link names}. */
  spellings(name: string): readonly string[];
  names(layer: NetworkLayer): LayerNames;
  /** Where the family's network is another one: what it has beside the named tensors, and why that matters. */
  readonly otherNetwork?: { readonly names: RegExp; readonly reason: string };
}

const pytorchNorm = (norm: string) => ({
  gamma: `${norm}.weight`,
  beta: `${norm}.bias`,
  mean: `${norm}.running_mean`,
  variance: `${norm}.running_var`,
});

/** `torchvision.models.mobilenet_v2`: blocks are `features.1` to `features.17`. */
export const torchvision: Family = {
  key: "torchvision",
  convention: "torchvision",
  axes: "OIHW",
  spellings: (name) => [name],
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
};

/** timm: `blocks.STAGE.INDEX`; the only block of the first stage is depthwise-separable and has no `conv_pwl`. */
const timm: Family = {
  key: "timm",
  convention: "timm",
  axes: "OIHW",
  spellings: (name) => [name],
  names({ part, stage, indexInStage, expanded }) {
    if (part === "stem") return { weight: "conv_stem.weight", ...pytorchNorm("bn1") };
    if (part === "last") return { weight: "conv_head.weight", ...pytorchNorm("bn2") };
    const convs = expanded ? ["expand", "depthwise", "project"] : ["depthwise", "project"];
    const conv =
      { expand: "conv_pw", depthwise: "conv_dw", project: expanded ? "conv_pwl" : "conv_pw" }[part];
    const block = `blocks.${stage}.${indexInStage}`;
    return { weight: `${block}.${conv}.weight`, ...pytorchNorm(`${block}.bn${convs.indexOf(part) + 1}`) };
  },
};

/**
 * `keras.applications.MobileNetV2`, `LAYER/VARIABLE`. Names may end in TensorFlow's `:0`; a network that was built again
 * in one process has numbers behind the names of its layers (`Conv1_1/kernel`); Keras 3 has no `depthwise_kernel`.
 */
const keras: Family = {
  key: "keras",
  convention: "keras",
  axes: "HWIO",
  spellings(name) {
    const plain = name.replace(/:0$/, "").replace(".", "/");
    const names = [plain, plain.replace(/_\d+\//, "/")];
    return [
      ...names,
      ...names.map((each) => each.replace("_depthwise/kernel", "_depthwise/depthwise_kernel")),
    ];
  },
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
};

/**
 * fast-reid's `build_mobilenetv2_backbone`, whose names are those of tonylins/pytorch-mobilenet-v2: the convolution, its
 * batch norm and its ReLU6 are numbered in one row, and the last convolution is outside of `features`.
 */
const fastReid: Family = {
  key: "fast-reid",
  convention: "torchvision",
  axes: "OIHW",
  spellings: (name) => [name],
  names({ part, block, expanded }) {
    if (part === "stem") return { weight: "features.0.0.weight", ...pytorchNorm("features.0.1") };
    if (part === "last") return { weight: "conv.0.weight", ...pytorchNorm("conv.1") };
    const parts = expanded ? ["expand", "depthwise", "project"] : ["depthwise", "project"];
    const index = 3 * parts.indexOf(part);
    const conv = `features.${block}.conv`;
    return { weight: `${conv}.${index}.weight`, ...pytorchNorm(`${conv}.${index + 1}`) };
  },
};

/**
 * torchreid's `mobilenetv2_x1_0` and `mobilenetv2_x1_4`. They are another network: the first block has an expansion of
 * factor one with a ReLU6, which table 2 of the paper does not have, and channels are not rounded to multiples of 8.
 */
const torchreid: Family = {
  key: "torchreid",
  convention: "torchvision",
  axes: "OIHW",
  spellings: (name) => [name],
  names({ part, stage, indexInStage }) {
    if (part === "stem") return { weight: "conv1.conv.weight", ...pytorchNorm("conv1.bn") };
    if (part === "last") return { weight: "conv9.conv.weight", ...pytorchNorm("conv9.bn") };
    const block = `conv${stage + 2}.${indexInStage}`;
    if (part === "project") return { weight: `${block}.conv3.0.weight`, ...pytorchNorm(`${block}.conv3.1`) };
    const conv = `${block}.${part === "expand" ? "conv1" : "dwconv2"}`;
    return { weight: `${conv}.conv.weight`, ...pytorchNorm(`${conv}.bn`) };
  },
  otherNetwork: {
    names: /(^|\.)conv2\.0\.conv1\./,
    reason:
      "torchreid's MobileNetV2 has a convolution more than the paper's in its first block, conv2.0.conv1, with a " +
      "ReLU6 behind it: what follows was trained on that block's output, so that none of it is of use without",
  },
};

/** Every known family. */
export const FAMILIES: readonly Family[] = [torchvision, timm, keras, fastReid, torchreid];
