/** Geometry of the depthwise 3×3 convolution and its gradients. Shapes: x [N, H, W, C], w [3, 3, C]. */
import { type ConvShape, outputSize } from "./convolution_shape.ts";
import {
  type Dispatch,
  type Epilogue,
  epilogueBindings,
  flatWorkgroups,
  type Prologue,
  prologueBindings,
  prologueConstants,
  prologueShapes,
  reads,
  type Tunable,
  type VariantWork,
  writes,
} from "../wgsl/dispatch.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import { splitReduction, sumWork } from "../reduction/sum_slices.ts";
import type { Target } from "../wgsl/target.ts";
import { DEPTHWISE_TILES, type DepthwiseVariant, variantOf } from "../wgsl/variants.ts";
import forward from "./depthwise_conv.wgsl" with { type: "text" };
import inputGradient from "./depthwise_conv_input_gradient.wgsl" with { type: "text" };
import weightGradient from "./depthwise_conv_weight_gradient.wgsl" with { type: "text" };

/** A depthwise convolution over C channels; its kernel is 3×3. */
export interface DepthwiseShape extends ConvShape {
  /** Channels, each with its own kernel. */
  readonly channels: number;
}

function sizes(s: DepthwiseShape): Record<string, number> {
  const { oh, ow } = outputSize(s);
  return { H: s.h, W: s.w, C4: vec4Count(s.channels), OH: oh, OW: ow };
}

function cost(s: DepthwiseShape): { flops: number; bytes: number } {
  const { oh, ow } = outputSize(s);
  const bytes = tensorBytes([s.n, s.h, s.w, s.channels]) + tensorBytes([s.n, oh, ow, s.channels]);
  return { flops: 18 * s.n * oh * ow * s.channels, bytes };
}

/** Input pixels along one axis that `tile` neighboring outputs read. */
function reach(tile: number, stride: number): number {
  return (tile - 1) * stride + 3;
}

/** Rows and columns of outputs that a thread computes together. */
function tileOf(s: DepthwiseShape, variant: DepthwiseVariant): { tileH: number; tileW: number } {
  const { oh, ow } = outputSize(s);
  const { outputs, columns, strided } = DEPTHWISE_TILES[variant];
  if (s.stride !== 1) return { tileH: 1, tileW: Math.min(strided, ow) };
  const tileW = Math.min(columns, ow);
  return { tileH: Math.min(Math.floor(outputs / tileW), oh), tileW };
}

/** Which variant of a kernel runs, and what would run as another. */
function tunable(
  name: string,
  s: DepthwiseShape,
  target: Target,
  prologues: readonly Prologue[],
  as: (variant: DepthwiseVariant) => VariantWork[],
): Tunable & { variant: DepthwiseVariant } {
  const { top, left, bottom, right } = s.pads;
  const shape = `${s.n}×${s.h}×${s.w}×${s.channels} /${s.stride} pads ${top},${left},${bottom},${right}`;
  const key = [name, shape, ...prologues].join(" ");
  const byDefault = () => target.adapterClass === "software" ? "large" as const : "small" as const;
  const variant = variantOf<DepthwiseVariant>(target, key, byDefault);
  return { key, variant, as: (other) => as(other as DepthwiseVariant) };
}

/** y = x * w. Bindings: `x` (and `x_coefficients`), `w`, `y` [N, OH, OW, C] and what its epilogue needs. */
export function depthwiseConv(
  s: DepthwiseShape,
  target: Target,
  prologue: Prologue = "none",
  epilogue: Epilogue = {},
): Dispatch {
  const { oh, ow } = outputSize(s);
  const shapes = {
    ...prologueShapes("x", prologue, [s.n, s.h, s.w, s.channels]),
    w: [3, 3, s.channels],
    y: [s.n, oh, ow, s.channels],
    y_bias: [1, s.channels],
    y_addend: [s.n, oh, ow, s.channels],
  };
  const as = (variant: DepthwiseVariant) => forwardAs(s, variant, prologue, epilogue);
  const choice = tunable(
    "depthwise_conv",
    s,
    target,
    [prologue],
    (other) => [{ dispatch: as(other), shapes }],
  );
  return { ...as(choice.variant), tunable: choice };
}

function forwardAs(
  s: DepthwiseShape,
  variant: DepthwiseVariant,
  prologue: Prologue,
  epilogue: Epilogue,
): Dispatch {
  const { oh, ow } = outputSize(s);
  const { tileH, tileW } = tileOf(s, variant);
  return {
    kernel: "depthwise_conv",
    source: forward,
    bindings: [
      ...prologueBindings("x", prologue, s.channels),
      reads("w"),
      ...epilogueBindings("y", epilogue),
    ],
    constants: { N: s.n, ...sizes(s), ...prologueConstants("x", prologue, s.channels) },
    tile: {
      TILE_H: tileH,
      TILE_W: tileW,
      ROWS: reach(tileH, s.stride),
      COLUMNS: reach(tileW, s.stride),
      STRIDE: s.stride,
      PAD_TOP: s.pads.top,
      PAD_LEFT: s.pads.left,
    },
    workgroups: flatWorkgroups(s.n * Math.ceil(oh / tileH) * Math.ceil(ow / tileW) * vec4Count(s.channels)),
    cost: cost(s),
  };
}

