/** The package's scripts: a module for each entry point, what several of them need in chunks, and a source map for each. */
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../engine/errors.ts";

/** The repository's root. */
const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Bundles modules of the repository with the texts of their shaders.
 *
 * @param entries their paths from the repository's root.
 * @returns the texts of the files by their paths in the package; the script of an entry `a/b.ts` is `a/b.js`.
 * @throws {UserError} when a module cannot be found, read or parsed.
 */
export async function bundleScripts(entries: readonly string[]): Promise<Map<string, string>> {
  const { success, errors, outputFiles } = await Deno.bundle({
    entrypoints: entries.map((entry) => `${ROOT}${entry}`),
    outputDir: ROOT,
    platform: "browser", // Nothing of Node's or Deno's is used.
    format: "esm",
    codeSplitting: true,
    sourcemap: "linked",
    write: false,
  });
  if (!success || outputFiles === undefined) {
    throw new UserError(`The scripts cannot be bundled: ${errors.map(({ text }) => text).join("; ")}`);
  }
  return new Map(outputFiles.map((file) => {
    const path = relative(ROOT, file.path);
    return [path, path.endsWith(".map") ? withoutFolders(path, file.text()) : file.text()];
  }));
}

/** A source map that names the sources `source/a/b.ts`; it contains their texts. */
function withoutFolders(path: string, text: string): string {
  const map: { sources: string[] } = JSON.parse(text);
  const root = relative(dirname(path), "") || ".";
  map.sources = map.sources.map((source) =>
    `${root}/source/${relative(ROOT, `${ROOT}${dirname(path)}/${source}`)}`
  );
  return JSON.stringify(map);
}
