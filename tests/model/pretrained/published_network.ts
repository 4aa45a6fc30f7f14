/**
 * MobileNetV2 as others publish it, from table 2 of the paper and nothing of model/: random weights under the names and
 * layouts of torchvision, timm, Keras or fast-reid, and the same network as an ONNX graph with that implementation's
 * conventions.
 */
import type { SafetensorsTensor } from "../../../model/safetensors.ts";
import { seededRandom } from "../../reference/seeded_random.ts";
import { multipleOfEight, PAPER_BLOCKS } from "../mobilenet_reference.ts";
import { OnnxGraph } from "./onnx_graph.ts";

/** Whose names and conventions. */
export type Publisher = "torchvision" | "timm" | "keras" | "fast-reid";

/** A published network. */
export interface Published {
  /** What its file holds. */
  readonly tensors: Map<string, SafetensorsTensor>;
  /** Encodes the graph: `images` [1, 3, height, width], normalized → `features` [1, 1280]. */
  encodeOnnx(size: { height: number; width: number }): Promise<Uint8Array>;
}

/** Running statistics, scales and shifts of batch norm far from those that they begin with. */
const NORM = { gamma: [0.5, 1.5], beta: [-0.5, 0.5], mean: [-0.4, 0.4], variance: [0.3, 1.8] } as const;

/** One convolution and the batch norm behind it. */
interface Layer {
  /** Names of the weight and of the norm. */
  readonly names: readonly [conv: string, norm: string];
  readonly kernel: 1 | 3;
  readonly from: number;
  readonly to: number;
  readonly depthwise?: boolean;
  readonly stride?: number;
  readonly linear?: boolean;
}

/** Names of the layers, in the order of the network; a block's are those of [expand], depthwise, project. */
interface Naming {
  readonly stem: Layer["names"];
  readonly block: (n: number, stage: number, place: number, expanded: boolean) => Layer["names"][];
  readonly last: Layer["names"];
}

const NAMINGS: Record<Publisher, Naming> = {
  torchvision: {
    stem: ["features.0.0", "features.0.1"],
    block: (n, _stage, _place, expanded) => {
      const at = `features.${n}.conv`;
      return expanded
        ? [[`${at}.0.0`, `${at}.0.1`], [`${at}.1.0`, `${at}.1.1`], [`${at}.2`, `${at}.3`]]
        : [[`${at}.0.0`, `${at}.0.1`], [`${at}.1`, `${at}.2`]];
    },
    last: ["features.18.0", "features.18.1"],
  },
  timm: {
    stem: ["conv_stem", "bn1"],
    block: (_n, stage, place, expanded) => {
      const convs = expanded ? ["conv_pw", "conv_dw", "conv_pwl"] : ["conv_dw", "conv_pw"];
      const at = `blocks.${stage}.${place}`;
      return convs.map((conv, i) => [`${at}.${conv}`, `${at}.bn${i + 1}`]);
    },
    last: ["conv_head", "bn2"],
  },
  keras: {
    stem: ["Conv1", "bn_Conv1"],
    block: (n, _stage, _place, expanded) => {
      const at = expanded ? `block_${n - 1}_` : "expanded_conv_";
      const parts = expanded ? ["expand", "depthwise", "project"] : ["depthwise", "project"];
      return parts.map((part) => [at + part, `${at}${part}_BN`]);
    },
    last: ["Conv_1", "Conv_1_bn"],
  },
  "fast-reid": {
    stem: ["features.0.0", "features.0.1"],
    // Convolution, norm and ReLU6 are numbered in one row.
    block: (n, _stage, _place, expanded) =>
      [0, 3, 6].slice(0, expanded ? 3 : 2).map((
        i,
      ) => [`features.${n}.conv.${i}`, `features.${n}.conv.${i + 1}`]),
    last: ["conv.0", "conv.1"],
  },
};

