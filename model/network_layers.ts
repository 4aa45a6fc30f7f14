/**
 * The convolutions of MobileNetV2 as a list (Sandler, Howard, Zhu, Zhmoginov and Chen, "MobileNetV2: Inverted Residuals
 * and Linear Bottlenecks", 2018). An inverted residual block is two or three of them: expand (1×1, ReLU6), filter each
 * channel (depthwise 3×3, ReLU6), project (1×1, linear). The block's input is added to its output where shapes agree.
 */

/** Table 2 of the paper: expansion factor t, output channels c, repeats n, stride s of the first. */
export const STAGES: readonly { t: number; c: number; n: number; s: number }[] = [
  { t: 1, c: 16, n: 1, s: 1 },
  { t: 6, c: 24, n: 2, s: 2 },
  { t: 6, c: 32, n: 3, s: 2 },
  { t: 6, c: 64, n: 4, s: 2 },
  { t: 6, c: 96, n: 3, s: 1 },
  { t: 6, c: 160, n: 3, s: 2 },
  { t: 6, c: 320, n: 1, s: 1 },
];

/** Channels rounded to the nearest multiple of 8, but never down by more than a tenth. */
export function makeDivisible(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/** Number of pooled features: 1280, or 1280 · width for widths above 1. */
export function featureCount(width: number): number {
  return width > 1 ? makeDivisible(1280 * width) : 1280;
}

/** A convolution: the stem, the last one, or part of a block. */
export interface NetworkLayer {
  /** Its name in the network's parameters, such as `block2.expand`. */
  readonly name: string;
  readonly part: "stem" | "expand" | "depthwise" | "project" | "last";
  /** Channels in and out. */
  readonly from: number;
  readonly to: number;
  /** For layers in blocks: the block's number from 1, its stage from 0, and its index in the stage. */
  readonly block: number;
  readonly stage: number;
  readonly indexInStage: number;
  /** Whether the block has an expansion. */
  readonly expanded: boolean;
  readonly stride: number;
  /** Whether the layer is the first of a block. */
  readonly startsBlock: boolean;
  /** Whether the layer ends a block whose input is added to its output. */
  readonly residual: boolean;
}

/** All 52 convolutions at a width multiplier, in the order of the network. */
export function networkLayers(width: number): [NetworkLayer, ...NetworkLayer[]] {
  let channels = makeDivisible(32 * width), block = 0;
  const single = {
    block: 0,
    stage: 0,
    indexInStage: 0,
    expanded: false,
    startsBlock: false,
    residual: false,
  };
  const layers: [NetworkLayer, ...NetworkLayer[]] = [{
    name: "stem",
    part: "stem",
    from: 3,
    to: channels,
    stride: 2,
    ...single,
  }];
  for (const [stage, { t, c, n, s }] of STAGES.entries()) {
    for (let indexInStage = 0; indexInStage < n; indexInStage++) {
      block++;
      const hidden = channels * t, output = makeDivisible(c * width);
      const stride = indexInStage === 0 ? s : 1;
      const residual = stride === 1 && channels === output;
      const expanded = t !== 1;
      const add = (part: NetworkLayer["part"], from: number, to: number) =>
        layers.push({
          name: `block${block}.${part}`,
          part,
          from,
          to,
          block,
          stage,
          indexInStage,
          expanded,
          stride: part === "depthwise" ? stride : 1,
          startsBlock: part === (expanded ? "expand" : "depthwise"),
          residual: part === "project" && residual,
        });
      if (expanded) add("expand", channels, hidden);
      add("depthwise", hidden, hidden);
      add("project", hidden, output);
      channels = output;
    }
  }
  layers.push({ name: "last", part: "last", from: channels, to: featureCount(width), stride: 1, ...single });
  return layers;
}
