/**
 * The safetensors file format (https://github.com/huggingface/safetensors), read and written in memory:
 *
 *     u64 little-endian   N, the length of the header
 *     N bytes             JSON: { "__metadata__": {...}, "name": { "dtype", "shape", "data_offsets" }, ... },
 *                         padded with spaces so that the data begins at a multiple of 8
 *     the rest            the tensors' bytes, little-endian, row-major, without gaps
 *
 * The reader checks every rule of the format; each broken rule has a separate kind of {@linkcode SafetensorsError}.
 */
import { brief, parseJsonObject, quoted } from "./safetensors_json.ts";
import {
  floatsOf,
  isSafetensorsDtype,
  SAFETENSORS_BITS,
  type SafetensorsData,
  type SafetensorsDtype,
  viewAs,
} from "./safetensors_dtype.ts";
import { isSize } from "./is_size.ts";
import { otherFile } from "./other_files.ts";
import { SafetensorsError } from "./safetensors_error.ts";

export { SAFETENSORS_BITS, type SafetensorsData, type SafetensorsDtype } from "./safetensors_dtype.ts";
export type { OtherFile } from "./other_files.ts";
export { SafetensorsError, type SafetensorsErrorKind } from "./safetensors_error.ts";

/** A header may take at most this many bytes, as in the reference implementation. */
export const MAX_HEADER_BYTES = 100_000_000;

/** A tensor in a file: its element type, its shape (empty for a scalar) and its elements, row-major. */
export interface SafetensorsTensor {
  /** The element type. */
  readonly dtype: SafetensorsDtype;
  /** The size of each axis. */
  readonly shape: readonly number[];
  /** The elements. */
  readonly data: SafetensorsData;
}

/** The content of a file; `tensors` are in the order of their data. */
export interface SafetensorsFile {
  /** The tensors by name. */
  readonly tensors: Map<string, SafetensorsTensor>;
  /** Strings in the file's header. */
  readonly metadata: Record<string, string>;
}

/** A tensor in a message: `Tensor "w" [2,3] of F32`. Long names and shapes are shortened. */
function described(name: string, dtype: SafetensorsDtype, shape: readonly number[]): string {
  return `Tensor ${quoted(name)} [${brief(String(shape))}] of ${dtype}`;
}

/** Bytes of a tensor. @throws {SafetensorsError} `size-overflow` above 2^53 - 1 bits, or `invalid-tensor`. */
function byteLength(name: string, dtype: SafetensorsDtype, shape: readonly number[]): number {
  let bits: number = SAFETENSORS_BITS[dtype];
  for (const size of shape) {
    bits *= size;
    if (bits > Number.MAX_SAFE_INTEGER) {
      throw new SafetensorsError("size-overflow", `${described(name, dtype, shape)} is too large`);
    }
  }
  if (bits % 8 !== 0) {
    const message = `${described(name, dtype, shape)} does not fill whole bytes`;
    throw new SafetensorsError("invalid-tensor", message);
  }
  return bits / 8;
}

const byCodeUnits = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;

/**
 * Encodes tensors as a safetensors file. The bytes depend only on the content: tensors are sorted by descending element
 * size, then by name, and metadata by key.
 *
 * @param tensors Name -> tensor; `data` must have exactly the bytes of dtype and shape.
 * @param metadata Strings to keep in the header.
 * @throws {SafetensorsError} `size-mismatch`, `invalid-tensor`, `size-overflow` or `header-too-large`.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const sorted = [...tensors].sort(([nameA, a], [nameB, b]) =>
    SAFETENSORS_BITS[b.dtype] - SAFETENSORS_BITS[a.dtype] || byCodeUnits(nameA, nameB)
  );
  const entries: string[] = [];
  const keys = Object.keys(metadata).sort(byCodeUnits);
  if (keys.length > 0) {
    const strings = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(String(metadata[key]))}`);
    entries.push(`"__metadata__":{${strings.join(",")}}`);
  }
  let end = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    if (name === "__metadata__") {
      throw new SafetensorsError(
        "invalid-tensor",
        `A tensor cannot have the name ${quoted(name)}, which stands for the strings in the header`,
      );
    }
    if (!shape.every(isSize)) {
      throw new SafetensorsError(
        "invalid-tensor",
        `Cannot write a tensor ${quoted(name)} of shape [${brief(String(shape))}]`,
      );
    }
    const bytes = byteLength(name, dtype, shape);
    if (bytes !== data.byteLength) {
      const message = `${described(name, dtype, shape)} takes ${bytes} bytes, got ${data.byteLength}`;
      throw new SafetensorsError("size-mismatch", message);
    }
    const offsets = `[${end},${end += bytes}]`;
    entries.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape}],"data_offsets":${offsets}}`,
    );
  }
  const header = new TextEncoder().encode(`{${entries.join(",")}}`);
  const headerBytes = Math.ceil(header.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES) {
    const message = `The header would take ${headerBytes} bytes, the format allows ${MAX_HEADER_BYTES}`;
    throw new SafetensorsError("header-too-large", message);
  }
  const file = new Uint8Array(8 + headerBytes + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(header, 8);
  let at = 8 + headerBytes;
  for (const [, { data }] of sorted) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/** The header's text, and the offset of the data in bytes. */
