/** Geometry of the full convolution. Shapes: x [N, H, W, Cin], w [KH, KW, Cin, Cout], y [N, OH, OW, Cout]. */
import { type ConvShape, outputSize } from "./convolution_shape.ts";
import {
  type Cost,
  type Dispatch,
  type Epilogue,
  epilogueBindings,
  flatWorkgroups,
  reads,
  writes,
} from "../wgsl/dispatch.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import { splitReduction } from "../reduction/sum_slices.ts";
import type { Target } from "../wgsl/target.ts";
import forward from "./conv2d.wgsl" with { type: "text" };
import inputGradient from "./conv2d_input_gradient.wgsl" with { type: "text" };
import weightGradient from "./conv2d_weight_gradient.wgsl" with { type: "text" };

/** A full convolution from `cin` to `cout` channels. */
export interface Conv2dShape extends ConvShape {
  /** Channels of the images that go in. */
  readonly cin: number;
  /** Channels of those that come out. */
  readonly cout: number;
  /**
   * Parts that the channels are cut into, each convolved alone; w is [KH, KW, Cin / groups, Cout] then, and each part of Cin and
   * of Cout is a multiple of four. 1 by default.
   */
  readonly groups?: number;
}

function sizes(s: Conv2dShape): Record<string, number> {
  const { oh, ow } = outputSize(s);
  const { groups = 1 } = s;
  const cin = s.cin / groups;
  return {
    H: s.h,
    W: s.w,
    X_C4: vec4Count(s.cin),
    CIN: cin,
    CIN4: vec4Count(cin),
    COUT4: vec4Count(s.cout),
    GROUP_COUT4: vec4Count(s.cout / groups),
    OH: oh,
    OW: ow,
    PAD_TOP: s.pads.top,
    PAD_LEFT: s.pads.left,
  };
}

function grouped(s: Conv2dShape): 0 | 1 {
  return (s.groups ?? 1) > 1 ? 1 : 0;
}

function cost(s: Conv2dShape): Cost {
  const { oh, ow } = outputSize(s);
  return {
    flops: 2 * s.n * oh * ow * s.cout * s.kh * s.kw * s.cin / (s.groups ?? 1),
    bytes: tensorBytes([s.n, s.h, s.w, s.cin]) + tensorBytes([s.n, oh, ow, s.cout]),
  };
}

/** Most taps of a kernel row whose products are written out at once. */
const MOST_TAPS = 7;

/** How many of four input channels, or fewer, are not padding. */
function channelsAtOnce({ cin, groups = 1 }: Conv2dShape): number {
  return Math.min(4, cin / groups);
}

/** y = x * w. Bindings: `x`, `w`, `y` and what its epilogue needs. */
export function conv2d(s: Conv2dShape, epilogue: Epilogue = {}): Dispatch {
  const { oh, ow } = outputSize(s);
  const ofGroup = vec4Count(s.cout / (s.groups ?? 1));
  // Four vec4s take twice the time to compile, and only gain where few input channels leave little to compute between stores.
  const most = sizes(s).CIN4 === 1 ? 4 : 2;
  const divisor = [most, 2, 1].find((size) => ofGroup % size === 0) ?? 1; // A thread stays within a group.
  const taps = s.kw <= MOST_TAPS ? s.kw : 1;
  const tile = {
    KW: s.kw,
    STRIDE: s.stride,
    DILATION: s.dilation ?? 1,
    GROUPED: grouped(s),
    TILE_O4: grouped(s) ? divisor : Math.min(most, ofGroup),
    TAPS: taps,
    STEP: taps === 1 ? s.stride : 1,
    COLUMNS: 7 * s.stride + (taps - 1) * (s.dilation ?? 1) + 1,
    CHANNELS: channelsAtOnce(s),
  };
  const threads = s.n * oh * Math.ceil(ow / 8) * Math.ceil(vec4Count(s.cout) / tile.TILE_O4);
  return {
    kernel: "conv2d",
    source: forward,
    bindings: [reads("x"), reads("w"), ...epilogueBindings("y", epilogue)],
    constants: { N: s.n, ...sizes(s), KH: s.kh },
    tile,
    workgroups: flatWorkgroups(threads),
    cost: cost(s),
  };
}

/** dx from dy. Bindings: `dy`, `w`, `dx`. */
export function conv2dInputGradient(s: Conv2dShape): Dispatch {
  return {
    kernel: "conv2d_input_gradient",
    source: inputGradient,
    bindings: [reads("dy"), reads("w"), writes("dx")],
    constants: { N: s.n, ...sizes(s), KH: s.kh, KW: s.kw, STRIDE: s.stride, DILATION: s.dilation ?? 1 },
    workgroups: flatWorkgroups(s.n * s.h * s.w * vec4Count(s.cin)),
    cost: cost(s),
  };
}

/** Partial sums of dw; sum the slices. Bindings: `x`, `dy`, `dw` [slices, KH, KW, Cin, Cout]. */
export function conv2dWeightGradient(
  s: Conv2dShape,
  { parallelism }: Target,
): { dispatch: Dispatch; slices: number } {
  const { oh } = outputSize(s);
  const tasks = vec4Count(s.cout) * vec4Count(s.cin / (s.groups ?? 1)) * s.kh;
  const { slices, sliceLength } = splitReduction(s.n * oh, tasks, parallelism, 1);
  const dispatch: Dispatch = {
    kernel: "conv2d_weight_gradient",
    source: weightGradient,
    bindings: [reads("x"), reads("dy"), writes("dw")],
    constants: { ...sizes(s), KH: s.kh, ROWS: s.n * oh, SLICES: slices, SLICE_ROWS: sliceLength },
    tile: {
      KW: s.kw,
      STRIDE: s.stride,
      DILATION: s.dilation ?? 1,
      GROUPED: grouped(s),
      CHANNELS: channelsAtOnce(s),
      COLUMNS: 3 * s.stride + (s.kw - 1) * (s.dilation ?? 1) + 1,
    },
    workgroups: flatWorkgroups(tasks * slices),
    cost: cost(s),
  };
  return { dispatch, slices };
}
