/** JPEG and PNG files of every kind, damaged in many ways. */
import { Image } from "imagescript";
import type { SeededRandom } from "../../reference/seeded_random.ts";
import { adobe, type DrawnJpeg, drawnJpeg, exif, exifSegment, JFIF } from "../../data/jpeg_writer.ts";
import { drawnPng } from "../../data/png_writer.ts";
import { chunk, ihdr, plainPng, png, type PngHeader, zeros } from "./png_file.ts";
import { UNUSUAL_JPEGS } from "./unusual_jpegs.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const NOTHING = new Uint8Array();

/** Valid files, the start of every change. */
export async function goodImages(random: SeededRandom): Promise<Bytes[]> {
  const image = new Image(32, 64);
  for (let i = 0; i < image.bitmap.length; i++) image.bitmap[i] = random.integer(256);
  const pngs = [0, 2, 3, 4, 6].flatMap((color) =>
    [1, 2, 4, 8, 16].flatMap((depth) =>
      [0, 1].flatMap((interlace) => {
        const allowed = color === 0 || (color === 3 ? depth <= 8 : depth >= 8);
        return allowed ? [plainPng({ width: 13, height: 9, depth, color, interlace }, 170)] : [];
      })
    )
  );
  const own = [await image.encodeJPEG(80), await image.encode(1)] as Bytes[];
  return [...own, ...Object.values(UNUSUAL_JPEGS), ...pngs, ...tellingImages()];
}

/** Valid files that are to be read in another way than most, as they say themselves. */
function tellingImages(): Bytes[] {
  const color = { width: 21, height: 33, sampling: [[2, 2], [1, 1], [1, 1]] } as const;
  const inks = { ...color, sampling: [[1, 1], [1, 1], [1, 1], [1, 1]] } as const;
  const jpegs: DrawnJpeg[] = [
    ...[2, 6, 7].map((turned) => ({ ...color, head: [JFIF, exifSegment(exif(turned, { thumbnail: 3 }))] })),
    { ...color, head: [adobe(0), JFIF] },
    { ...color, ids: [0x52, 0x47, 0x42], scans: "separate" },
    { ...color, tables: false, restart: 1 },
    { ...inks, head: [adobe(2)], scans: "progressive" },
    inks,
  ];
  const header = { width: 13, height: 9, depth: 8, color: 2, interlace: 0 };
  const turned = chunk("eXIf", exif(8, { little: false }));
  const pngs = [
    drawnPng(header, [chunk("tRNS", new Uint8Array(6)), turned]),
    drawnPng({ ...header, color: 3, depth: 4 }, [chunk("tRNS", new Uint8Array(9))]),
    drawnPng({ ...header, color: 0, depth: 16, interlace: 1 }, [chunk("tRNS", new Uint8Array(2))], [turned]),
  ];
  return [...jpegs.map(drawnJpeg), ...pngs];
}

/** Beginnings of files of other kinds, which come under a picture's name, too. */
const OTHER_KINDS = [
  "RIFF\x80\0\0\0WEBPVP8 ",
  "\0\0\0\x1cftypavif",
  "\0\0\0\x18ftypheic",
  "GIF89a",
  "BM\x36\x0c",
  "II*\0\x08\0\0\0",
  "\xff\x0a",
  "\xff\xd8\xff\xf7",
  "%PDF-1.7",
  "<!doctype html><title>",
  '<?xml version="1.0"?><svg',
  "version https://git-lfs.github.com/spec/v1\n",
  "\xff\xfea\0b\0",
  "\0\0\0\0",
];

/** A JPEG segment with this marker. */
function segment(marker: number, data: ArrayLike<number>): Bytes {
  return concat(
    Uint8Array.of(0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255),
    Uint8Array.from(data),
  );
}

/** A frame header with this size and number of components. */
function frame(marker: number, width: number, height: number, components = 3, sampling = 0x11): Bytes {
  const parts = Array.from({ length: components }, (_, i) => [i + 1, sampling, 0]).flat();
  return segment(marker, [8, height >> 8, height & 255, width >> 8, width & 255, components, ...parts]);
}

/**
 * Special cases that random changes rarely hit: small files that claim enormous images, and headers that one reader
 * finds and another does not.
 */
