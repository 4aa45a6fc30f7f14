/** The depthwise 3×3 convolution and its gradients: which variant runs, and the strips of one thread each. */
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
import { vec4Count } from "../wgsl/storage.ts";
import { splitReduction, sumWork } from "../reduction/sum_slices.ts";
import type { Target } from "../wgsl/target.ts";
import { DEPTHWISE_TILES, type DepthwiseVariant, tunable } from "../wgsl/variants.ts";
import { outputSize } from "./convolution_shape.ts";
import { depthwiseInLanes } from "./depthwise_lanes.ts";
import { cost, type DepthwiseShape, inputTile, padding, shapesOf, sizes } from "./depthwise_shape.ts";
import forward from "./depthwise_conv.wgsl" with { type: "text" };
import inputGradient from "./depthwise_conv_input_gradient.wgsl" with { type: "text" };
import weightGradient from "./depthwise_conv_weight_gradient.wgsl" with { type: "text" };

/** Outputs in a row of a thread's strip. */
function tileWidth(s: DepthwiseShape, variant: DepthwiseVariant): number {
  const { columns, strided } = DEPTHWISE_TILES[variant];
  return Math.min(s.stride === 1 ? columns : strided, outputSize(s).ow);
}

/** The fewest rows of a strip: a thread loads two rows more than it has rows of outputs. */
const SHORTEST_STRIP = 4;

/** Cuts `rows` rows of `columns` tiles in each image into strips, so many that the adapter is busy. */
function stripsOf(s: DepthwiseShape, rows: number, columns: number, { parallelism }: Target) {
  const wanted = Math.ceil(2 * parallelism / (s.n * columns * vec4Count(s.channels)));
  const height = Math.max(Math.min(SHORTEST_STRIP, rows), Math.ceil(rows / wanted));
  return { height, strips: s.n * Math.ceil(rows / height) * columns };
}

/** Strips of outputs, and the pixels that a row of one reads. */
function outputStrips(s: DepthwiseShape, variant: DepthwiseVariant, target: Target) {
  const { oh, ow } = outputSize(s);
  const width = tileWidth(s, variant);
  return {
    ...stripsOf(s, oh, Math.ceil(ow / width), target),
    tile: { TILE_W: width, COLUMNS: (width - 1) * s.stride + 3, STRIDE: s.stride },
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
    const operation = {
      bindings: [
        ...prologueBindings("x", prologue, s.channels),
        reads("w"),
        ...epilogueBindings("y", epilogue),
      ],
      constants: { N: s.n, ...sizes(s), ...prologueConstants("x", prologue, s.channels) },
      cost: cost(s),
    };
    if (variant === "small") return { dispatch: depthwiseInLanes(s, operation, target) };
    const { height, strips, tile } = outputStrips(s, variant, target);
    const dispatch: Dispatch = {
      ...operation,
      kernel: "depthwise_conv",
      source: forward,
      constants: { ...operation.constants, ...padding(s), STRIP_H: height },
      tile,
      workgroups: flatWorkgroups(strips * vec4Count(s.channels)),
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
    const { tile, tiles } = inputTile(s, { tileH: 1, tileW: tileWidth(s, variant) });
    const { height, strips } = stripsOf(s, Math.ceil(s.h / s.stride), tiles, target);
    const dispatch: Dispatch = {
      kernel,
      source: inputGradient,
      bindings: [...prologueBindings("dy", prologue, s.channels), reads("w"), writes("dx")],
      constants: { N: s.n, ...sizes(s), ...prologueConstants("dy", prologue, s.channels), STRIP_H: height },
      tile,
      workgroups: flatWorkgroups(strips * vec4Count(s.channels)),
      cost: cost(s),
    };
    return { dispatch };
  };
  const shapes = { ...prologueShapes("dy", prologue, output), w: weight, dx: image };
  const key = keyOf(kernel, s, prologue);
  return tunable(target, key, defaultOf(target), make, ({ dispatch }) => [{ dispatch, shapes }]).dispatch;
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
    const { height, strips, tile } = outputStrips(s, variant, target);
    const { slices, sliceLength } = splitReduction(strips, vec4Count(s.channels), target.parallelism, 1);
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
        ...padding(s),
        ...prologueConstants("x", prologue, s.channels),
        ...prologueConstants("dy", gradientPrologue, s.channels),
        STRIP_H: height,
        STRIPS: strips,
        SLICES: slices,
        SLICE_STRIPS: sliceLength,
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