/** dx from dy, read through `prologue`. Bindings: `dy` and what its prologue needs, `w`, `dx`. */
export function depthwiseConvInputGradient(
  s: DepthwiseShape,
  target: Target,
  prologue: Prologue = "none",
): Dispatch {
  const { oh, ow } = outputSize(s);
  const shapes = {
    ...prologueShapes("dy", prologue, [s.n, oh, ow, s.channels]),
    w: [3, 3, s.channels],
    dx: [s.n, s.h, s.w, s.channels],
  };
  const as = (variant: DepthwiseVariant) => inputGradientAs(s, variant, prologue);
  const name = "depthwise_conv_input_gradient";
  const choice = tunable(name, s, target, [prologue], (other) => [{ dispatch: as(other), shapes }]);
  return { ...as(choice.variant), tunable: choice };
}

function inputGradientAs(s: DepthwiseShape, variant: DepthwiseVariant, prologue: Prologue): Dispatch {
  const tile = tileOf(s, variant);
  const [tileH, tileW] = [tile.tileH * s.stride, tile.tileW * s.stride];
  const rows = fed(tileH, s.stride, s.pads.top);
  const columns = fed(tileW, s.stride, s.pads.left);
  return {
    kernel: "depthwise_conv_input_gradient",
    source: inputGradient,
    bindings: [...prologueBindings("dy", prologue, s.channels), reads("w"), writes("dx")],
    constants: { N: s.n, ...sizes(s), ...prologueConstants("dy", prologue, s.channels) },
    tile: {
      TILE_H: tileH,
      TILE_W: tileW,
      ROWS: rows.count,
      COLUMNS: columns.count,
      FIRST_ROW: rows.first,
      FIRST_COLUMN: columns.first,
      STRIDE: s.stride,
      PAD_TOP: s.pads.top,
      PAD_LEFT: s.pads.left,
    },
    workgroups: flatWorkgroups(s.n * Math.ceil(s.h / tileH) * Math.ceil(s.w / tileW) * vec4Count(s.channels)),
    cost: cost(s),
  };
}

/** Outputs along one axis that `tile` input pixels fed: output o read the pixels from o · stride - pad on, three. */
function fed(tile: number, stride: number, pad: number): { first: number; count: number } {
  const first = Math.ceil((pad - 2) / stride);
  return { first, count: Math.floor((tile - 1 + pad) / stride) - first + 1 };
}

/** Partial sums of dw; sum the slices. Bindings: `x` and `dy` with what their prologues need, `dw` [slices, 3, 3, C]. */
export function depthwiseConvWeightGradient(
  s: DepthwiseShape,
  target: Target,
  prologue: Prologue = "none",
  gradientPrologue: Prologue = "none",
): { dispatch: Dispatch; slices: number } {
  const { oh, ow } = outputSize(s);
  const operands = {
    ...prologueShapes("x", prologue, [s.n, s.h, s.w, s.channels]),
    ...prologueShapes("dy", gradientPrologue, [s.n, oh, ow, s.channels]),
  };
  const weight = [3, 3, s.channels];
  const as = (variant: DepthwiseVariant) => weightGradientAs(s, variant, target, prologue, gradientPrologue);
  const work = (variant: DepthwiseVariant): VariantWork[] => {
    const { dispatch, slices } = as(variant);
    const partial = { dispatch, shapes: { ...operands, dw: [slices, ...weight] } };
    return [partial, ...sumWork(slices, weight, target)];
  };
  const choice = tunable("depthwise_conv_weight_gradient", s, target, [prologue, gradientPrologue], work);
  const { dispatch, slices } = as(choice.variant);
  return { dispatch: { ...dispatch, tunable: choice }, slices };
}

function weightGradientAs(
  s: DepthwiseShape,
  variant: DepthwiseVariant,
  { parallelism }: Target,
  prologue: Prologue,
  gradientPrologue: Prologue,
): { dispatch: Dispatch; slices: number } {
  const { oh, ow } = outputSize(s);
  const { tileH, tileW } = tileOf(s, variant);
  const tiles = s.n * Math.ceil(oh / tileH) * Math.ceil(ow / tileW);
  const { slices, sliceLength } = splitReduction(tiles, vec4Count(s.channels), parallelism, 1);
  const dispatch: Dispatch = {
    kernel: "depthwise_conv_weight_gradient",
    source: weightGradient,
    bindings: [
      ...prologueBindings("x", prologue, s.channels),
      ...prologueBindings("dy", gradientPrologue, s.channels),
      writes("dw"),
    ],
    constants: {
      ...sizes(s),
      ...prologueConstants("x", prologue, s.channels),
      ...prologueConstants("dy", gradientPrologue, s.channels),
      TILES: tiles,
      SLICES: slices,
      SLICE_TILES: sliceLength,
    },
    tile: {
      TILE_H: tileH,
      TILE_W: tileW,
      ROWS: reach(tileH, s.stride),
      COLUMNS: reach(tileW, s.stride),
      STRIDE: s.stride,
      PAD_TOP: s.pads.top,
      PAD_LEFT: s.pads.left,
    },
    workgroups: flatWorkgroups(slices * vec4Count(s.channels)),
    cost: cost(s),
  };
  return { dispatch, slices };
}