export function* specialImages(good: readonly Bytes[]): Generator<Bytes> {
  for (const kind of OTHER_KINDS) {
    const start = Uint8Array.from(kind, (character) => character.charCodeAt(0));
    yield start;
    yield concat(start, good[1]!);
  }
  // Those of `tellingImages` are only changed at random: each one here makes a hundred files.
  const jpegs = good.filter((bytes) => bytes[0] === 0xff).slice(0, 1 + Object.keys(UNUSUAL_JPEGS).length);
  const sizes = [0, 1, 5792, 5793, 40_000, 65_500, 65_535];
  for (const jpeg of jpegs) {
    const rest = jpeg.subarray(2);
    const start = jpeg.slice(0, 2);
    for (const width of sizes) {
      for (const height of sizes) yield withFrameSize(jpeg, width, height);
    }
    for (const marker of [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc9, 0xca, 0xcf]) {
      yield withFrameMarker(jpeg, marker);
    }
    for (const huge of [frame(0xc0, 65_500, 65_500), frame(0xc2, 65_500, 65_500), frame(0xc0, 8, 8)]) {
      yield concat(start, huge, rest);
      yield beforeScan(jpeg, huge);
      // Markers without a length: a reader that takes the next bytes as a length skips what follows.
      for (const lone of [0x01, 0xd0, 0xd7, 0xd8]) {
        yield concat(start, Uint8Array.of(0xff, lone), huge, rest);
        yield concat(start, Uint8Array.of(0xff, lone, 0x00, huge.length + 2), huge, rest);
      }
      yield concat(start, segment(0xfe, huge), rest);
      yield concat(start, Uint8Array.of(0xff, 0xff, 0xff), huge, rest);
      yield concat(start, Uint8Array.of(0x00, 0x12), huge, rest);
    }
    for (const components of [0, 1, 2, 4, 5, 255]) yield concat(start, frame(0xc0, 9, 9, components), rest);
    for (const sampling of [0x00, 0x41, 0x14, 0x44, 0xf1, 0xff]) {
      yield concat(start, frame(0xc2, 5000, 5000, 3, sampling), rest);
    }
    yield concat(jpeg, jpeg);
    yield beforeScan(jpeg, segment(0xdd, [0, 0]));
    yield beforeScan(jpeg, segment(0xc4, new Uint8Array(20).fill(255)));
    yield concat(jpeg.subarray(0, -2), new Uint8Array(1 << 20).fill(0xff));
  }
  // Many progressive scans over the largest allowed image.
  const progressive = withFrameSize(UNUSUAL_JPEGS.progressive!, 5792, 5792);
  const scan = progressive.indexOf(0xda) - 1;
  const scans = Array.from({ length: 200 }, () => progressive.subarray(scan, -2));
  yield concat(progressive.subarray(0, -2), ...scans, Uint8Array.of(0xff, 0xd9));

  const header = { width: 13, height: 9, depth: 8, color: 6, interlace: 0 };
  const end = chunk("IEND", NOTHING);
  const large: PngHeader[] = [];
  for (
    const [width, height] of [[5792, 5792], [2 ** 25, 1], [1, 2 ** 25], [2 ** 31 - 1, 1], [
      2 ** 32 - 1,
      2 ** 32 - 1,
    ]]
  ) {
    for (const depth of [1, 8, 16]) {
      for (const interlace of [0, 1]) {
        large.push({ ...header, width: width!, height: height!, depth, interlace });
      }
    }
  }
  for (const huge of [...large, { ...header, width: 0 }, { ...header, height: 0 }]) {
    yield png(ihdr(huge), chunk("IDAT", zeros(1000)), end);
    yield png(ihdr(huge), end);
    yield png(ihdr(header), ihdr(huge), chunk("IDAT", zeros(1000)), end);
  }
  // Far more data than the header's pixels, and texts that inflate.
  const flood = zeros(64 << 20);
  yield png(ihdr(header), chunk("IDAT", flood), end);
  yield png(
    ihdr(header),
    ...Array.from({ length: 1000 }, () => chunk("IDAT", NOTHING)),
    chunk("IDAT", flood),
    end,
  );
  for (const type of ["zTXt", "iTXt", "iCCP"]) {
    const text = concat(
      new TextEncoder().encode("a\0\0"),
      type === "iTXt" ? Uint8Array.of(1, 0, 0, 0) : NOTHING,
      flood,
    );
    yield png(ihdr(header), chunk(type, text), chunk("IDAT", zeros(9 * 53)), end);
  }
  yield png(ihdr({ ...header, color: 3, depth: 8 }), chunk("IDAT", zeros(9 * 14)), end); // No palette.
  yield png(
    ihdr({ ...header, color: 3, depth: 8 }),
    chunk("PLTE", new Uint8Array(5)),
    chunk("IDAT", zeros(126)),
    end,
  );
  yield png(chunk("acTL", new Uint8Array(8).fill(255)), ihdr(header), chunk("IDAT", zeros(9 * 53)), end);
  yield png(
    ihdr(header),
    chunk("acTL", new Uint8Array(8).fill(255)),
    chunk("fcTL", new Uint8Array(26).fill(255)),
    end,
  );
  for (const filter of [1, 4, 5, 255]) {
    yield png(ihdr(header), chunk("IDAT", zeros(9 * 53).fill(filter, 6, 8)), end);
  }
  // The largest allowed image: the most that one image may cost.
  yield png(ihdr({ ...header, width: 5792, height: 5792 }), chunk("IDAT", zeros(5792 * (1 + 4 * 5792))), end);
}

