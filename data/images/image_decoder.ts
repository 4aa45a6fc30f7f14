/**
 * Decodes JPEG and PNG images in Deno and in a browser, by imagescript's WebAssembly modules. imagescript's
 * Image.decode also makes an RGBA copy, pixel by pixel, which takes four times as long as the decoding; a browser's
 * built-in decoder gives different pixels.
 */
import { readImageHeader } from "./image_header.ts";
import { type JpegFile, plainJpeg } from "./jpeg_file.ts";
import { upright } from "./orientation.ts";

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
   * Decodes a JPEG or PNG; the content decides which. The picture is upright: its EXIF orientation is applied.
   *
   * @throws {Error} With the reason, to show beside the file's name.
   */
  async decode(bytes: Uint8Array): Promise<DecodedImage> {
    const header = readImageHeader(bytes);
    const stored = header.format === "png" ? this.#decodePng(header.parts) : this.#decodeJpeg(header);
    return upright(await stored, header.orientation);
  }

  async #decodeJpeg(header: JpegFile): Promise<DecodedImage> {
    const decoder = this.#jpeg ?? await start<JpegExports>(this.modules.jpeg);
    this.#jpeg = undefined; // One that failed is not used again: its state is unknown.
    const image = runJpeg(decoder, plainJpeg(header), (image) => ({ ...image, data: image.data.slice() }));
    if (mayBeCut(image, header)) {
      // Where the data end early, the decoder takes zeros for the rest; with something else there, the rest differs.
      const more = new Uint8Array(64).fill(0x5a);
      const at = runJpeg(decoder, plainJpeg(header, more), ({ data }) => firstDifference(image.data, data));
      if (at !== undefined) {
        const row = Math.floor(at / image.channels / image.width);
        throw new Error(`truncated JPEG: the data end in row ${row} of ${image.height}`);
      }
    }
    if (image.width * image.height <= KEEP_PIXELS) this.#jpeg = decoder;
    return image;
  }

  async #decodePng(parts: readonly Uint8Array[]): Promise<DecodedImage> {
    const decoder = await start<PngExports>(this.modules.png);
    const pixels = attempt("PNG", () => {
      const { address, length } = copyIn(decoder, parts);
      return decoder.decode(address, length);
    });
    if (pixels < 0) throw damaged("PNG");
    const width = decoder.width(), height = decoder.height();
    const data = new Uint8Array(decoder.memory.buffer, pixels, 4 * width * height).slice();
    return { width, height, channels: 4, data };
  }
}

/** Puts a file's parts one behind the other into a decoder's memory. */
function copyIn(
  { memory, walloc }: JpegExports | PngExports,
  parts: readonly Uint8Array[],
): { address: number; length: number } {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const address = walloc(length);
  const bytes = new Uint8Array(memory.buffer);
  let at = address;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { address, length };
}

/** Decodes a JPEG; `take` receives pixels in the decoder's memory, which are there until it returns. */
function runJpeg<T>(
  decoder: JpegExports,
  parts: readonly Uint8Array[],
  take: (image: DecodedImage) => T,
): T {
  const frame = attempt("JPEG", () => {
    const { address, length } = copyIn(decoder, parts);
    return decoder.decode(address, length, 0, 0);
  });
  if (frame < 2) throw damaged("JPEG");
  const width = decoder.decode_width(frame), height = decoder.decode_height(frame);
  const format = decoder.decode_format(frame);
  const pixels = decoder.decode_buffer(frame);
  const data = new Uint8Array(decoder.memory.buffer, pixels, decoder.wlen());
  const taken = take({
    width,
    height,
    channels: format === 0 ? 1 : 3,
    data: format === 2 ? cmykToRgb(data) : data,
  });
  decoder.decode_free(frame);
  return taken;
}

function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return i;
  return undefined;
}

/** Runs the decoder, which may end in a trap, on bytes of this format. */
function attempt<T>(format: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw new Error(damaged(format).message, { cause: error });
  }
}

function damaged(format: string): Error {
  return new Error(`damaged ${format}: its compressed data are damaged, or not as long as its pixels need`);
}

/** Pixels at the right border, whose chroma has no neighbor to be interpolated with. */
const BORDER = 2;

/**
 * Whether a JPEG's data may have ended before its picture. In a picture of one pass the missing end then looks like one
 * unit repeated; each pass of a progressive one covers the whole picture.
 */
function mayBeCut(
  { width, height, channels, data }: DecodedImage,
  { progressive, open, unit }: JpegFile,
): boolean {
  if (progressive || open || width < 2 * (unit.width + BORDER)) return true;
  const end = (width * height - BORDER) * channels, back = unit.width * channels;
  for (let i = end - back; i < end; i++) if (data[i] !== data[i - back]) return false;
  return true;
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
