/**
 * The segments of a JPEG file (ITU-T T.81, annex B), read before it is decoded. The decoder takes only those that a
 * picture needs, in a form that leaves nothing to guess: see `plainJpeg`.
 */
import { requireAllowedSize } from "../image_limits.ts";
import { exifOrientation, type Orientation, startsWith } from "./orientation.ts";
import { STANDARD_HUFFMAN_TABLES } from "./standard_huffman_tables.ts";

/** What the segments say. */
export interface JpegFile {
  /** Pixels across and down, as stored. */
  width: number;
  height: number;
  orientation: Orientation;
  progressive: boolean;
  /** Whether the file ends without the marker that ends a picture: some cameras and downloads leave it out. */
  open: boolean;
  /** Pixels across and down of the unit of compressed data, which has a block or more of every component. */
  unit: { width: number; height: number };
  /** What the decoder needs, from the first table to the last scan. */
  parts: readonly Uint8Array[];
}

/** Why a frame cannot be decoded, by its marker: T.81, table B.1. */
const FRAMES: Readonly<Record<number, string>> = {
  0xc3: "lossless",
  0xc5: "hierarchical",
  0xc6: "hierarchical",
  0xc7: "hierarchical and lossless",
  0xc9: "arithmetic coding",
  0xca: "progressive with arithmetic coding",
  0xcb: "lossless with arithmetic coding",
  0xcd: "hierarchical with arithmetic coding",
  0xce: "hierarchical with arithmetic coding",
  0xcf: "hierarchical with arithmetic coding",
};

const START = 0xd8, END = 0xd9, SCAN = 0xda, HUFFMAN = 0xc4, QUANTIZATION = 0xdb, RESTART = 0xdd, APP0 = 0xe0;

/** Whether bytes begin as a JPEG does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return startsWith(bytes, "\xff\xd8\xff") && bytes[3] !== 0xf7;
}

/**
 * Reads all segments, up to the end of the picture.
 *
 * @throws {Error} With the reason why this is not a whole picture that can be decoded.
 */
export function readJpeg(bytes: Uint8Array): JpegFile {
  let frame: Frame | undefined;
  let orientation: Orientation | undefined;
  let jfif = false, quantized = false;
  let adobe: number | undefined;
  const parts: Uint8Array[] = [];
  const scanned = new Set<number>(), complete = new Set<string>();
  let open = false;
  for (let at = 2; !open;) {
    const start = nextMarker(bytes, at);
    const marker = bytes[start + 1];
    if (marker === undefined) throw truncated(bytes.length, scanned.size > 0);
    if (marker === END) break;
    if (marker === START) throw new Error(`damaged JPEG: a second picture begins at byte ${start}`);
    if (marker === 0x01 || isRestart(marker)) { // A marker without a length.
      at = start + 2;
      continue;
    }
    if (marker < 0xc0) throw new Error(`damaged JPEG: an unknown marker at byte ${start}`);
    const length = (bytes[start + 2] ?? 0) << 8 | (bytes[start + 3] ?? 0);
    at = start + 2 + length;
    if (at > bytes.length || start + 4 > bytes.length) throw truncated(bytes.length, scanned.size > 0);
    if (length < 2) throw new Error(`damaged JPEG: a segment of ${length} bytes at byte ${start}`);
    const data = bytes.subarray(start + 4, at);
    const needed = () => parts.push(bytes.subarray(start, at));
    if (marker >= 0xc0 && marker <= 0xcf && marker !== HUFFMAN && marker !== 0xc8 && marker !== 0xcc) {
      if (frame !== undefined) throw new Error(`damaged JPEG: a second frame header at byte ${start}`);
      frame = readFrame(marker, data);
      requireAllowedSize(frame.width, frame.height);
      needed();
    } else if (marker === SCAN) {
      if (frame === undefined) throw new Error("damaged JPEG: no frame header before the scan");
      if (!quantized) throw new Error("damaged JPEG: no quantization table");
      const { ids, first, last, low } = readScan(data), from = at;
      const begun = first === 0 ? ids : [];
      for (const id of begun) scanned.add(id);
      for (let k = first; k <= last && low === 0; k++) for (const id of ids) complete.add(`${id}/${k}`);
      ({ at, open } = endOfScan(bytes, at));
      if (8 * (at - from) < leastBits(frame) * begun.length) {
        throw new Error(
          `truncated JPEG: ${at - from} bytes of data for ${frame.width} × ${frame.height} pixels`,
        );
      }
      needed();
    } else if (marker === HUFFMAN || marker === QUANTIZATION || marker === RESTART) {
      quantized ||= marker === QUANTIZATION;
      needed();
    } else if (scanned.size > 0) {
      continue; // What is said after the first scan concerns no color.
    } else if (marker === APP0) {
      jfif ||= data.length >= 14 && startsWith(data, "JFIF\0");
    } else if (marker === APP0 + 1 && startsWith(data, "Exif\0\0")) {
      orientation ??= exifOrientation(data);
    } else if (marker === APP0 + 14 && data.length >= 12 && startsWith(data, "Adobe")) {
      adobe = data[11];
    }
  }
  if (frame === undefined || parts.length === 0) throw new Error("damaged JPEG: no frame header");
  const absent = frame.ids.findIndex((id) => !scanned.has(id));
  if (absent >= 0) {
    throw new Error(`truncated JPEG: no data of component ${absent + 1} of ${frame.ids.length}`);
  }
  // Without the end marker a later scan may be missing, which would have refined the picture.
  if (open && complete.size < 64 * frame.ids.length) throw truncated(bytes.length, true);
  const { width, height, unit, progressive } = frame;
  const tables = progressive ? [] : [STANDARD_HUFFMAN_TABLES];
  const head = [Uint8Array.of(0xff, START), colors(transformOf(frame.ids, jfif, adobe)), ...tables];
  return {
    width,
    height,
    orientation: orientation ?? 1,
    progressive,
    open,
    unit,
    parts: [...head, ...parts],
  };
}