function frameAt(jpeg: Bytes): number {
  for (let at = 2; at < jpeg.length; at += 2 + (jpeg[at + 2]! << 8 | jpeg[at + 3]!)) {
    if ([0xc0, 0xc1, 0xc2].includes(jpeg[at + 1]!)) return at;
  }
  throw new Error("Found no frame header in a good JPEG");
}

function withFrameSize(jpeg: Bytes, width: number, height: number): Bytes {
  const copy = jpeg.slice();
  copy.set([height >> 8, height & 255, width >> 8, width & 255], frameAt(jpeg) + 5);
  return copy;
}

function withFrameMarker(jpeg: Bytes, marker: number): Bytes {
  const copy = jpeg.slice();
  copy[frameAt(jpeg) + 1] = marker;
  return copy;
}

/** Inserts bytes after the frame header. */
function beforeScan(jpeg: Bytes, bytes: Bytes): Bytes {
  const at = frameAt(jpeg);
  const end = at + 2 + (jpeg[at + 2]! << 8 | jpeg[at + 3]!);
  return concat(jpeg.subarray(0, end), bytes, jpeg.subarray(end));
}

function concat(...parts: Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** One random change of a good file: flipped bits, cuts, pieces of another file. */
export function mutatedImage(good: readonly Bytes[], random: SeededRandom): Bytes {
  const any = () => good[random.integer(good.length)]!;
  const bytes = any().slice();
  const place = () => random.integer(bytes.length + 1);
  switch (random.integer(7)) {
    case 0:
      return bytes.subarray(0, place());
    case 1:
      for (let i = 1 + random.integer(8); i > 0; i--) {
        bytes[random.integer(bytes.length)]! ^= 1 << random.integer(8);
      }
      return bytes;
    case 2: // Near the start, in the headers.
      for (let i = 1 + random.integer(3); i > 0; i--) {
        bytes[random.integer(Math.min(200, bytes.length))] = random.integer(256);
      }
      return bytes;
    case 3: {
      const other = any();
      const [from, to] = [random.integer(other.length), random.integer(other.length)];
      const at = place();
      return concat(
        bytes.subarray(0, at),
        other.subarray(Math.min(from, to), Math.max(from, to)),
        bytes.subarray(at),
      );
    }
    case 4: {
      const [from, to] = [place(), place()];
      return concat(bytes.subarray(0, from), bytes.subarray(to));
    }
    case 5:
      bytes.fill(random.integer(256), place(), place());
      return bytes;
    default: { // Markers and extreme sizes.
      const at = random.integer(Math.max(1, bytes.length - 4));
      if (random.integer(2) === 0) bytes.set([0xff, 0xc0 + random.integer(64)], at);
      else bytes.set(random.integer(2) === 0 ? [0xff, 0xff, 0xff, 0xff] : [0, 0, 0, 0], at);
      return bytes;
    }
  }
}
