/**
 * Writes JPEG files of every kind that the decoder must read and that encoders rarely write: any sampling, any markers,
 * restarts, one scan for each component, spectral selection. The pictures are random blocks.
 */
import { STANDARD_HUFFMAN_TABLES } from "../../data/images/standard_huffman_tables.ts";
import { seededRandom } from "../reference/seeded_random.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What to write. */
export interface DrawnJpeg {
  readonly width: number;
  readonly height: number;
  /** Blocks across and down that each component has in a unit. */
  readonly sampling: readonly (readonly [number, number])[];
  /** The components' numbers; 1, 2, … by default. */
  readonly ids?: readonly number[];
  /** Segments in front. */
  readonly head?: readonly Uint8Array[];
  /** Units between restart markers. */
  readonly restart?: number;
  readonly scans?: "one" | "separate" | "progressive";
  /** Leaves out the components from this one on; with separate scans. */
  readonly only?: number;
  /** Whether to write the Huffman tables, which are always the standard ones. Default true. */
  readonly tables?: boolean;
}

/** A segment with this marker. */
export function segment(marker: number, data: ArrayLike<number>): Bytes {
  const length = data.length + 2;
  return Uint8Array.from([0xff, marker, length >> 8, length & 255, ...Array.from(data)]);
}

const ascii = (text: string) => [...new TextEncoder().encode(text)];

/** A JFIF segment. */
export const JFIF = segment(0xe0, [...ascii("JFIF\0"), 1, 1, 0, 0, 1, 0, 1, 0, 0]);

/** An Adobe segment: transform 0 is RGB or CMYK, 1 is YCbCr, 2 is YCCK. */
export function adobe(transform: number): Bytes {
  return segment(0xee, [...ascii("Adobe"), 0, 100, 0, 0, 0, 0, transform]);
}

/** A TIFF block whose first directory has an orientation, and whose second one, of a thumbnail, may have another. */
export function exif(
  orientation: number,
  { little = true, type = 3, thumbnail }: { little?: boolean; type?: number; thumbnail?: number } = {},
): Bytes {
  const integer = (value: number, bytes: number) => {
    const digits = Array.from({ length: bytes }, (_, i) => value >> (8 * i) & 255);
    return little ? digits : digits.reverse();
  };
  const size = type === 3 ? 2 : type === 4 ? 4 : 1;
  const entry = (value: number) => [
    ...integer(0x0112, 2),
    ...integer(type, 2),
    ...integer(1, 4),
    ...integer(value, size),
    ...new Uint8Array(4 - size),
  ];
  const directory = (value: number, next: number) => [...integer(1, 2), ...entry(value), ...integer(next, 4)];
  return Uint8Array.from([
    ...ascii(little ? "II*\0" : "MM\0*"),
    ...integer(8, 4),
    ...directory(orientation, thumbnail === undefined ? 0 : 26),
    ...(thumbnail === undefined ? [] : directory(thumbnail, 0)),
  ]);
}

/** The segment of a JPEG for a TIFF block. */
export function exifSegment(tiff: Uint8Array): Bytes {
  return segment(0xe1, [...ascii("Exif\0\0"), ...tiff]);
}

/** [bits, length] of every symbol of the standard tables: of mean values and others, for luminance and chrominance. */
const CODES = (() => {
  const codes: Map<number, [number, number]>[] = [];
  for (let at = 4; at < STANDARD_HUFFMAN_TABLES.length;) {
    const counts = STANDARD_HUFFMAN_TABLES.subarray(at + 1, at + 17);
    const table = new Map<number, [number, number]>();
    let code = 0, symbol = at + 17;
    for (const [i, count] of counts.entries()) {
      for (let j = 0; j < count; j++) table.set(STANDARD_HUFFMAN_TABLES[symbol++], [code++, i + 1]);
      code <<= 1;
    }
    codes.push(table);
    at = symbol;
  }
  const [luminanceMeans, luminance, chrominanceMeans, chrominance] = codes;
  return { means: [luminanceMeans, chrominanceMeans], others: [luminance, chrominance] };
})();

/** The bits of a scan's data, with stuffed zeros. */
class BitWriter {
  #bits = 0;
  #count = 0;

  constructor(readonly out: number[]) {}

