/// <reference lib="deno.worker" />
import { decodeImage } from "./decode_image.ts";
import { MAX_FILE_BYTES } from "./image_header.ts";
import { resizeToRgb } from "./resize.ts";

/** Asks for one file, decoded and resized to [height, width, 3]. */
export interface DecodeRequest {
  /** The file. */
  path: string;
  /** Pixels down after resizing. */
  height: number;
  /** Pixels across after resizing. */
  width: number;
}

/** The pixels, [height, width, 3], or why there are none. */
export type DecodeReply = { pixels: Uint8Array<ArrayBuffer> } | { reason: string };

/** What the worker says once, when its decoder is loaded. */
export const READY = "ready";

async function decode({ path, height, width }: DecodeRequest): Promise<Uint8Array<ArrayBuffer>> {
  const { size, isFile } = await Deno.stat(path);
  if (!isFile) throw new Error("not a file");
  if (size > MAX_FILE_BYTES) throw new Error(`a file of ${size} bytes is no crop of a person`);
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
    reply = { reason: error instanceof Error ? error.message : String(error) };
  }
  self.postMessage(reply, "pixels" in reply ? [reply.pixels.buffer] : []);
}

/** Requests are answered one after the other, so that it is known which one a worker failed on. */
let last = Promise.resolve();
self.onmessage = ({ data }: MessageEvent<DecodeRequest>) => {
  last = last.then(() => answer(data));
};

self.postMessage(READY);
