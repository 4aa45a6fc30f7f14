/// <reference lib="deno.worker" />
import { type DecodedImage, decodeImage } from "./decode_image.ts";
import { messageOf } from "../errors.ts";
import { MAX_FILE_BYTES } from "../image_limits.ts";
import { resizeToRgb } from "./resize.ts";

/** A file to decode and resize to [height, width, 3]. */
export interface DecodeRequest {
  /** The file. */
  path: string;
  /** Pixels down after resizing. */
  height: number;
  /** Pixels across after resizing. */
  width: number;
  /** Whether to describe the picture before it is resized. */
  describe: boolean;
}

/** A picture as it was decoded, before it was resized. */
export interface Picture {
  /** Pixels across. */
  width: number;
  /** Pixels down. */
  height: number;
  /** SHA-256, in hexadecimal digits, of its size and its pixels in RGB: equal pictures have equal digests. */
  digest: string;
}

/** A file's pixels [height, width, 3], and its picture if it was asked for. */
interface DecodedFile {
  pixels: Uint8Array<ArrayBuffer>;
  picture?: Picture;
}

/** What a file contains, or the reason why it cannot be decoded. */
export type DecodeReply = DecodedFile | { reason: string };

/** The message that the worker sends when its decoder is loaded. */
const READY = "ready";

async function decode({ path, height, width, describe }: DecodeRequest): Promise<DecodedFile> {
  const { size, isFile } = await Deno.stat(path);
  if (!isFile) throw new Error("not a file");
  if (size > MAX_FILE_BYTES) {
    throw new Error(
      `a file of ${size} bytes, more than the ${MAX_FILE_BYTES} allowed for a crop of a person`,
    );
  }
  const bytes = await Deno.readFile(path);
  const image = await decodeImage(bytes);
  const pixels = new Uint8Array(height * width * 3);
  resizeToRgb(image, pixels, width, height);
  return describe ? { pixels, picture: await pictureOf(image) } : { pixels };
}

async function pictureOf(image: DecodedImage): Promise<Picture> {
  const { width, height } = image;
  const sized = new Uint8Array(8 + 3 * width * height);
  new DataView(sized.buffer).setUint32(0, width);
  new DataView(sized.buffer).setUint32(4, height);
  resizeToRgb(image, sized.subarray(8), width, height); // Colors only: a copy as PNG has an alpha channel, too.
  const digest = await crypto.subtle.digest("SHA-256", sized);
  return { width, height, digest: new Uint8Array(digest).toHex() };
}

async function answer(request: DecodeRequest): Promise<void> {
  let reply: DecodeReply;
  try {
    reply = await decode(request);
  } catch (error) {
    reply = { reason: messageOf(error) };
  }
  self.postMessage(reply, "pixels" in reply ? [reply.pixels.buffer] : []);
}

/** Requests are answered one after the other, so that a failure of the worker belongs to the oldest one. */
let last = Promise.resolve();
self.onmessage = ({ data }: MessageEvent<DecodeRequest>) => {
  last = last.then(() => answer(data));
};

self.postMessage(READY);
