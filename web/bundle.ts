/** Bundles modules and the text of their shaders into one script for the browser. */
import { fileURLToPath } from "node:url";
import { SiteError } from "./errors.ts";

/**
 * Bundles a module and all that it imports.
 *
 * @param entry the `file:` URL of the module.
 * @param format `esm`: a module. `iife`: a plain script, which may run before the page is painted.
 * @returns the script as UTF-8.
 * @throws {SiteError} when a module cannot be found, read or parsed.
 */
export async function bundle(entry: URL, format: "esm" | "iife" = "esm"): Promise<Uint8Array> {
  const path = fileURLToPath(entry);
  const { success, errors, outputFiles } = await Deno.bundle({
    entrypoints: [path],
    platform: "browser",
    format,
    minify: true,
    write: false,
  });
  const contents = outputFiles?.[0]?.contents;
  if (!success || contents === undefined) {
    throw new SiteError(`${path} cannot be bundled: ${errors.map(({ text }) => text).join("; ")}`);
  }
  return contents;
}