/**
 * The parts of a JPEG file that leaves nothing to guess. It has no metadata, an Adobe segment that states the colors,
 * and, before its own tables, the standard Huffman tables of T.81, annex K, which a webcam's frames leave out. It ends
 * after its last scan.
 *
 * @param more Bytes to put behind the last scan's.
 */
export function plainJpeg({ parts }: JpegFile, more: Uint8Array = new Uint8Array()): readonly Uint8Array[] {
  return [...parts, more, Uint8Array.of(0xff, END)];
}

interface Frame {
  width: number;
  height: number;
  progressive: boolean;
  unit: { width: number; height: number };
  /** The components' numbers. */
  ids: number[];
}

function readFrame(marker: number, data: Uint8Array): Frame {
  const process = FRAMES[marker];
  if (process !== undefined) throw new Error(`a JPEG of an unsupported kind: ${process}`);
  const [bits, high, low, left, right, count] = data;
  if (right === undefined || count === undefined || data.length < 6 + 3 * count) {
    throw new Error("damaged JPEG: its frame header is too short");
  }
  if (bits !== 8) throw new Error(`a JPEG of an unsupported kind: ${bits} bits in a sample, not 8`);
  if (count !== 1 && count !== 3 && count !== 4) {
    throw new Error(`a JPEG of an unsupported kind: ${count} components, not 1, 3 or 4`);
  }
  const components = Array.from({ length: count }, (_, i) => data.subarray(6 + 3 * i, 9 + 3 * i));
  const largest = (of: (sampling: number) => number) =>
    count === 1 ? 1 : Math.max(...components.map(([, sampling]) => of(sampling ?? 0)));
  return {
    width: left! << 8 | right,
    height: high! << 8 | low!,
    progressive: marker === 0xc2,
    unit: { width: 8 * largest((s) => s >> 4), height: 8 * largest((s) => s & 15) },
    ids: components.map(([id]) => id!),
  };
}

/** A scan's components, its first and last coefficient (0 is a block's mean), and the lowest bit that it gives of them. */
function readScan(header: Uint8Array): { ids: number[]; first: number; last: number; low: number } {
  const count = header[0] ?? 0;
  const [first, last, bits] = header.subarray(1 + 2 * count);
  if (bits === undefined) throw new Error("damaged JPEG: the header of a scan is too short");
  const ids = Array.from({ length: count }, (_, i) => header[1 + 2 * i]!);
  return { ids, first: first!, last: Math.min(last!, 63), low: bits & 15 };
}

/** Bits that a component has at least: a code or two, of a bit each, for a block in every unit. */
function leastBits({ width, height, unit, progressive }: Frame): number {
  return Math.ceil(width / unit.width) * Math.ceil(height / unit.height) * (progressive ? 1 : 2);
}

function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7;
}

/** The position of the next marker, 0xff and its code, or of the last byte. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff) return at;
  }
  return bytes.length;
}

/** Where a scan's data end: at a marker, or, `open`, at the end of the file. */
function endOfScan(bytes: Uint8Array, from: number): { at: number; open: boolean } {
  let at = nextMarker(bytes, from);
  while (isRestart(bytes[at + 1] ?? 0)) at = nextMarker(bytes, at + 2);
  const open = at + 1 >= bytes.length;
  if (open) { while (at > from && bytes[at - 1] === 0xff) at--; } // Half of a marker.
  return { at, open };
}

function truncated(length: number, inData: boolean): Error {
  return new Error(
    `truncated JPEG: the file ends at byte ${length}, ${
      inData ? "before the picture does" : "in the header"
    }`,
  );
}

/**
 * The color transform by the rules of libjpeg, in Adobe's numbers: 0 is RGB or CMYK, 1 is YCbCr, 2 is YCCK. JFIF is
 * always YCbCr, whatever an Adobe segment says; without either, components that are called R, G and B are these colors.
 */
function transformOf(ids: readonly number[], jfif: boolean, adobe: number | undefined): number {
  if (ids.length === 4) return (adobe ?? 0) === 0 ? 0 : 2;
  if (jfif) return 1;
  if (adobe !== undefined) return adobe === 0 ? 0 : 1;
  return String.fromCharCode(...ids) === "RGB" ? 0 : 1;
}

function colors(transform: number): Uint8Array {
  return Uint8Array.of(0xff, APP0 + 14, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, transform);
}
