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
  writes,
} from "../wgsl/dispatch.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import { splitReduction, sumWork } from "../reduction/sum_slices.ts";
import type { Target } from "../wgsl/target.ts";
import { DEPTHWISE_TILES, type DepthwiseVariant, tunable } from "../wgsl/variants.ts";
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

/** Rows and columns of outputs that a thread computes together. */
function tileOf(s: DepthwiseShape, variant: DepthwiseVariant): { tileH: number; tileW: number } {
  const { oh, ow } = outputSize(s);
  const { outputs, columns, strided } = DEPTHWISE_TILES[variant];
  if (s.stride !== 1) return { tileH: 1, tileW: Math.min(strided, ow) };
  const tileW = Math.min(columns, ow);
  return { tileH: Math.min(Math.floor(outputs / tileW), oh), tileW };
}

function window({ stride, pads }: DepthwiseShape): Record<string, number> {
  return { STRIDE: stride, PAD_TOP: pads.top, PAD_LEFT: pads.left };
}

/** A tile of outputs, with the pixels that they read. */
function outputTile(s: DepthwiseShape, variant: DepthwiseVariant) {
  const { oh, ow } = outputSize(s);
  const { tileH, tileW } = tileOf(s, variant);
  const reach = (tile: number) => (tile - 1) * s.stride + 3;
  return {
    tiles: s.n * Math.ceil(oh / tileH) * Math.ceil(ow / tileW),
    tile: { TILE_H: tileH, TILE_W: tileW, ROWS: reach(tileH), COLUMNS: reach(tileW), ...window(s) },
  };
}

/** The shapes of images and weights, as each kernel binds them. */
function shapesOf(s: DepthwiseShape) {
  const { oh, ow } = outputSize(s);
  return {
    image: [s.n, s.h, s.w, s.channels],
    output: [s.n, oh, ow, s.channels],
    weight: [3, 3, s.channels],
  };
}

function defaultOf({ adapterClass }: Target): DepthwiseVariant {
  return adapterClass === "software" ? "large" : "small";
}

/** The key of a kernel's choices. */
function keyOf(name: string, s: DepthwiseShape, ...prologues: readonly Prologue[]): string {
  const { top, left, bottom, right } = s.pads;
  const shape = `${s.n}×${s.h}×${s.w}×${s.channels} /${s.stride} pads ${top},${left},${bottom},${right}`;
  return [name, shape, ...prologues].join(" ");
}

/** y = x * w. Bindings: `x` (and `x_coefficients`), `w`, `y` [N, OH, OW, C] and what its epilogue needs. */
export function depthwiseConv(
  s: DepthwiseShape,
  target: Target,
  prologue: Prologue = "none",
  epilogue: Epilogue = {},
): Dispatch {
  const { image, output, weight } = shapesOf(s);
  const make = (variant: DepthwiseVariant) => {
    const { tiles, tile } = outputTile(s, variant);
    const dispatch: Dispatch = {
      kernel: "depthwise_conv",
      source: forward,
      bindings: [
        ...prologueBindings("x", prologue, s.channels),
        reads("w"),
        ...epilogueBindings("y", epilogue),
      ],
      constants: { N: s.n, ...sizes(s), ...prologueConstants("x", prologue, s.channels) },
      tile,
      workgroups: flatWorkgroups(tiles * vec4Count(s.channels)),
      cost: cost(s),
    };
    return { dispatch };
  };
  const shapes = {
    ...prologueShapes("x", prologue, image),
    w: weight,
    y: output,
    y_bias: [1, s.channels],
    y_addend: output,
  };
  const key = keyOf("depthwise_conv", s, prologue);
  return tunable(target, key, defaultOf(target), make, ({ dispatch }) => [{ dispatch, shapes }]).dispatch;
}

/** dx from dy, read through `prologue`. Bindings: `dy` and what its prologue needs, `w`, `dx`. */
export function depthwiseConvInputGradient(
  s: DepthwiseShape,
  target: Target,
  prologue: Prologue = "none",
): Dispatch {
  const { image, output, weight } = shapesOf(s);
  const kernel = "depthwise_conv_input_gradient";
  const make = (variant: DepthwiseVariant) => {
    const tile = tileOf(s, variant);
    const [tileH, tileW] = [tile.tileH * s.stride, tile.tileW * s.stride];
    const rows = fed(tileH, s.stride, s.pads.top);
    const columns = fed(tileW, s.stride, s.pads.left);
    const tiles = s.n * Math.ceil(s.h / tileH) * Math.ceil(s.w / tileW);
    const dispatch: Dispatch = {
      kernel,
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
        ...window(s),
      },
      workgroups: flatWorkgroups(tiles * vec4Count(s.channels)),
      cost: cost(s),
    };
    return { dispatch };
  };
  const shapes = { ...prologueShapes("dy", prologue, output), w: weight, dx: image };
  const key = keyOf(kernel, s, prologue);
  return tunable(target, key, defaultOf(target), make, ({ dispatch }) => [{ dispatch, shapes }]).dispatch;
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
  const { image, output, weight } = shapesOf(s);
  const kernel = "depthwise_conv_weight_gradient";
  const make = (variant: DepthwiseVariant) => {
    const { tiles, tile } = outputTile(s, variant);
    const { slices, sliceLength } = splitReduction(tiles, vec4Count(s.channels), target.parallelism, 1);
    const dispatch: Dispatch = {
      kernel,
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
      tile,
      workgroups: flatWorkgroups(slices * vec4Count(s.channels)),
      cost: cost(s),
    };
    return { dispatch, slices };
  };
  const operands = {
    ...prologueShapes("x", prologue, image),
    ...prologueShapes("dy", gradientPrologue, output),
  };
  const key = keyOf(kernel, s, prologue, gradientPrologue);
  return tunable(target, key, defaultOf(target), make, ({ dispatch, slices }) => [
    { dispatch, shapes: { ...operands, dw: [slices, ...weight] } },
    ...sumWork(slices, weight, target),
  ]);
}
