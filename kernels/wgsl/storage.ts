/**
 * How tensors lie in memory. The last axis is padded with zeros to a multiple of four, so that every tensor is
 * a row of vec4s; a storage kind says where those vec4s live.
 */

/**
 * - `buffer`: `array<vec4f>` in a storage buffer.
 * - `texture`: texels of an rgba32float storage texture, {@link TEXTURE_WIDTH} to a row, for reading only.
 *   Software adapters read these 10 to 20 times faster than buffers.
 * - `uniform`: a few vec4s in a uniform buffer, for values that every thread reads.
 * - `half-buffer`, `half-texture`: the first two with four f16 in place of four f32: `array<vec2u>`, and texels of an
 *   rg32uint storage texture, both packed by the shader. Kernels compute in f32 all the same, so no adapter needs
 *   `shader-f16`.
 */
export type Storage = "buffer" | "texture" | "uniform" | "half-buffer" | "half-texture";

/** The format that a tensor's elements have in memory. */
export type Precision = "f32" | "f16";

/** All of {@link Precision}. */
export const PRECISIONS: readonly Precision[] = ["f32", "f16"];

/** Largest number of f16; what is larger is stored as NaN. */
export const LARGEST_HALF = 65504;

/** Texels in a row of every texture; a power of two, so that a linear index splits without division. */
export const TEXTURE_WIDTH = 4096;

/** Bytes of a vec4f. */
export const VEC4_BYTES = 16;

/** Bytes of a vec4 whose elements have this precision. */
export function vec4Bytes(precision: Precision): number {
  return precision === "f16" ? VEC4_BYTES / 2 : VEC4_BYTES;
}

/** The precision of what is stored so. */
export function precisionOf(storage: Storage): Precision {
  return storage === "half-buffer" || storage === "half-texture" ? "f16" : "f32";
}

/** Whether what is stored so lies in a texture. */
export function inTexture(storage: Storage): storage is "texture" | "half-texture" {
  return storage === "texture" || storage === "half-texture";
}

/** Bytes in a row of a texture that holds elements of this precision. */
export function textureRowBytes(precision: Precision): number {
  return TEXTURE_WIDTH * vec4Bytes(precision);
}

/**
 * Rows of a texture for so many rows of texels: never a power of two. Mesa's software driver compiles a kernel anew for
 * each combination of textures whose heights are powers of two and textures whose heights are not.
 */
export function textureHeight(rows: number): number {
  return Number.isInteger(Math.log2(rows)) ? Math.max(rows + 1, 3) : rows;
}

/** Lengths that shaders declare for uniforms: few, so that layers of different widths share shaders. */
const UNIFORM_LENGTHS = [4, 1024];

/** Most vec4s of a uniform buffer that every adapter binds. */
export const MAX_UNIFORM_VEC4S = 4096;

/** Length that a shader declares for a uniform of so many vec4s; its buffer is as long. */
export function uniformVec4s(count: number): number {
  return UNIFORM_LENGTHS.find((length) => count <= length) ?? MAX_UNIFORM_VEC4S;
}

/** The format of a texture that holds elements of this precision. */
export function textureFormat(precision: Precision): "rgba32float" | "rg32uint" {
  return precision === "f16" ? "rg32uint" : "rgba32float";
}

/** Number of vec4s that hold `channels` scalars. */
export function vec4Count(channels: number): number {
  return Math.ceil(channels / 4);
}

/** Number of elements of a shape; 1 for []. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Size of the last axis; 1 for []. */
export function lastAxis(shape: readonly number[]): number {
  return shape.at(-1) ?? 1;
}

/** Number of rows along the last axis: the product of all the others. */
export function rowCount(shape: readonly number[]): number {
  return elementCount(shape.slice(0, -1));
}

/** Number of vec4s that hold a tensor of this shape, each row padded to whole vec4s. */
export function vec4s(shape: readonly number[]): number {
  return rowCount(shape) * vec4Count(lastAxis(shape));
}

/** Bytes of a tensor of this shape, in f32 if nothing else is said, padding included. */
export function tensorBytes(shape: readonly number[], precision: Precision = "f32"): number {
  return vec4s(shape) * vec4Bytes(precision);
}

/** Copies row-major data into the padded layout. `data` may already be padded where the last axis needs none. */
export function padRows(data: ArrayLike<number>, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const channels = lastAxis(shape);
  const stride = vec4Count(channels) * 4;
  const rows = rowCount(shape);
  const padded = new Float32Array(rows * stride);
  if (stride === channels) {
    padded.set(data);
  } else {
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < channels; c++) padded[row * stride + c] = data[row * channels + c]!;
    }
  }
  return padded;
}

/** Takes the padding out again. */
export function unpadRows(padded: Float32Array, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const channels = lastAxis(shape);
  const stride = vec4Count(channels) * 4;
  const rows = rowCount(shape);
  const data = new Float32Array(rows * channels);
  for (let row = 0; row < rows; row++) {
    data.set(padded.subarray(row * stride, row * stride + channels), row * channels);
  }
  return data;
}