  write(value: number, length: number): void {
    for (let bit = length - 1; bit >= 0; bit--) {
      this.#bits = this.#bits << 1 | (value >> bit & 1);
      if (++this.#count < 8) continue;
      this.out.push(this.#bits);
      if (this.#bits === 255) this.out.push(0);
      this.#bits = this.#count = 0;
    }
  }

  writeSymbol(table: Map<number, [number, number]>, symbol: number): void {
    this.write(...table.get(symbol)!);
  }

  writeNumber(value: number, size: number): void {
    this.write(value < 0 ? value + (1 << size) - 1 : value, size);
  }

  fillByte(): void {
    while (this.#count > 0) this.write(1, 1);
  }
}

const sizeOf = (value: number) => 32 - Math.clz32(Math.abs(value));

/** The file's bytes: equal descriptions give equal files. */
export function drawnJpeg(jpeg: DrawnJpeg): Bytes {
  const { width, height, sampling, head = [], restart = 0, scans = "one", tables = true } = jpeg;
  const ids = jpeg.ids ?? sampling.map((_, i) => i + 1);
  const random = seededRandom(width * 1000 + height);
  const most = [0, 1].map((axis) => Math.max(...sampling.map((of) => of[axis])));
  const [across, down] = [Math.ceil(width / (8 * most[0])), Math.ceil(height / (8 * most[1]))];
  const components = sampling.map(([h, v], i) => ({
    h,
    v,
    table: i === 0 || i === 3 ? 0 : 1,
    stride: across * h,
    blocks: Array.from({ length: across * h * down * v }, () =>
      Int32Array.from({ length: 64 }, (_, k) => {
        const spread = k === 0 ? 70 : k < 9 ? 9 : random.integer(16) === 0 ? 3 : 1;
        return random.integer(spread) - (spread >> 1);
      })),
    // Blocks in a scan without other components, which leaves out those beyond the picture.
    columns: Math.ceil(width * h / most[0] / 8),
    rows: Math.ceil(height * v / most[1] / 8),
  }));

  const out = [0xff, 0xd8];
  const put = (bytes: Uint8Array) => out.push(...bytes);
  head.forEach(put);
  for (const table of [0, 1]) {
    put(segment(0xdb, [table, ...Array.from({ length: 64 }, (_, k) => 6 + table + (k >> 1))]));
  }
  const size = [height >> 8, height & 255, width >> 8, width & 255];
  const parts = components.flatMap(({ h, v, table }, i) => [ids[i], h << 4 | v, table]);
  put(segment(scans === "progressive" ? 0xc2 : 0xc0, [8, ...size, components.length, ...parts]));
  if (tables) put(STANDARD_HUFFMAN_TABLES);
  if (restart > 0) put(segment(0xdd, [restart >> 8, restart & 255]));

  const scan = (which: readonly number[], first: number, last: number) => {
    const tablesOf = which.flatMap((i) => [ids[i], components[i].table * 0x11]);
    put(segment(0xda, [which.length, ...tablesOf, first, last, 0]));
    const bits = new BitWriter(out);
    const means = new Map<number, number>();
    const block = (i: number, x: number, y: number) => {
      const { table, blocks, stride } = components[i];
      const values = blocks[y * stride + x];
      if (first === 0) {
        const difference = values[0] - (means.get(i) ?? 0);
        means.set(i, values[0]);
        bits.writeSymbol(CODES.means[table], sizeOf(difference));
        bits.writeNumber(difference, sizeOf(difference));
      }
      let zeros = 0;
      for (let k = Math.max(1, first); k <= last; k++) {
        if (values[k] === 0) {
          zeros++;
          continue;
        }
        for (; zeros > 15; zeros -= 16) bits.writeSymbol(CODES.others[table], 0xf0);
        bits.writeSymbol(CODES.others[table], zeros << 4 | sizeOf(values[k]));
        bits.writeNumber(values[k], sizeOf(values[k]));
        zeros = 0;
      }
      if (zeros > 0) bits.writeSymbol(CODES.others[table], 0);
    };
    const [only] = which;
    const [unitsAcross, unitsDown] = which.length === 1
      ? [components[only].columns, components[only].rows]
      : [across, down];
    for (let unit = 0; unit < unitsAcross * unitsDown; unit++) {
      if (restart > 0 && unit > 0 && unit % restart === 0) {
        bits.fillByte();
        out.push(0xff, 0xd0 + (unit / restart - 1) % 8);
        means.clear();
      }
      const [x, y] = [unit % unitsAcross, Math.floor(unit / unitsAcross)];
      if (which.length === 1) block(only, x, y);
      else {
        for (const i of which) {
          const { h, v } = components[i];
          for (let part = 0; part < h * v; part++) block(i, x * h + part % h, y * v + Math.floor(part / h));
        }
      }
    }
    bits.fillByte();
  };
  const all = components.map((_, i) => i);
  if (scans === "one") scan(all, 0, 63);
  else if (scans === "separate") all.slice(0, jpeg.only).forEach((i) => scan([i], 0, 63));
  else {
    scan(all, 0, 0);
    for (const [first, last] of [[1, 5], [6, 63]]) all.forEach((i) => scan([i], first, last));
  }
  out.push(0xff, 0xd9);
  return Uint8Array.from(out);
}
