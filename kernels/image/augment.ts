import { type Dispatch, flatWorkgroups, reads, writes } from "../wgsl/dispatch.ts";
import { imageUint32 } from "./image.ts";
import { tensorBytes } from "../wgsl/storage.ts";
import source from "./augment.wgsl" with { type: "text" };

/** Numbers for every image in the binding `parameters` of {@link augment}; augment.wgsl lists them. */
export const AUGMENTATION_NUMBERS = 21;

/** Settings of all images of an augmented batch. */
export interface AugmentShape {
  /** Images. */
  readonly n: number;
  /** Pixels of the packed images. */
  readonly source: { readonly height: number; readonly width: number };
  /** Pixels of the result. */
  readonly size: { readonly height: number; readonly width: number };
  /**
   * Most source pixels, down or across, from one pixel of the result to the next, where the source is resampled. Left
   * out, pixels of the result are whole pixels of the source, one step apart.
   */
  readonly largestStep?: number;
  /** The fill of erased parts. */
  readonly fill: EraseFill;
}

/** `mean`: the mean color, 0 after normalization. `noise`: every byte drawn from 0 to 255. */
export type EraseFill = "mean" | "noise";

/** All of {@link EraseFill}. */
export const ERASE_FILLS: readonly EraseFill[] = ["mean", "noise"];

/**
 * Packed bytes to augmented, normalized images [n, height, width, 3]. Bindings: `pixels` (u32), `parameters`
 * [n, 21], `color` [2, 3], `y`.
 */
export function augment({ n, source: from, size, largestStep, fill }: AugmentShape): Dispatch {
  const words = imageUint32(from.height, from.width);
  // Source pixels that four of the result are made of: whole ones, or from the leftmost to the neighbor of the
  // rightmost, and one more in case that rounding parts two places at a pixel's border.
  const span = largestStep === undefined ? 4 : Math.floor(3 * largestStep) + 3;
  const taps = largestStep === undefined ? 1 : 2;
  return {
    kernel: "augment",
    source,
    bindings: [reads("pixels", "u32"), reads("parameters"), reads("color"), writes("y")],
    constants: {
      N: n,
      H: size.height,
      W: size.width,
      SOURCE_H: from.height,
      SOURCE_W: from.width,
      STRIDE_WORDS: words,
      NOISE: fill === "noise" ? 1 : 0,
    },
    // Pixels begin anywhere in a word, so there are up to three bytes before the first.
    tile: { TAPS: taps, WORDS: Math.ceil((3 * span + 3) / 4) },
    workgroups: flatWorkgroups(n * size.height * Math.ceil(size.width / 4)),
    cost: {
      // Interpolation of four numbers, a 3 × 4 matrix, normalization.
      flops: n * size.height * size.width * (8 * taps * taps + 24 + 6),
      bytes: n * words * 4 + tensorBytes([n, AUGMENTATION_NUMBERS]) +
        tensorBytes([n, size.height, size.width, 3]),
    },
  };
}
