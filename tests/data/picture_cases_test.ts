/** Pictures as people have them: what is read, and what is said about the others. */
import assert from "node:assert/strict";
import sharp from "sharp";
import { decodeImage } from "../../data/images/decode_image.ts";
import { exifOrientation } from "../../data/images/orientation.ts";
import { chunk, ihdr, png } from "../torture/input/png_file.ts";
import { drawnJpeg, exif, exifSegment, JFIF, segment } from "./jpeg_writer.ts";
import { PICTURE_CASES, PICTURES } from "./picture_cases.ts";
import { drawnPng } from "./png_writer.ts";

Deno.test("decodeImage() gives the pixels that other decoders see, upright and in RGB", async () => {
  assert.equal(PICTURE_CASES.length, 9);
  for (const { name, expected: file } of PICTURE_CASES) {
    const { width, height, channels, data } = await decodeImage(await Deno.readFile(PICTURES + name));
    const expected = await decodeImage(await Deno.readFile(PICTURES + file));
    assert.deepEqual([width, height], [expected.width, expected.height], name);
    const most = name.endsWith(".jpg") ? 3 : 0;
    for (let i = 0; i < width * height * 3; i++) {
      const [pixel, channel] = [Math.floor(i / 3), i % 3];
      const [got, wanted] = [data[pixel * channels + channel], expected.data[pixel * 4 + channel]];
      assert.ok(Math.abs(got - wanted) <= most, `${name}: ${got}, not ${wanted}, at ${i}`);
    }
  }
});

const SIZE = { width: 40, height: 48 };
const COLOR = { ...SIZE, sampling: [[1, 1], [1, 1], [1, 1]] } as const;
const HEADER = { ...SIZE, depth: 8, color: 2, interlace: 0 };
const jpeg = drawnJpeg(COLOR);
const progressive = drawnJpeg({ ...COLOR, scans: "progressive" });
const picture = drawnPng(HEADER);
const text = (value: string) => new TextEncoder().encode(value);

/** Bytes whose frame header has other bytes from `offset` on; its marker is at 0. */
function withFrame(offset: number, ...values: number[]): Uint8Array {
  const copy = jpeg.slice();
  copy.set(values, copy.findIndex((byte, i) => byte === 0xff && copy[i + 1] === 0xc0) + offset);
  return copy;
}

function cut(bytes: Uint8Array, share: number, end: readonly number[] = []): Uint8Array {
  return Uint8Array.from([...bytes.subarray(0, Math.floor(bytes.length * share)), ...end]);
}

const END = [0xff, 0xd9];
const own = sharp({ create: { width: 9, height: 9, channels: 3, background: "red" } });

