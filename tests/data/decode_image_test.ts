import assert from "node:assert/strict";
import { Image } from "imagescript";
import jpeg from "imagescript/wasm/node/jpeg.js";
import { type DecodedImage, decodeImage } from "../../data/images/decode_image.ts";
import { readImageHeader } from "../../data/images/image_header.ts";
import { resizeToRgb } from "../../data/images/resize.ts";
import { Random } from "../../engine/mod.ts";
import { UNUSUAL_JPEGS } from "../torture/input/unusual_jpegs.ts";

function gradient(width: number, height: number): Image {
  const image = new Image(width, height);
  for (let i = 0; i < width * height; i++) {
    image.bitmap.set([i % 251, (3 * i) % 241, (7 * i) % 239, 255], 4 * i);
  }
  return image;
}

Deno.test("decodeImage() gives the pixels of imagescript's own Image.decode, for JPEG and PNG", async () => {
  for (const bytes of [await gradient(23, 31).encodeJPEG(80), await gradient(23, 31).encode()]) {
    const image = await decodeImage(bytes);
    const expected = await Image.decode(bytes) as Image;
    assert.deepEqual([image.width, image.height], [23, 31]);
    const rgb = new Uint8Array(23 * 31 * 3);
    resizeToRgb(image, rgb, 23, 31);
    assert.deepEqual(rgb, Uint8Array.from(expected.bitmap.filter((_, i) => i % 4 !== 3)));
  }
});

Deno.test("decodeImage() works on after a broken image and after a very large one", async () => {
  const good = await gradient(16, 16).encodeJPEG(80);
  const expected = await decodeImage(good);
  await assert.rejects(decodeImage(good.slice(0, good.length - 40)), /truncated JPEG/);
  assert.deepEqual(await decodeImage(good), expected);
  await decodeImage(await new Image(1200, 1100).fill(0x808080ff).encodeJPEG(50));
  assert.deepEqual(await decodeImage(good), expected);
});

Deno.test("readImageHeader() answers every beginning and every one-byte change of a JPEG, never hangs or returns nonsense", async () => {
  const good = await gradient(8, 8).encodeJPEG(80);
  const examine = (bytes: Uint8Array) => {
    try {
      const { width, height } = readImageHeader(bytes);
      assert.ok(width > 0 && height > 0 && width * height <= 32 * 2 ** 20);
    } catch (error) {
      assert.ok(error instanceof Error && error.message !== "");
    }
  };
  for (let length = 0; length < good.length; length++) examine(good.subarray(0, length));
  for (let at = 0; at < 200; at++) {
    for (const value of [0, 1, 0x7f, 0xc0, 0xda, 0xff]) {
      const bytes = good.slice();
      bytes[at] = value;
      examine(bytes);
    }
  }
});

Deno.test("resizeToRgb() keeps a constant picture constant and repeats gray into three channels", () => {
  for (const [width, height] of [[3, 50], [17, 5], [1, 1], [40, 40]] as const) {
    const out = new Uint8Array(width * height * 3);
    resizeToRgb(
      { width: 20, height: 11, channels: 1, data: new Uint8Array(220).fill(200) },
      out,
      width,
      height,
    );
    assert.ok(out.every((value) => value === 200));
  }
});

/** Bytes from a triangle as wide as two steps of the result, or of the source where that is coarser, in f64. */
function triangleResized(source: DecodedImage, width: number, height: number): number[] {
  const weights = (position: number, from: number, to: number) => {
    const [scale, center] = [Math.max(1, from / to), (position + 0.5) * from / to];
    const all = Array.from({ length: from }, (_, i) => Math.max(0, 1 - Math.abs(i + 0.5 - center) / scale));
    const sum = all.reduce((a, b) => a + b);
    return all.map((weight) => weight / sum);
  };
  const { channels, data } = source;
  return Array.from({ length: width * height * 3 }, (_, i) => {
    const [across, down] = [
      weights(Math.floor(i / 3) % width, source.width, width),
      weights(Math.floor(i / 3 / width), source.height, height),
    ];
    const channel = channels === 1 ? 0 : i % 3;
    const at = (x: number, y: number) => data[(y * source.width + x) * channels + channel]!;
    return down.reduce((sum, v, y) => sum + v * across.reduce((row, u, x) => row + u * at(x, y), 0), 0);
  });
}

Deno.test("resizeToRgb() is the triangle filter of its definition, in every channel, larger and smaller", () => {
  const random = new Random(8);
  for (const channels of [1, 3, 4] as const) {
    const data = Uint8Array.from({ length: 13 * 10 * channels }, () => random.integer(256));
    const source = { width: 13, height: 10, channels, data };
    for (const [width, height] of [[4, 3], [13, 4], [5, 21], [30, 10], [13, 10], [1, 1], [10, 13]] as const) {
      const out = new Uint8Array(width * height * 3);
      resizeToRgb(source, out, width, height);
      const expected = triangleResized(source, width, height);
      for (const [i, value] of expected.entries()) {
        const what = `${channels} channels to ${width} × ${height}, byte ${i}: ${out[i]}, ${value}`;
        assert.ok(Math.abs(out[i]! - value) <= 0.501, what);
      }
    }
  }
});

Deno.test("decodeImage() makes RGB of a JPEG of four inks", async () => {
  const image = await decodeImage(UNUSUAL_JPEGS.cmyk!);
  assert.deepEqual([image.width, image.height, image.channels, image.data.length], [8, 8, 3, 192]);
  const { format, buffer } = (await jpeg.init()).decode(UNUSUAL_JPEGS.cmyk!);
  assert.equal(format, 2);
  for (let pixel = 0; pixel < 64; pixel++) {
    const [c, m, y, k] = buffer.subarray(4 * pixel, 4 * pixel + 4);
    const expected = [c!, m!, y!].map((ink) => Math.round((255 - ink) * (1 - k! / 255)));
    assert.deepEqual([...image.data.subarray(3 * pixel, 3 * pixel + 3)], expected);
  }
});
