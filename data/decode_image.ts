/** The decoder of pictures with its modules read from where the imagescript package lies. */
import "imagescript/package.json" with { type: "json" }; // So that Deno has fetched the package.
import { type DecodedImage, ImageDecoder } from "./image_decoder.ts";

export type { DecodedImage } from "./image_decoder.ts";

/** Where a decoder's module lies, as a `file:` address. */
export function decoderModule(format: "jpeg" | "png"): URL {
  return new URL(import.meta.resolve(`imagescript/wasm/any/${format}.wasm`));
}

let decoder: Promise<ImageDecoder> | undefined;

async function load(): Promise<ImageDecoder> {
  const [jpeg, png] = await Promise.all(
    (["jpeg", "png"] as const).map(async (format) =>
      await WebAssembly.compile(await Deno.readFile(decoderModule(format)))
    ),
  );
  return new ImageDecoder({ jpeg, png });
}

/**
 * Decodes a JPEG or PNG by its content.
 *
 * @throws {Error} With a reason such as "truncated JPEG", to be shown beside the file's name.
 */
export async function decodeImage(bytes: Uint8Array): Promise<DecodedImage> {
  decoder ??= load();
  return await (await decoder).decode(bytes);
}