function readHeader(bytes: Uint8Array): { text: string; dataStart: number } {
  if (bytes.byteLength < 8) {
    const message = `A safetensors file begins with 8 bytes of header length, but this one has only ` +
      `${bytes.byteLength} bytes: it is empty or truncated`;
    throw new SafetensorsError("truncated", message);
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    const message =
      `The header claims ${length} bytes, the format allows ${MAX_HEADER_BYTES}: this is not a ` +
      `safetensors file, or it is damaged`;
    throw new SafetensorsError("header-too-large", message);
  }
  const dataStart = 8 + Number(length);
  if (dataStart > bytes.byteLength) {
    const message =
      `The header claims ${length} bytes, but the file has only ${bytes.byteLength - 8} after ` +
      `its length: it is truncated, or not a safetensors file`;
    throw new SafetensorsError("truncated", message);
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { text: text.decode(bytes.subarray(8, dataStart)), dataStart };
  } catch {
    throw new SafetensorsError("invalid-header", "The header is not UTF-8 text");
  }
}

/** Whether bytes begin with the length of a header, then {: no text and no pickle, but safetensors, whole or not. */
export function beginsAsSafetensors(bytes: Uint8Array): boolean {
  return bytes[7] === 0 && bytes[8] === 0x7b;
}

/** The header's object. @throws {SafetensorsError} With what the file is, if it is known and something else. */
function headerOf(bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  try {
    const { text, dataStart } = readHeader(bytes);
    return { header: parseJsonObject(text), dataStart };
  } catch (error) {
    if (beginsAsSafetensors(bytes) || !(error instanceof SafetensorsError)) throw error;
    throw new SafetensorsError(error.kind, error.message, otherFile(bytes));
  }
}

function readMetadata(value: unknown): Record<string, string> {
  if (!isRecordOfStrings(value)) {
    throw new SafetensorsError("invalid-metadata", "The header's __metadata__ must map strings to strings");
  }
  return value;
}

function isRecordOfStrings(value: unknown): value is Record<string, string> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every((entry) => typeof entry === "string");
}

interface Entry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: number[];
  readonly begin: number;
  readonly end: number;
}

function readEntry(name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets }: Record<string, unknown> = Object(value);
  const [begin, end, ...more]: unknown[] = Array.isArray(offsets) ? offsets : [];
  if (!Array.isArray(shape) || !shape.every(isSize) || !isSize(begin) || !isSize(end) || more.length > 0) {
    const message = `Tensor ${quoted(name)} needs a dtype, a shape of whole numbers and two data_offsets, ` +
      `the header has ${brief(JSON.stringify(value))}`;
    throw new SafetensorsError("invalid-tensor", message);
  }
  if (!isSafetensorsDtype(dtype)) {
    const message = `Tensor ${quoted(name)} has dtype ${brief(JSON.stringify(dtype) ?? "none")}, known are ` +
      Object.keys(SAFETENSORS_BITS).join(", ");
    throw new SafetensorsError("unknown-dtype", message);
  }
  if (end - begin !== byteLength(name, dtype, shape)) {
    const message = `${described(name, dtype, shape)} takes ${byteLength(name, dtype, shape)} bytes, ` +
      `but its data_offsets span ${end - begin}`;
    throw new SafetensorsError("size-mismatch", message);
  }
  return { name, dtype, shape, begin, end };
}

/**
 * Decodes a safetensors file. Tensors are views of `bytes` where their alignment allows, otherwise copies.
 *
 * @param bytes The whole file.
 * @throws {SafetensorsError} For the first rule of the format that the file breaks.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { header, dataStart } = headerOf(bytes);
  let metadata: Record<string, string> = {};
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") metadata = readMetadata(value);
    else entries.push(readEntry(name, value));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);

  const dataBytes = bytes.byteLength - dataStart;
  const tensors = new Map<string, SafetensorsTensor>();
  let expected = 0;
  for (const { name, dtype, shape, begin, end } of entries) {
    if (begin !== expected) {
      const message = `Tensor ${quoted(name)} begins at data byte ${begin} where ${expected} was due: ` +
        `the data has ${begin > expected ? "a hole" : "an overlap"}`;
      throw new SafetensorsError("invalid-offsets", message);
    }
    if (end > dataBytes) {
      const message = `Tensor ${
        quoted(name)
      } ends at data byte ${end}, but the file holds ${dataBytes}: it is truncated`;
      throw new SafetensorsError("truncated", message);
    }
    const data = viewAs(dtype, bytes.subarray(dataStart + begin, dataStart + end));
    tensors.set(name, { dtype, shape, data });
    expected = end;
  }
  if (expected !== dataBytes) {
    const message = `The tensors end at data byte ${expected}, but ${dataBytes - expected} bytes follow`;
    throw new SafetensorsError("trailing-bytes", message);
  }
  return { tensors, metadata };
}

/**
 * The elements of a floating-point tensor as f32: F16 and BF16 are converted exactly, F64 is rounded, F32 is not copied.
 *
 * @throws {SafetensorsError} `not-floating-point` for any other dtype.
 */
export function toFloat32(tensor: SafetensorsTensor): Float32Array {
  const floats = floatsOf(tensor.dtype, tensor.data);
  if (floats !== undefined) return floats;
  const message = `Only F32, F64, F16 and BF16 tensors can be read as f32, got ${tensor.dtype}`;
  throw new SafetensorsError("not-floating-point", message);
}
