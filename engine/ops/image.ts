/** Images from packed bytes. */
import { image, imageUint32 } from "../../kernels/mod.ts";
import { activation } from "../recorder.ts";
import { computed, constant, type Tensor, type Uint32Tensor } from "../tensor.ts";
import { sizesOf } from "./sizes.ts";

/** Mean and standard deviation of ImageNet's colors, red, green, blue, from 0 to 1. */
export const IMAGENET_COLOR: ColorStatistics = {
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};

/** Normalization of colors: (value / 255 - mean) / deviation. */
export interface ColorStatistics {
  /** Of red, green and blue, from 0 to 1. */
  readonly mean: readonly [number, number, number];
  /** Standard deviation of red, green and blue, from 0 to 1. */
  readonly deviation: readonly [number, number, number];
}

/** How one image is moved before it is used: shifted by whole pixels, and mirrored left to right. */
export interface ImageTransform {
  /** Whether the image is mirrored left to right, after the shift. */
  readonly mirrored: boolean;
  /** The image's content moves left by this many pixels; the mean color comes in. */
  readonly dx: number;
  /** The content moves up by this many pixels. */
  readonly dy: number;
}

/** The transform that changes nothing. */
export const UNMOVED: ImageTransform = { mirrored: false, dx: 0, dy: 0 };

/** Four words per image, as {@link normalizedImages} takes them. */
export function packTransforms(transforms: readonly ImageTransform[]): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(
    transforms.flatMap(({ mirrored, dx, dy }) => [mirrored ? 1 : 0, dx >>> 0, dy >>> 0, 0]),
  );
}

/**
 * Packed 8-bit RGB → normalized f32 [N, height, width, 3].
 *
 * @param pixels [N, words]: every image's bytes, row by row, red first, rounded up to whole words.
 * @param transforms [N, 4] from {@link packTransforms}.
 * @throws {ShapeError} when the words are not those of such images.
 */
export function normalizedImages(
  pixels: Uint32Tensor,
  transforms: Uint32Tensor,
  size: { height: number; width: number },
  color: ColorStatistics = IMAGENET_COLOR,
): Tensor {
  const { height, width } = size;
  const { N } = sizesOf("normalizedImages", {
    pixels: [pixels, `N ${imageUint32(height, width)}`],
    transforms: [transforms, "N 4"],
  });
  return computed(activation([N, height, width, 3]), image(N, height, width), {
    pixels: pixels.value,
    transforms: transforms.value,
    color: colorTable(color).value,
  });
}

/** What kernels multiply bytes by and then add, [2, 3]. */
export function colorTable({ mean, deviation }: ColorStatistics): Tensor {
  const [red, green, blue] = deviation;
  const scales = deviation.map((d) => 1 / (255 * d));
  const shifts = [-mean[0] / red, -mean[1] / green, -mean[2] / blue];
  return constant([...scales, ...shifts], [2, 3], { uniform: true });
}
