// The decoders inside imagescript, used directly: its Image.decode makes a new WebAssembly instance and an RGBA
// copy, pixel by pixel, for every image, which takes four times as long as the decoding itself.
import jpeg from "imagescript/wasm/node/jpeg.js";
import png from "imagescript/wasm/node/png.js";
import { readImageHeader } from "./image_header.ts";

/** A decoded picture. */
export interface DecodedImage {
  /** Pixels across. */
  width: number;
  /** Pixels down. */
  height: number;
  /** 1 is grey, 3 is RGB, 4 is RGB and an alpha that nobody asked for. */
  channels: 1 | 3 | 4;
  /** Bytes, [height, width, channels]. */
  data: Uint8Array;
}

/** What imagescript's JPEG decoder gives; format 0 is grey, 1 RGB, 2 CMYK with 255 for no ink. */
interface JpegFrame {
  width: number;
  height: number;
  format: 0 | 1 | 2;
  buffer: Uint8Array;
}

interface JpegDecoder {
  decode(bytes: Uint8Array): JpegFrame;
}

interface PngDecoder {
  decode(bytes: Uint8Array): { width: number; height: number; framebuffer: Uint8Array };
}

/** An instance keeps the memory of the largest image that it met: beyond this many pixels it is not kept. */
const KEEP_PIXELS = 1024 * 1024;

let jpegDecoder: JpegDecoder | undefined;

/**
 * Decodes a JPEG or PNG by its content.
 *
 * @throws {Error} With a reason such as "truncated JPEG", to be shown beside the file's name.
 */
export async function decodeImage(bytes: Uint8Array): Promise<DecodedImage> {
  const header = readImageHeader(bytes);
  try {
    return header.format === "jpeg" ? await decodeJpeg(bytes) : await decodePng(bytes);
  } catch (error) {
    throw new Error(`truncated or broken ${header.format.toUpperCase()} (${(error as Error).message})`);
  }
}

async function decodeJpeg(bytes: Uint8Array): Promise<DecodedImage> {
  const decoder = jpegDecoder ?? await jpeg.init() as JpegDecoder;
  jpegDecoder = undefined; // One that failed is not used again: it may be left in any state.
  const { width, height, format, buffer } = decoder.decode(bytes);
  if (width * height <= KEEP_PIXELS) jpegDecoder = decoder;
  if (format === 2) return { width, height, channels: 3, data: cmykToRgb(buffer) };
  return { width, height, channels: format === 0 ? 1 : 3, data: buffer };
}

async function decodePng(bytes: Uint8Array): Promise<DecodedImage> {
  const { width, height, framebuffer } = (await png.init() as PngDecoder).decode(bytes);
  return { width, height, channels: 4, data: framebuffer };
}

/** In place, as a large picture is large enough once: RGB takes three of every four bytes, from the front on. */
function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const light = 1 - cmyk[from + 3]! / 255;
    for (let ink = 0; ink < 3; ink++) cmyk[to + ink] = Math.round((255 - cmyk[from + ink]!) * light);
  }
  return cmyk.subarray(0, cmyk.length / 4 * 3);
}
