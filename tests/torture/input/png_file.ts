/** Builds PNG files chunk by chunk (W3C PNG specification), valid or invalid. */
import { crc32, deflateSync } from "node:zlib";

/** The fields of IHDR. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  /** 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGB and alpha. */
  readonly color: number;
  readonly interlace: number;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Samples of a pixel by color type. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** A chunk with its length and checksum. */
export function chunk(type: string, data: Uint8Array, crc?: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc ?? crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** The first chunk. */
export function ihdr({ width, height, depth, color, interlace }: PngHeader): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(13);
  const view = new DataView(data.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  data.set([depth, color, 0, 0, interlace], 8);
  return chunk("IHDR", data);
}

/** A file of these chunks. */
export function png(...chunks: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const parts = [SIGNATURE, ...chunks];
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** Column, row, and steps to the next ones, of Adam7's passes. */
const ADAM7 = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [
  0,
  1,
  1,
  2,
]];

/** The passes with pixels: one, or up to seven if interlaced. Every row is a filter's byte and `rowBytes` of samples. */
export function passes(
  { width, height, depth, color, interlace }: PngHeader,
): { rowBytes: number; rows: number }[] {
  const bits = depth * (CHANNELS[color] ?? 1);
  const parts = interlace === 1 ? ADAM7 : [[0, 0, 1, 1]];
  return parts.map(([x, y, dx, dy]) => {
    const [columns, rows] = [Math.ceil((width - x!) / dx!), Math.ceil((height - y!) / dy!)];
    return {
      rowBytes: Math.ceil(Math.max(0, columns) * bits / 8),
      rows: columns > 0 ? Math.max(0, rows) : 0,
    };
  });
}

/** A small valid file; every sample is `sample`. */
export function plainPng(header: PngHeader, sample: number): Uint8Array<ArrayBuffer> {
  const bytes = passes(header).reduce((sum, { rowBytes, rows }) => sum + rows * (1 + rowBytes), 0);
  const raw = new Uint8Array(bytes);
  // Zeros mean filter type 0 in every row.
  if (raw.length > 0 && header.interlace === 0) {
    raw.fill(sample, raw.length - (raw.length / header.height - 1));
  }
  const palette = header.color === 3 ? [chunk("PLTE", new Uint8Array(3 * 256).fill(sample))] : [];
  return png(ihdr(header), ...palette, chunk("IDAT", deflateSync(raw)), chunk("IEND", new Uint8Array()));
}

/** Data that inflates to `bytes` zeros. */
export function zeros(bytes: number): Uint8Array {
  return deflateSync(new Uint8Array(bytes), { level: 9 });
}
