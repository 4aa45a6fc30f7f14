/** Shapes of the depthwise 3×3 convolution, and the tiles that its kernels share. x [N, H, W, C], w [3, 3, C]. */
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import { type ConvShape, outputSize } from "./convolution_shape.ts";

/** A depthwise convolution over C channels; its kernel is 3×3. */
export interface DepthwiseShape extends ConvShape {
  /** Channels, each with its own kernel. */
  readonly channels: number;
}

/** The sizes that every kernel of a depthwise convolution declares. */
export function sizes(s: DepthwiseShape): Record<string, number> {
  const { oh, ow } = outputSize(s);
  return { H: s.h, W: s.w, C4: vec4Count(s.channels), OH: oh, OW: ow };
}

/** Operations and bytes of one pass over x and y. */
export function cost(s: DepthwiseShape): { flops: number; bytes: number } {
  const { oh, ow } = outputSize(s);
  const bytes = tensorBytes([s.n, s.h, s.w, s.channels]) + tensorBytes([s.n, oh, ow, s.channels]);
  return { flops: 18 * s.n * oh * ow * s.channels, bytes };
}

/** Rows and columns of outputs. */
export interface OutputTile {
  readonly tileH: number;
  readonly tileW: number;
}

/** Where the first window begins. */
export function padding({ pads }: DepthwiseShape): Record<string, number> {
  return { PAD_TOP: pads.top, PAD_LEFT: pads.left };
}

/** The shapes of images and weights, as each kernel binds them. */
export function shapesOf(s: DepthwiseShape) {
  const { oh, ow } = outputSize(s);
  return {
    image: [s.n, s.h, s.w, s.channels],
    output: [s.n, oh, ow, s.channels],
    weight: [3, 3, s.channels],
  };
}

/** A tile of pixels with the outputs that read them, how many strips of such tiles there are, and tiles in a strip. */
export function inputTile(s: DepthwiseShape, { tileH, tileW }: OutputTile) {
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
      STRIDE: s.stride,
      ...padding(s),
    },
  };
}

/** Outputs along one axis that `tile` input pixels fed: output o read the pixels from o · stride - pad on, three. */
function fed(tile: number, stride: number, pad: number): { first: number; count: number } {
  const first = Math.ceil((pad - 2) / stride);
  return { first, count: Math.floor((tile - 1 + pad) / stride) - first + 1 };
}
