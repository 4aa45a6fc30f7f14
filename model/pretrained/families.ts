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
  /** What a name in a file may stand for, of those of {@link names}. */
  spellings(name: string): readonly string[];
  names(layer: NetworkLayer): LayerNames;
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

/** Every known family. */
export const FAMILIES: readonly Family[] = [torchvision, timm, keras];
