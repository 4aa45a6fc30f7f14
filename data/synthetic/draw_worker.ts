/// <reference lib="deno.worker" />
import { Image } from "imagescript";
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import type { SyntheticOptions } from "./options.ts";
import type { PlannedImage } from "./plan.ts";
import { HEIGHT, Renderer, WIDTH } from "./render.ts";

/** The first message: settings of all pictures. */
export interface DrawSetup {
  folder: string;
  options: SyntheticOptions;
}

/** Every later message: pictures to draw and write. */
export type DrawRequest = PlannedImage[];

/** The answer to each request: the number of files written, or an error message. */
export type DrawReply = { written: number } | { error: string };

let folder: string;
let renderer: Renderer;

self.onmessage = async ({ data }: MessageEvent<DrawSetup | DrawRequest>) => {
  if (!Array.isArray(data)) {
    folder = data.folder;
    renderer = new Renderer(data.options);
    return;
  }
  let reply: DrawReply = { written: data.length };
  try {
    for (const { file, shot } of data) {
      const { pixels, quality } = renderer.render(shot);
      const image = new Image(WIDTH, HEIGHT);
      image.bitmap.set(pixels);
      Deno.writeFileSync(join(folder, file), await image.encodeJPEG(quality));
    }
  } catch (error) {
    reply = { error: messageOf(error) };
  }
  self.postMessage(reply);
};
