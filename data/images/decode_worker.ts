/// <reference lib="deno.worker" />
import { decodeImage } from "./decode_image.ts";
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
}

/** The pixels [height, width, 3], or the reason why the file cannot be decoded. */
export type DecodeReply = { pixels: Uint8Array<ArrayBuffer> } | { reason: string };

/** The message that the worker sends when its decoder is loaded. */
const READY = "ready";

async function decode({ path, height, width }: DecodeRequest): Promise<Uint8Array<ArrayBuffer>> {
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
  return pixels;
}

async function answer(request: DecodeRequest): Promise<void> {
  let reply: DecodeReply;
  try {
    reply = { pixels: await decode(request) };
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
