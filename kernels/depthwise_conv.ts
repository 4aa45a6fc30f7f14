/** Geometry of the depthwise 3×3 convolution and its gradients. Shapes: x [N, H, W, C], w [3, 3, C]. */
import { type ConvShape, outputSize } from "./convolution_shape.ts";
import {
  type Dispatch,
  flatWorkgroups,
  type LoadMap,
  mapConstants,
  mapped,
  reads,
  writes,
} from "./dispatch.ts";
import { tensorBytes, vec4Count } from "./storage.ts";
import { splitReduction } from "./sum_slices.ts";
import forward from "./depthwise_conv.wgsl" with { type: "text" };
import inputGradient from "./depthwise_conv_input_gradient.wgsl" with { type: "text" };
import weightGradient from "./depthwise_conv_weight_gradient.wgsl" with { type: "text" };

/** A depthwise convolution over C channels; its kernel is 3×3. */
export interface DepthwiseShape extends ConvShape {
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

/** Pixels of a row that `tileW` neighbouring outputs read. */
function columns(tileW: number, stride: number): number {
  return (tileW - 1) * stride + 3;
}

/** y = x * w. Bindings: `x` (and `x_coefficients`), `w`, `y` [N, OH, OW, C]. */
export function depthwiseConv(s: DepthwiseShape, map: LoadMap = "none"): Dispatch {
  const { oh, ow } = outputSize(s);
  const tileW = Math.min(s.stride === 1 ? 8 : 4, ow);
  return {
    kernel: "depthwise_conv",
    source: forward,
    bindings: [...mapped("x", map), reads("w"), writes("y")],
    constants: { N: s.n, ...sizes(s), ...mapConstants("x", map, s.channels) },
    tile: {
      TILE_W: tileW,
      COLUMNS: columns(tileW, s.stride),
      STRIDE: s.stride,
      PAD_TOP: s.pads.top,
      PAD_LEFT: s.pads.left,
    },
    workgroups: flatWorkgroups(s.n * oh * Math.ceil(ow / tileW) * vec4Count(s.channels)),
    cost: cost(s),
  };
}

/** dx from dy. Bindings: `dy`, `w`, `dx`. */
export function depthwiseConvInputGradient(s: DepthwiseShape): Dispatch {
  const tileW = Math.min(8, Math.ceil(s.w / s.stride) * s.stride);
  // Output o read the inputs from o · stride - pad to o · stride - pad + 2.
  const first = Math.ceil((s.pads.left - 2) / s.stride);
  const last = Math.floor((tileW - 1 + s.pads.left) / s.stride);
  return {
    kernel: "depthwise_conv_input_gradient",
    source: inputGradient,
    bindings: [...mapped("dy", "none"), reads("w"), writes("dx")],
    constants: { N: s.n, ...sizes(s) },
    tile: {
      TILE_W: tileW,
      COLUMNS: last - first + 1,
      FIRST: first,
      STRIDE: s.stride,
      PAD_TOP: s.pads.top,
      PAD_LEFT: s.pads.left,
    },
    workgroups: flatWorkgroups(s.n * s.h * Math.ceil(s.w / tileW) * vec4Count(s.channels)),
    cost: cost(s),
  };
}

/** Partial sums of dw; sum the slices. Bindings: `x` (and `x_coefficients`), `dy`, `dw` [slices, 3, 3, C]. */
export function depthwiseConvWeightGradient(
  s: DepthwiseShape,
  parallelism: number,
  map: LoadMap = "none",
): { dispatch: Dispatch; slices: number } {
  const { oh, ow } = outputSize(s);
  const tileW = Math.min(s.stride === 1 ? 8 : 4, ow);
  const rows = s.n * oh;
  const { slices, sliceLength } = splitReduction(rows, vec4Count(s.channels), parallelism, 2);
  const dispatch: Dispatch = {
    kernel: "depthwise_conv_weight_gradient",
    source: weightGradient,
    bindings: [...mapped("x", map), ...mapped("dy", "none"), writes("dw")],
    constants: {
      ...sizes(s),
      ...mapConstants("x", map, s.channels),
      ROWS: rows,
      SLICES: slices,
      SLICE_ROWS: sliceLength,
    },
    tile: {
      TILE_W: tileW,
      COLUMNS: columns(tileW, s.stride),
      STRIDE: s.stride,
      PAD_TOP: s.pads.top,
      PAD_LEFT: s.pads.left,
    },
    workgroups: flatWorkgroups(slices * vec4Count(s.channels)),
    cost: cost(s),
  };
  return { dispatch, slices };
}
