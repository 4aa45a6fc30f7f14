/** Batches of images as a network's forward pass takes them: packed bytes, and a transform for each image. */
import { type InputSpec, normalizedImages, type Tensor, u32, type Uint32Tensor } from "../engine/mod.ts";
import { imageUint32 } from "../kernels/mod.ts";
import { COLOR_STATISTICS } from "./conventions.ts";
import type { ModelSpec } from "./model_spec.ts";

type InputSize = Pick<ModelSpec, "imageHeight" | "imageWidth">;

/** The inputs of a program of images: bytes packed four to a number [N, ...], and transforms [N, 4]. */
export type ImageInputs = { pixels: InputSpec<Uint32Tensor>; transforms: InputSpec<Uint32Tensor> };

/** Bytes from one image of a batch to the next: height · width · 3, rounded up to a multiple of 4. */
export function imageStride({ imageHeight, imageWidth }: InputSize): number {
  return 4 * imageUint32(imageHeight, imageWidth);
}

/** The inputs for batches of `batch` images. */
export function imageInputs({ imageHeight, imageWidth }: InputSize, batch: number): ImageInputs {
  return { pixels: u32([batch, imageUint32(imageHeight, imageWidth)]), transforms: u32([batch, 4]) };
}

/** The images of a batch as the network takes them: [N, height, width, 3], normalized. */
export function networkImages(
  { imageHeight, imageWidth, color }: ModelSpec,
  { pixels, transforms }: { pixels: Uint32Tensor; transforms: Uint32Tensor },
): Tensor {
  const size = { height: imageHeight, width: imageWidth };
  return normalizedImages(pixels, transforms, size, COLOR_STATISTICS[color]);
}

/**
 * Packs images into a batch; a shorter one is filled up with black images.
 *
 * @param pixels `count` images, `stride` bytes apart.
 * @throws {RangeError} When `count` or the length of `pixels` is out of range.
 */
export function packedBatch(
  pixels: Uint8Array,
  count: number,
  { batch, stride }: { readonly batch: number; readonly stride: number },
): Uint32Array<ArrayBuffer> {
  if (!Number.isInteger(count) || count < 1 || count > batch) {
    throw new RangeError(`A batch holds 1 to ${batch} images; got ${count}`);
  }
  if (pixels.length < count * stride) {
    throw new RangeError(`${count} images take ${count * stride} bytes; got ${pixels.length}`);
  }
  const whole = new Uint8Array(batch * stride);
  whole.set(pixels.subarray(0, count * stride));
  return new Uint32Array(whole.buffer);
}
