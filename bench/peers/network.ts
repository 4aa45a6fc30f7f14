/**
 * The network that every library in the comparison builds: MobileNetV2 (Sandler et al. 2018, table 2) with batch norm
 * and SAME padding, pooled to its features, then one dense layer without bias, scaled to length one.
 *
 * It is a list of layers that each peer builds from its own ops. Parameters have the names that `ReidModel` gives them, so
 * that all peers get the same weights.
 */
import type { Random } from "../../engine/mod.ts";
import { makeDivisible, STAGES } from "../../model/network_layers.ts";

/** Epsilon of batch norm. */
export const EPSILON = 1e-3;
/** Momentum of batch norm's running statistics: the share that stays at every step. */
export const MOMENTUM = 0.9;
/** Size of an embedding. */
export const EMBEDDING = 128;

/** A convolution without bias, then batch norm, then ReLU6 or nothing. */
export interface Layer {
  /** `full` 3×3 over all channels, `depthwise` 3×3 on each alone, `pointwise` 1×1. */
  readonly kind: "full" | "depthwise" | "pointwise";
  /** Its parameters are `name.weight`, `.gamma`, `.beta`, `.running_mean` and `.running_variance`. */
  readonly name: string;
  /** Channels of the input. */
  readonly from: number;
  /** Channels of the output. */
  readonly to: number;
  readonly stride: number;
  readonly relu6: boolean;
}

/** Layers in order, and whether the block's input is added to their output. */
export interface Block {
  readonly layers: readonly Layer[];
  readonly residual: boolean;
}

/** A parameter in our engine's layout: pointwise [from, to], depthwise [3, 3, C], full [3, 3, from, to]. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trainable: boolean;
}

/** Blocks of the network, with the stem and the last convolution. */
export function mobileNetV2(width: number): Block[] {
  let channels = makeDivisible(32 * width);
  const stem: Layer = { kind: "full", name: "stem", from: 3, to: channels, stride: 2, relu6: true };
  const blocks: Block[] = [{ layers: [stem], residual: false }];
  for (const { t, c, n, s } of STAGES) {
    const to = makeDivisible(c * width);
    for (let i = 0; i < n; i++) {
      const stride = i === 0 ? s : 1;
      blocks.push(invertedResidual(`block${blocks.length}`, channels, to, t, stride));
      channels = to;
    }
  }
  const features = width > 1 ? makeDivisible(1280 * width) : 1280;
  const last: Layer = {
    kind: "pointwise",
    name: "last",
    from: channels,
    to: features,
    stride: 1,
    relu6: true,
  };
  return [...blocks, { layers: [last], residual: false }];
}

function invertedResidual(name: string, from: number, to: number, t: number, stride: number): Block {
  const hidden = from * t;
  const expand: Layer = {
    kind: "pointwise",
    name: `${name}.expand`,
    from,
    to: hidden,
    stride: 1,
    relu6: true,
  };
  const layers: Layer[] = [
    ...(t === 1 ? [] : [expand]),
    { kind: "depthwise", name: `${name}.depthwise`, from: hidden, to: hidden, stride, relu6: true },
    { kind: "pointwise", name: `${name}.project`, from: hidden, to, stride: 1, relu6: false },
  ];
  return { layers, residual: stride === 1 && from === to };
}

/** Shape of a layer's weight. */
export function weightShape({ kind, from, to }: Layer): number[] {
  return kind === "full" ? [3, 3, from, to] : kind === "depthwise" ? [3, 3, to] : [from, to];
}

/** All layers in order. */
export function layersOf(blocks: readonly Block[]): Layer[] {
  return blocks.flatMap(({ layers }) => layers);
}

/** Every parameter, in the order in which `ReidModel` adds them. */
export function parameterSpecs(blocks: readonly Block[]): ParameterSpec[] {
  const layers = layersOf(blocks);
  const ofLayer = (layer: Layer): ParameterSpec[] => [
    { name: `${layer.name}.weight`, shape: weightShape(layer), trainable: true },
    { name: `${layer.name}.gamma`, shape: [layer.to], trainable: true },
    { name: `${layer.name}.beta`, shape: [layer.to], trainable: true },
    { name: `${layer.name}.running_mean`, shape: [layer.to], trainable: false },
    { name: `${layer.name}.running_variance`, shape: [layer.to], trainable: false },
  ];
  const embedding = { name: "embedding.weight", shape: [layers.at(-1)!.to, EMBEDDING], trainable: true };
  return [...layers.flatMap(ofLayer), embedding];
}

/** Values of every parameter by name: weights by He et al. 2015, batch norm near the identity but never equal to it. */
export function drawWeights(specs: readonly ParameterSpec[], random: Random): Map<string, Float32Array> {
  return new Map(
    specs.map(({ name, shape }) => {
      const count = shape.reduce((a, b) => a * b, 1);
      const draw = drawer(name, shape, random);
      return [name, Float32Array.from({ length: count }, draw)];
    }),
  );
}

function drawer(name: string, shape: readonly number[], random: Random): () => number {
  if (name.endsWith(".weight")) {
    // Fan-in: all axes but the last, which is the output axis except in a depthwise weight.
    const deviation = Math.sqrt(2 / shape.slice(0, -1).reduce((a, b) => a * b, 1));
    return () => random.normal() * deviation;
  }
  const aroundOne = name.endsWith(".gamma") || name.endsWith(".running_variance");
  return aroundOne ? () => random.uniform(0.8, 1.2) : () => random.uniform(-0.2, 0.2);
}

/**
 * Runs the blocks with a library's ops.
 *
 * @param keep returns a second reference to a value that is used twice, for libraries that count references.
 */
export function applyBlocks<T>(
  blocks: readonly Block[],
  x: T,
  convolve: (x: T, layer: Layer) => T,
  add: (x: T, y: T) => T,
  keep: (x: T) => T = (x) => x,
): T {
  for (const { layers, residual } of blocks) {
    const input = residual ? keep(x) : undefined;
    for (const layer of layers) x = convolve(x, layer);
    if (residual) x = add(input!, x);
  }
  return x;
}
