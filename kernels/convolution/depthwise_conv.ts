/** Geometry of the depthwise 3×3 convolution and its gradients. Shapes: x [N, H, W, C], w [3, 3, C]. */
import { epilogueText, leavingStatistics, type Left } from "../batch_norm/epilogues.ts";
import { type ConvShape, outputSize } from "./convolution_shape.ts";
import {
  type Dispatch,
  type Epilogue,
  epilogueBindings,
  flatWorkgroups,
  foldWorkgroups,
  type Prologue,
  prologueBindings,
  prologueConstants,
  prologueShapes,
  reads,
  readsChannels,
  writes,
} from "../wgsl/dispatch.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import { splitReduction, sumWork } from "../reduction/sum_slices.ts";
import type { Target } from "../wgsl/target.ts";
import { DEPTHWISE_TILES, type DepthwiseVariant, tunable } from "../wgsl/variants.ts";
import laneColumns from "../reduction/lane_columns.wgsl" with { type: "text" };
import lanes from "./depthwise_conv_lanes.wgsl" with { type: "text" };
import forward from "./depthwise_conv.wgsl" with { type: "text" };
import inputGradient from "./depthwise_conv_input_gradient.wgsl" with { type: "text" };
import gradients from "./depthwise_conv_gradients.wgsl" with { type: "text" };
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

/** Rows and columns of outputs. */
interface OutputTile {
  readonly tileH: number;
  readonly tileW: number;
}

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

function window({ stride, pads }: DepthwiseShape): Record<string, number> {
  return { STRIDE: stride, PAD_TOP: pads.top, PAD_LEFT: pads.left };
}

