/** The image decoder, with its WebAssembly modules from the imagescript package. */
import "imagescript/package.json" with { type: "json" }; // Makes Deno fetch the package.
import { type DecodedImage, ImageDecoder } from "./image_decoder.ts";

export type { DecodedImage } from "./image_decoder.ts";

/** The `file:` URL of a decoder's module. */
export function decoderModule(format: "jpeg" | "png"): URL {
  return new URL(import.meta.resolve(`imagescript/wasm/any/${format}.wasm`));
}

let decoder: Promise<ImageDecoder> | undefined;

async function load(): Promise<ImageDecoder> {
  const compile = async (format: "jpeg" | "png") =>
    await WebAssembly.compile(await Deno.readFile(decoderModule(format)));
  const [jpeg, png] = await Promise.all([compile("jpeg"), compile("png")]);
  return new ImageDecoder({ jpeg, png });
}

/**
 * Decodes a JPEG or PNG; the content decides which.
 *
 * @throws {Error} With a reason such as "truncated JPEG", to show beside the file's name.
 */
export async function decodeImage(bytes: Uint8Array): Promise<DecodedImage> {
  decoder ??= load();
  return await (await decoder).decode(bytes);
}