/** Draws a network and writes it down both ways. */
export function publish(publisher: Publisher, width: number, seed: number): Published {
  const random = seededRandom(seed);
  const keras = publisher === "keras";
  const tensors = new Map<string, SafetensorsTensor>();
  const graph = new OnnxGraph();
  const f32 = (name: string, shape: readonly number[], data: Float32Array) =>
    tensors.set(name, { dtype: "F32", shape, data });

  const convolve = (x: string, layer: Layer): string => {
    const { names: [conv, norm], kernel, from, to, depthwise = false, stride = 1, linear = false } = layer;
    const inputs = depthwise ? 1 : from;
    const oihw = [to, inputs, kernel, kernel];
    const fanIn = inputs * kernel * kernel;
    const weight = Float32Array.from({ length: to * fanIn }, () => Math.sqrt(2 / fanIn) * random.normal());
    const draw = ([low, high]: readonly [number, number]) =>
      Float32Array.from({ length: to }, () => low + (high - low) * random.uniform());
    const [gamma, beta, mean, variance] = [NORM.gamma, NORM.beta, NORM.mean, NORM.variance].map(draw);
    if (keras) {
      const shape = depthwise ? [kernel, kernel, to, 1] : [kernel, kernel, from, to];
      f32(`${conv}/${depthwise ? "depthwise_kernel" : "kernel"}`, shape, toHwio(weight, kernel, inputs, to));
      f32(`${norm}/gamma`, [to], gamma);
      f32(`${norm}/beta`, [to], beta);
      f32(`${norm}/moving_mean`, [to], mean);
      f32(`${norm}/moving_variance`, [to], variance);
    } else {
      f32(`${conv}.weight`, oihw, weight);
      f32(`${norm}.weight`, [to], gamma);
      f32(`${norm}.bias`, [to], beta);
      f32(`${norm}.running_mean`, [to], mean);
      f32(`${norm}.running_var`, [to], variance);
      tensors.set(`${norm}.num_batches_tracked`, { dtype: "I64", shape: [], data: BigInt64Array.of(1234n) });
    }
    const convolved = graph.node("Conv", [x, graph.constant(conv, oihw, weight)], {
      group: depthwise ? from : 1,
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      // Keras pads strided convolutions by hand, as SAME does.
      ...(keras ? { auto_pad: "SAME_UPPER" } : { pads: new Array(4).fill((kernel - 1) / 2) }),
    });
    const parameters = Object.entries({ gamma, beta, mean, variance }).map(([name, values]) =>
      graph.constant(`${norm}.${name}`, [to], values)
    );
    const normed = graph.node("BatchNormalization", [convolved, ...parameters], {
      epsilon: keras ? 1e-3 : 1e-5,
    });
    return linear ? normed : graph.node("Clip", [normed, graph.scalar("zero", 0), graph.scalar("six", 6)]);
  };

  const naming = NAMINGS[publisher];
  let channels = multipleOfEight(32 * width);
  let x = convolve("images", { names: naming.stem, kernel: 3, from: 3, to: channels, stride: 2 });
  let [stage, place] = [-1, 0];
  PAPER_BLOCKS.forEach(([t, c, stride], i) => {
    const newStage = i === 0 || c !== PAPER_BLOCKS[i - 1][1];
    [stage, place] = newStage ? [stage + 1, 0] : [stage, place + 1];
    const hidden = channels * t;
    const to = multipleOfEight(c * width);
    const names = naming.block(i + 1, stage, place, t > 1);
    let y = x;
    if (t > 1) y = convolve(y, { names: names[0], kernel: 1, from: channels, to: hidden });
    y = convolve(y, { names: names.at(-2)!, kernel: 3, from: hidden, to: hidden, depthwise: true, stride });
    y = convolve(y, { names: names.at(-1)!, kernel: 1, from: hidden, to, linear: true });
    x = stride === 1 && channels === to ? graph.node("Add", [x, y]) : y;
    channels = to;
  });
  const features = Math.max(1280, multipleOfEight(1280 * width));
  x = convolve(x, { names: naming.last, kernel: 1, from: channels, to: features });
  graph.output("features", graph.node("Flatten", [graph.node("GlobalAveragePool", [x])], { axis: 1 }));

  const [head, bias] = {
    torchvision: ["classifier.1.weight", "classifier.1.bias"],
    timm: ["classifier.weight", "classifier.bias"],
    keras: ["predictions/kernel", "predictions/bias"],
    "fast-reid": ["heads.weight", "heads.bias"],
  }[publisher];
  f32(head, keras ? [features, 4] : [4, features], new Float32Array(4 * features));
  f32(bias, [4], new Float32Array(4));
  const encodeOnnx: Published["encodeOnnx"] = ({ height, width }) =>
    graph.encode(
      { name: "images", shape: [1, 3, height, width] },
      { name: "features", shape: [1, features] },
    );
  return { tensors, encodeOnnx };
}

/** [to, inputs, k, k] → [k, k, inputs, to]; a depthwise one's [k, k, 1, C] has the bytes of Keras' [k, k, C, 1]. */
function toHwio(weight: Float32Array, kernel: number, inputs: number, to: number): Float32Array {
  const places = kernel * kernel;
  return Float32Array.from(weight, (_, i) => {
    const [out, rest] = [i % to, Math.floor(i / to)];
    const [input, place] = [rest % inputs, Math.floor(rest / inputs)];
    return weight[(out * inputs + input) * places + place];
  });
}