/** Strips of outputs, and the pixels that a row of one reads. */
function outputStrips(s: DepthwiseShape, variant: DepthwiseVariant, target: Target) {
  const { oh, ow } = outputSize(s);
  const width = tileWidth(s, variant);
  return {
    ...stripsOf(s, oh, Math.ceil(ow / width), target),
    tile: { TILE_W: width, COLUMNS: (width - 1) * s.stride + 3, ...window(s) },
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
    const operation = {
      bindings: [
        ...prologueBindings("x", prologue, s.channels),
        reads("w"),
        ...epilogueBindings("y", epilogue),
      ],
      constants: { N: s.n, ...sizes(s), ...prologueConstants("x", prologue, s.channels) },
      cost: cost(s),
    };
    if (variant === "small") return { dispatch: inLanes(s, operation, target) };
    const { height, strips, tile } = outputStrips(s, variant, target);
    const dispatch: Dispatch = {
      ...operation,
      kernel: "depthwise_conv",
      source: forward,
      constants: { ...operation.constants, STRIP_H: height },
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

/** Workgroups of lane columns, whatever the channels: few sizes make few shaders. Eight vec4s are a line of a GPU's cache. */
const LANES = { LANE_ROWS: 16, LANE_COLUMNS: 8, THREADS: 128 };
/** The tile of a thread there; the same for narrow images: what lies past the edge is left out. */
function laneTile({ stride }: DepthwiseShape): OutputTile {
  const { outputs, columns, strided } = DEPTHWISE_TILES.small;
  return stride === 1 ? { tileH: outputs / columns, tileW: columns } : { tileH: 1, tileW: strided };
}

/** Most tiles that a thread computes, one after another: of outputs, and where it leaves nine sums at the end. */
const MOST_TILES = { outputs: 8, gradients: 32 };

/** How workgroups of lane columns, each with four channels, share out `strips` of `tiles` tiles each. */
function laneSlices(
  s: DepthwiseShape,
  strips: number,
  tiles: number,
  { parallelism }: Target,
  most: number,
) {
  const c4 = vec4Count(s.channels);
  const groups = Math.ceil(c4 / LANES.LANE_COLUMNS);
  // Twice the threads that keep the adapter busy, so that the last ones do not wait for long.
  const each = Math.max(1, Math.min(most, Math.floor(strips * tiles * c4 / (2 * parallelism))));
  const sliceStrips = Math.max(1, Math.min(strips, Math.round(LANES.LANE_ROWS * each / tiles)));
  const slices = Math.ceil(strips / sliceStrips);
  return {
    slices,
    sliceStrips,
    workgroups: foldWorkgroups(slices * groups),
  };
}

/** The forward convolution as workgroups compute it whose lanes share rows of images. */
function inLanes(
  s: DepthwiseShape,
  operation: Pick<Dispatch, "bindings" | "constants" | "cost">,
  target: Target,
): Dispatch {
  const { oh, ow } = outputSize(s);
  const { tileH, tileW } = laneTile(s);
  // Whole strips: where tiles are of two rows, images must be, too.
  const height = oh % tileH === 0 ? tileH : 1;
  const strips = s.n * oh / height;
  const { slices, sliceStrips, ...shared } = laneSlices(
    s,
    strips,
    Math.ceil(ow / tileW),
    target,
    MOST_TILES.outputs,
  );
  const reach = (tile: number) => (tile - 1) * s.stride + 3;
  const tile = { TILE_H: height, TILE_W: tileW, ROWS: reach(height), COLUMNS: reach(tileW), ...window(s) };
  const dispatch = (left: Left): Dispatch => {
    const epilogue = epilogueText(left);
    return {
      ...operation,
      kernel: "depthwise_conv_lanes",
      source: [...epilogue.sources, lanes].join("\n"),
      constants: { ...operation.constants, SLICES: slices, SLICE_STRIPS: sliceStrips },
      tile: { ...tile, ...LANES, ...epilogue.tile },
      workgroups: shared.workgroups,
    };
  };
  const sliceRows = sliceStrips * height * ow;
  const withStatistics = () =>
    leavingStatistics(dispatch("statistics"), s.n * oh * ow, s.channels, { slices, sliceRows });
  return { ...dispatch("nothing"), withStatistics };
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

/** A tile of pixels with the outputs that read them, how many strips of such tiles there are, and tiles in a strip. */
function inputTile(s: DepthwiseShape, { tileH, tileW }: OutputTile) {
  const [height, width] = [tileH * s.stride, tileW * s.stride];
  const rows = fed(height, s.stride, s.pads.top);
  const columns = fed(width, s.stride, s.pads.left);
  return {
    strips: s.n * Math.ceil(s.h / height),
    tiles: Math.ceil(s.w / width),
    tile: {
      TILE_H: height,
      TILE_W: width,
      ROWS: rows.count,
      COLUMNS: columns.count,
      FIRST_ROW: rows.first,
      FIRST_COLUMN: columns.first,
      ...window(s),
    },
  };
}

/**
 * Both gradients at once, for GPUs: dx, and partial sums of dw. Bindings: `x` and `dy` with what their prologues need, `w`,
 * `dx`, `dw` [slices, 3, 3, C].
 */
export function depthwiseConvGradients(
  s: DepthwiseShape,
  target: Target,
  prologue: Prologue,
  gradientPrologue: Prologue,
): { dispatch: Dispatch; slices: number } {
  const { strips, tiles, tile } = inputTile(s, laneTile(s));
  const { slices, sliceStrips, workgroups } = laneSlices(
    s,
    strips,
    tiles,
    target,
    MOST_TILES.gradients,
  );
  const { flops, bytes } = cost(s);
  const dispatch = (left: Left): Dispatch => {
    const epilogue = epilogueText(left);
    return {
      kernel: "depthwise_conv_gradients",
      source: [...left === "nothing" ? [laneColumns] : epilogue.sources, gradients].join("\n"),
      bindings: [
        ...prologueBindings("x", prologue, s.channels),
        ...prologueBindings("dy", gradientPrologue, s.channels),
        reads("w"),
        ...epilogueBindings("dx", {}),
        writes("dw"),
      ],
      constants: {
        N: s.n,
        ...sizes(s),
        ...prologueConstants("x", prologue, s.channels),
        ...prologueConstants("dy", gradientPrologue, s.channels),
        SLICES: slices,
        SLICE_STRIPS: sliceStrips,
      },
      tile: { ...tile, ...LANES, ...epilogue.tile },
      workgroups,
      cost: { flops: 2 * flops, bytes: bytes + tensorBytes([s.n, s.h, s.w, s.channels]) },
    };
  };
  // Where x is read through a batch norm, dx is the gradient of what that makes.
  const withGradientSums = () =>
    leavingStatistics(
      dispatch(prologue === "affine-relu6" ? "relu6 sums" : "sums"),
      s.n * s.h * s.w,
      s.channels,
      { slices, sliceRows: sliceStrips * tile.TILE_H * s.w },
      [readsChannels("moments", 2, s.channels)],
    );
  const readsNorm = prologue === "affine" || prologue === "affine-relu6";
  return { dispatch: { ...dispatch("nothing"), ...(readsNorm && { withGradientSums }) }, slices };
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
