/**
 * The element types of a safetensors file: their bits, their typed arrays, and the conversion of floating-point types
 * to f32. Bytes are little-endian, as on every machine that WebGPU runs on.
 */
import { halfToNumber } from "../engine/half.ts";

/** Bits of an element by its type, under the names of a file's header. */
export const SAFETENSORS_BITS = {
  F64: 64,
  F32: 32,
  F16: 16,
  BF16: 16,
  I64: 64,
  I32: 32,
  I16: 16,
  I8: 8,
  U64: 64,
  U32: 32,
  U16: 16,
  U8: 8,
  BOOL: 8,
  C64: 64,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E5M2FNUZ: 8,
  F8_E4M3FNUZ: 8,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F4: 4,
} as const;

/** An element type by its name in a file's header. */
export type SafetensorsDtype = keyof typeof SAFETENSORS_BITS;

/** The typed arrays of tensors; {@linkcode viewAs} describes which dtype has which. */
export type SafetensorsData =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

interface TypedArray {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): SafetensorsData;
}

/** Other dtypes are kept as bytes. */
const ARRAYS: Partial<Record<SafetensorsDtype, TypedArray>> = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  C64: Float32Array,
};

/** Whether a header's dtype is part of the format. */
export function isSafetensorsDtype(dtype: unknown): dtype is SafetensorsDtype {
  return typeof dtype === "string" && Object.hasOwn(SAFETENSORS_BITS, dtype);
}

/**
 * The bytes of a tensor as the typed array of its dtype: F16 and BF16 as their 16-bit patterns, C64 as pairs,
 * 8-bit floats, packed smaller ones and BOOL as bytes. A view where the bytes are aligned, else a copy.
 */
export function viewAs(dtype: SafetensorsDtype, bytes: Uint8Array): SafetensorsData {
  const Elements = ARRAYS[dtype] ?? Uint8Array;
  const aligned = bytes.byteOffset % Elements.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new Elements(aligned.buffer, aligned.byteOffset, aligned.byteLength / Elements.BYTES_PER_ELEMENT);
}

/**
 * Floating-point data as f32: F32 without a copy, F16 and BF16 converted exactly, F64 rounded; undefined for other
 * dtypes.
 */
export function floatsOf(dtype: SafetensorsDtype, data: SafetensorsData): Float32Array | undefined {
  if (dtype === "F32" && data instanceof Float32Array) return data;
  if (dtype === "F64" && data instanceof Float64Array) return Float32Array.from(data);
  if (!(data instanceof Uint16Array)) return undefined;
  if (dtype === "F16") return Float32Array.from(data, halfToNumber);
  if (dtype === "BF16") return new Float32Array(Uint32Array.from(data, (bits) => bits << 16).buffer);
  return undefined;
}
