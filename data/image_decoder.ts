/**
 * Decodes JPEG and PNG images in Deno and in a browser, by imagescript's WebAssembly modules. imagescript's
 * Image.decode also makes an RGBA copy, pixel by pixel, which takes four times as long as the decoding; a browser's
 * built-in decoder gives different pixels.
 */
import { messageOf } from "./errors.ts";
import { readImageHeader } from "./image_header.ts";

/** A decoded image. */
export interface DecodedImage {
  /** Pixels across. */
  width: number;
  /** Pixels down. */
  height: number;
  /** 1 is gray, 3 is RGB, 4 is RGB and alpha. */
  channels: 1 | 3 | 4;
  /** Bytes, [height, width, channels]. */
  data: Uint8Array;
}

/** The decoders' modules: imagescript's `wasm/any/jpeg.wasm` and `wasm/any/png.wasm`. */
export interface DecoderModules {
  readonly jpeg: WebAssembly.Module;
  readonly png: WebAssembly.Module;
}

/** The exports of jpeg.wasm: addresses and sizes in its memory, and the format (0 gray, 1 RGB, 2 CMYK). */
interface JpegExports {
  readonly memory: WebAssembly.Memory;
  walloc(size: number): number;
  /** The address of a frame's description; 0 where the bytes are no JPEG, 1 where the decoder cannot be scaled. */
  decode(bytes: number, length: number, width: number, height: number): number;
  decode_width(frame: number): number;
  decode_height(frame: number): number;
  decode_format(frame: number): 0 | 1 | 2;
  decode_buffer(frame: number): number;
  /** Length of the buffer whose address was returned last. */
  wlen(): number;
  decode_free(frame: number): void;
}

/** The exports of png.wasm. */
interface PngExports {
  readonly memory: WebAssembly.Memory;
  walloc(size: number): number;
  wfree(address: number): void;
  /** The address of the RGBA pixels; below 0 where the bytes are no PNG. */
  decode(bytes: number, length: number): number;
  width(): number;
  height(): number;
}

/** An instance never shrinks its memory: after an image of more pixels than these it is dropped. */
const KEEP_PIXELS = 1024 * 1024;

/** Decodes images one after the other. */
export class ImageDecoder {
  #jpeg: JpegExports | undefined;

  /** A decoder of the given modules. */
  constructor(readonly modules: DecoderModules) {}

  /**
   * Decodes a JPEG or PNG; the content decides which.
   *
   * @throws {Error} With a reason such as "truncated JPEG", to show beside the file's name.
   */
  async decode(bytes: Uint8Array): Promise<DecodedImage> {
    const { format } = readImageHeader(bytes);
    try {
      return format === "jpeg" ? await this.#decodeJpeg(bytes) : await this.#decodePng(bytes);
    } catch (error) {
      throw new Error(`truncated or damaged ${format.toUpperCase()} (${messageOf(error)})`);
    }
  }

  async #decodeJpeg(bytes: Uint8Array): Promise<DecodedImage> {
    const decoder = this.#jpeg ?? await start<JpegExports>(this.modules.jpeg);
    this.#jpeg = undefined; // One that failed is not used again: its state is unknown.
    const address = decoder.walloc(bytes.length);
    new Uint8Array(decoder.memory.buffer).set(bytes, address);
    const frame = decoder.decode(address, bytes.length, 0, 0);
    if (frame === 0) throw new Error("jpg: failed to decode");
    if (frame === 1) throw new Error("jpg: failed to scale decoder");
    const width = decoder.decode_width(frame), height = decoder.decode_height(frame);
    const format = decoder.decode_format(frame);
    const pixels = decoder.decode_buffer(frame);
    const data = new Uint8Array(decoder.memory.buffer, pixels, decoder.wlen()).slice();
    decoder.decode_free(frame);
    if (width * height <= KEEP_PIXELS) this.#jpeg = decoder;
    if (format === 2) return { width, height, channels: 3, data: cmykToRgb(data) };
    return { width, height, channels: format === 0 ? 1 : 3, data };
  }

  async #decodePng(bytes: Uint8Array): Promise<DecodedImage> {
    const decoder = await start<PngExports>(this.modules.png);
    const address = decoder.walloc(bytes.length);
    new Uint8Array(decoder.memory.buffer).set(bytes, address);
    const pixels = decoder.decode(address, bytes.length);
    if (pixels < 0) throw new Error(`png: failed to decode (${pixels})`);
    const width = decoder.width(), height = decoder.height();
    const data = new Uint8Array(decoder.memory.buffer, pixels, 4 * width * height).slice();
    return { width, height, channels: 4, data };
  }
}

async function start<Exports>(module: WebAssembly.Module): Promise<Exports> {
  // Views of the memory are made when needed, so that growth needs no action.
  const imports = { env: { emscripten_notify_memory_growth() {} } };
  return (await WebAssembly.instantiate(module, imports)).exports as unknown as Exports;
}

/** Converts in place, which saves the memory of a second image: RGB fills the first three quarters. */
function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const light = 1 - cmyk[from + 3]! / 255; // 255 is no ink.
    for (let ink = 0; ink < 3; ink++) cmyk[to + ink] = Math.round((255 - cmyk[from + ink]!) * light);
  }
  return cmyk.subarray(0, cmyk.length / 4 * 3);
}