Deno.test("decodeImage() names the reason why a file is refused, whatever its name says", async () => {
  const refused: readonly [what: string, bytes: Uint8Array, reason: RegExp][] = [
    ["an empty file", new Uint8Array(), /^empty file$/],
    ["half a JPEG", cut(jpeg, 0.5), /^truncated JPEG: the data end in row \d+ of 48$/],
    [
      "half a progressive one",
      cut(progressive, 0.5),
      /^truncated JPEG: the file ends at byte \d+, before the/,
    ],
    ["its first bytes", jpeg.subarray(0, 100), /^truncated JPEG: the file ends at byte 100, in the header$/],
    ["all but its last block", jpeg.subarray(0, -6), /^truncated JPEG: the data end in row \d+ of 48$/],
    ["half a JPEG, closed", cut(jpeg, 0.7, END), /^truncated JPEG: the data end in row \d+ of 48$/],
    [
      "a cut scan of a progressive one",
      cut(progressive, 0.98, END),
      /^truncated JPEG: the data end in row \d+ of/,
    ],
    [
      "missing scans",
      drawnJpeg({ ...COLOR, scans: "separate", only: 2 }),
      /^truncated JPEG: no data of component 3 of 3$/,
    ],
    [
      "a progressive one without tables",
      drawnJpeg({ ...COLOR, scans: "progressive", tables: false }),
      /^damaged JPEG: its compressed data/,
    ],
    ["no frame", cut(jpeg, 0, [0xff, 0xd8, ...END]), /^damaged JPEG: no frame header$/],
    [
      "two pictures in one",
      Uint8Array.from([...jpeg.subarray(0, 2), ...jpeg]),
      /^damaged JPEG: a second picture/,
    ],
    [
      "a frame twice",
      drawnJpeg({ ...COLOR, head: [jpeg.subarray(...frameOf(jpeg))] }),
      /^damaged JPEG: a second frame/,
    ],
    [
      "an unknown marker",
      drawnJpeg({ ...COLOR, head: [segment(0x30, [1])] }),
      /^damaged JPEG: an unknown marker at byte 2$/,
    ],
    [
      "a segment of length 0",
      drawnJpeg({ ...COLOR, head: [Uint8Array.of(0xff, 0xe5, 0, 0)] }),
      /^damaged JPEG: a segment of 0 bytes at byte 2$/,
    ],
    ["lossless", withFrame(1, 0xc3), /^a JPEG of an unsupported kind: lossless$/],
    ["arithmetic", withFrame(1, 0xc9), /^a JPEG of an unsupported kind: arithmetic coding$/],
    ["progressive arithmetic", withFrame(1, 0xca), /: progressive with arithmetic coding$/],
    ["hierarchical", withFrame(1, 0xc5), /^a JPEG of an unsupported kind: hierarchical$/],
    ["12 bits", withFrame(4, 12), /^a JPEG of an unsupported kind: 12 bits in a sample, not 8$/],
    ["two components", withFrame(9, 2), /^a JPEG of an unsupported kind: 2 components, not 1, 3 or 4$/],
    ["no height", withFrame(5, 0, 0), /^an image of 40 × 0 pixels$/],
    ["too many pixels", withFrame(5, 0xff, 0xff, 0xff, 0xff), /^65535 × 65535 pixels are more than the/],
    ["JPEG-LS", Uint8Array.of(0xff, 0xd8, 0xff, 0xf7, 0, 11), /but a JPEG-LS image/],
    [
      "half a PNG",
      cut(picture, 0.4),
      /^truncated PNG: the file ends at byte \d+, and its chunk IDAT at byte \d+$/,
    ],
    [
      "a PNG's first bytes",
      picture.subarray(0, 20),
      /^truncated PNG: the file ends at byte 20, and its chunk IHDR at byte 33$/,
    ],
    ["a PNG's signature", picture.subarray(0, 8), /^truncated PNG: the file ends at byte 8 in its header$/],
    [
      "a PNG without pixels",
      png(ihdr(HEADER)),
      /^truncated PNG: the file ends at byte 33 and has no pixels$/,
    ],
    ["half the rows", drawnPng(HEADER, [ihdr(HEADER)]), /^damaged PNG: a second header at byte 33$/],
    [
      "half the pixels",
      png(ihdr({ ...HEADER, height: 99 }), picture.subarray(33)),
      /^damaged PNG: its compressed/,
    ],
    ["no header", png(chunk("IDAT", new Uint8Array(9))), /^damaged PNG: it does not begin with its header$/],
    [
      "an app's PNG",
      png(chunk("CgBI", new Uint8Array(4)), ihdr(HEADER)),
      /^a PNG in the form of Apple's apps \(CgBI\)/,
    ],
    [
      "WebP as JPEG",
      await Deno.readFile(`${PICTURES}really_webp.jpg`),
      /^neither a JPEG nor a PNG but a WebP image: convert/,
    ],
    ["WebP", await own.clone().webp().toBuffer(), /but a WebP image: convert it to JPEG or PNG/],
    ["AVIF", await own.clone().avif({ effort: 0 }).toBuffer(), /but an AVIF image: convert/],
    ["GIF", await own.clone().gif().toBuffer(), /but a GIF image: convert/],
    ["TIFF", await own.clone().tiff().toBuffer(), /but a TIFF image/],
    [
      "HEIC",
      Uint8Array.from([0, 0, 0, 24, ...text("ftypheic\0\0\0\0mif1heic")]),
      /but an HEIC image: convert/,
    ],
    ["JPEG XL", Uint8Array.of(0xff, 0x0a, 1, 2), /but a JPEG XL image: convert/],
    [
      "JPEG 2000",
      Uint8Array.from([0, 0, 0, 12, ...text("jP  \r\n\x87\n")]),
      /but a JPEG 2000 image: convert/,
    ],
    ["BMP", text("BM\x46\0\0\0\0\0\0\0"), /but a BMP image: convert/],
    ["PDF", text("%PDF-1.7\n%"), /but a PDF document$/],
    ["SVG", text('<?xml version="1.0"?>\n<!-- a -->\n<svg xmlns="…">'), /but an SVG drawing: convert/],
    ["HTML", text("\n<!DOCTYPE html><html><title>404"), /but an HTML page, such as an error of the server/],
    [
      "LFS",
      text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n"),
      /but a pointer of Git LFS/,
    ],
    ["a text", text("Zurück zur Übersicht"), /^neither a JPEG nor a PNG but a text$/],
    ["UTF-16", Uint8Array.from([0xff, 0xfe, ...text("a\0b\0")]), /but a text$/],
    ["zeros", new Uint8Array(5000), /but nothing but zeros, as after a copy that failed$/],
    ["noise", Uint8Array.of(7, 3, 200, 1, 90, 0xfe), /but of an unknown kind$/],
    ["AppleDouble", Uint8Array.of(0, 5, 0x16, 7, 0, 2), /\(AppleDouble\)$/],
  ];
  for (const [what, bytes, reason] of refused) {
    await assert.rejects(decodeImage(bytes), (error: Error) => {
      assert.match(error.message, reason, what);
      return true;
    }, `${what} is read`);
  }
});

