/** Augmented images from packed bytes. */
import { augment, AUGMENTATION_NUMBERS, type AugmentShape, imageUint32 } from "../../kernels/mod.ts";
import { activation } from "../recorder.ts";
import { computed, type Tensor, type Uint32Tensor } from "../tensor.ts";
import { type ColorStatistics, colorTable, IMAGENET_COLOR } from "./image.ts";
import { sizesOf } from "./sizes.ts";

/** A rectangle of pixels, counted from the upper left corner of an image. */
export interface Rectangle {
  /** Pixels above it; negative where it begins above the image. */
  readonly top: number;
  /** Pixels left of it; negative where it begins left of the image. */
  readonly left: number;
  /** Pixels down. */
  readonly height: number;
  /** Pixels across. */
  readonly width: number;
}

/**
 * A change of colors: a 3 × 3 matrix and an offset, one row (of red, of green, of blue, offset) for each of red, green and
 * blue of the result, on values from 0 to 255. The result is clamped to that range.
 */
export type ColorMatrix = readonly (readonly [number, number, number, number])[];

/** The colors as they are. */
export const SAME_COLORS: ColorMatrix = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]];

/** The augmentation of one image. */
export interface Augmentation {
  /** The part of the source that becomes the image, in source pixels; outside the source is the mean color. */
  readonly crop: Rectangle;
  /** Whether the crop is mirrored left to right. */
  readonly mirrored: boolean;
  /** Applied to the crop; the mean color around the source is left alone. */
  readonly colors: ColorMatrix;
  /** The part of the result that is erased, in whole pixels; none if it has no area. */
  readonly erased: Rectangle;
  /** Decides the noise that erases, an integer from 0 to 2²⁴ - 1. */
  readonly noise: number;
}

/** Settings of all images of a batch: sizes, the largest resampling step, and the fill of erased parts. */
export type AugmentedBatch = Omit<AugmentShape, "n">;

/**
 * The numbers that {@link augmentedImages} takes, [N, 21], row-major.
 *
 * @throws {RangeError} when a crop needs another step from pixel to pixel than the batch was declared with.
 */
export function packAugmentations(
  augmentations: readonly Augmentation[],
  batch: AugmentedBatch,
): Float32Array<ArrayBuffer> {
  return Float32Array.from(augmentations.flatMap((augmentation) => packed(augmentation, batch)));
}

/** Crops of the largest step may come out this much larger. */
const ROUNDING = 1 + 1e-6;

function packed(
  { crop, mirrored, colors, erased, noise }: Augmentation,
  { size, largestStep }: AugmentedBatch,
): number[] {
  const across = crop.width / size.width, down = crop.height / size.height;
  const whole = across === 1 && down === 1 && Number.isInteger(crop.left) && Number.isInteger(crop.top);
  const fits = largestStep === undefined ? whole : Math.max(across, down) <= largestStep * ROUNDING;
  if (!fits) {
    throw new RangeError(
      `A crop of ${crop.height} × ${crop.width} source pixels at (${crop.top}, ${crop.left}) cannot become ` +
        `${size.height} × ${size.width} pixels where ${
          largestStep === undefined ? "the source is not resampled" : `the largest step is ${largestStep}`
        }`,
    );
  }
  // The position of a pixel is its middle: the first is half a step from the crop's edge.
  const first = mirrored ? size.width - 0.5 : 0.5;
  return [
    crop.left + first * across - 0.5,
    mirrored ? -across : across,
    crop.top + 0.5 * down - 0.5,
    down,
    erased.top,
    erased.left,
    erased.top + erased.height,
    erased.left + erased.width,
    ...colors.flat(),
    noise,
  ];
}

/**
 * Packed 8-bit RGB → augmented, normalized f32 [N, height, width, 3] of the batch's size. No gradient flows back.
 *
 * @param pixels [N, words]: every source image's bytes, row by row, red first, rounded up to whole words.
 * @param parameters [N, 21] from {@link packAugmentations}.
 * @throws {ShapeError} when the words or the parameters are not those of such images.
 */
export function augmentedImages(
  pixels: Uint32Tensor,
  parameters: Tensor,
  batch: AugmentedBatch,
  color: ColorStatistics = IMAGENET_COLOR,
): Tensor {
  const { source, size } = batch;
  const words = imageUint32(source.height, source.width);
  const { N } = sizesOf("augmentedImages", {
    pixels: [pixels, `N ${words}`],
    parameters: [parameters, `N ${AUGMENTATION_NUMBERS}`],
  });
  return computed(activation([N, size.height, size.width, 3]), augment({ n: N, ...batch }), {
    pixels: pixels.value,
    parameters: parameters.value,
    color: colorTable(color).value,
  });
}