Deno.test("decodeImage() reads what cameras and downloads leave around a picture", async () => {
  const plain = await decodeImage(jpeg);
  const flat = { ...HEADER, color: 0, depth: 1 };
  const expected = await decodeImage(drawnPng(flat));
  const withBytes = (
    at: number,
    ...bytes: number[]
  ) => [...jpeg.subarray(0, at), ...bytes, ...jpeg.subarray(at)];
  const readable: readonly [what: string, bytes: Uint8Array | number[], same: typeof plain][] = [
    ["a second picture behind the first", [...jpeg, ...jpeg], plain],
    ["bytes behind the end", [...jpeg, 1, 2, 0xff, 0xd8, 3], plain],
    ["fill bytes", withBytes(2, 0xff, 0xff, 0xff), plain],
    ["bytes between segments", withBytes(71, 0, 0, 0x12), plain],
    ["zeros before the end", withBytes(jpeg.length - 2, 0, 0, 0), plain],
    ["no end marker", jpeg.subarray(0, -2), plain],
    ["half an end marker", jpeg.subarray(0, -1), plain],
    ["zeros for the end marker", [...jpeg.subarray(0, -2), 0, 0, 0, 0], plain],
    ["a progressive one without an end marker", progressive.subarray(0, -2), await decodeImage(progressive)],
    ["a restart marker without restarts", withBytes(2, 0xff, 0xd0), plain],
    [
      "a preview in EXIF",
      drawnJpeg({ ...COLOR, head: [exifSegment(Uint8Array.from([...exif(1), ...jpeg]))] }),
      plain,
    ],
    ["a PNG without an end", drawnPng(flat).subarray(0, -12), expected],
    ["a PNG and bytes behind it", [...drawnPng(flat), 1, 2, 3], expected],
    ["a PNG with a text of a wrong checksum", drawnPng(flat, [chunk("tEXt", text("a\0b"), 1)]), expected],
    ["a PNG that ends in a text", [
      ...drawnPng(flat).subarray(0, -12),
      ...chunk("tEXt", text("a\0b")).subarray(0, 9),
    ], expected],
  ];
  for (const [what, bytes, same] of readable) {
    assert.deepEqual(await decodeImage(Uint8Array.from(bytes)), same, what);
  }
});

Deno.test("exifOrientation() ignores damaged blocks, and every other value but 1 to 8", () => {
  for (const orientation of [0, 9, 255]) assert.equal(exifOrientation(exif(orientation)), 1);
  for (const type of [1, 3, 4]) {
    for (const little of [true, false]) {
      assert.equal(exifOrientation(exif(6, { type, little })), 6, `${type}`);
    }
  }
  for (const type of [0, 2, 5, 7, 65_535]) assert.equal(exifOrientation(exif(6, { type })), 1);
  const block = exif(8, { thumbnail: 3 });
  for (let length = 0; length <= 19; length++) assert.equal(exifOrientation(block.subarray(0, length)), 1);
  for (let at = 0; at < block.length; at++) {
    for (const value of [0, 1, 0x7f, 0xff]) {
      const damaged = block.slice();
      damaged[at] = value;
      const orientation = exifOrientation(damaged);
      assert.ok(Number.isInteger(orientation) && orientation >= 1 && orientation <= 8);
    }
  }
  assert.equal(exifOrientation(Uint8Array.from([...text("Exif\0\0"), ...block])), 8);
});

Deno.test("decodeImage() goes by the first EXIF block, and by none that follows the picture's data", async () => {
  const [turned, mirrored] = [exifSegment(exif(6)), exifSegment(exif(2))];
  const { width, height } = await decodeImage(drawnJpeg({ ...COLOR, head: [JFIF, turned, mirrored] }));
  assert.deepEqual([width, height], [48, 40]);
  const late = Uint8Array.from([...jpeg.subarray(0, -2), ...turned, ...END]);
  assert.deepEqual(await decodeImage(late), await decodeImage(jpeg));
});

function frameOf(bytes: Uint8Array): [number, number] {
  const at = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
  return [at, at + 2 + bytes[at + 3]];
}
