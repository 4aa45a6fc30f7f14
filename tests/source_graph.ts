/** The product's source files as a graph of imports: what the tests of its shape and its counts both read. */
import { join, normalize, relative, sep } from "node:path";

/** The repository's root. */
export const ROOT = normalize(join(import.meta.dirname!, ".."));

/** The layers, top first. A file imports from its own folder and from those to the right. */
export const LAYERS: readonly string[] = [
  "cli",
  "web",
  "inspect",
  "search",
  "embed",
  "export",
  "train",
  "eval",
  "data",
  "ranks",
  "losses",
  "model",
  "engine",
  "kernels",
];

/** Layers that know of nothing but the language and WebGPU. */
export const PORTABLE = ["export", "losses", "model", "engine", "kernels"];

/** A file of a layer. */
export interface Source {
  /** From the repository's root, with slashes. */
  readonly path: string;
  readonly layer: string;
  readonly text: string;
}

/** All files of the layers whose names end in `ending`, in a checkout of the repository. */
export async function sources(ending: string, layers = LAYERS, root = ROOT): Promise<Source[]> {
  const found: Source[] = [];
  const visit = async (folder: string, layer: string) => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const file = join(folder, name);
      if (isDirectory) await visit(file, layer);
      else if (name.endsWith(ending)) {
        const path = relative(root, file).replaceAll(sep, "/");
        found.push({ path, layer, text: await Deno.readTextFile(file) });
      }
    }
  };
  const folders = new Set(Array.from(Deno.readDirSync(root), ({ name }) => name));
  for (const layer of layers) if (folders.has(layer)) await visit(join(root, layer), layer);
  return found.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** The text without its comments; strings are kept, and may hold what looks like a comment. */
export function withoutComments(text: string): string {
  const pattern = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[^]*?\*\//g;
  return text.replace(pattern, (_, string) => string ?? " ");
}

/** What a module imports, re-exports, loads on demand or starts as a worker. */
export function specifiers(text: string): string[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*|\bnew URL\(\s*)["']([^"']+)["']/g;
  return [...withoutComments(text).matchAll(pattern)].map(([, specifier]) => specifier);
}

/** The path that a relative specifier in a file names, from the repository's root. */
function target(path: string, specifier: string): string {
  return relative(ROOT, join(ROOT, path, "..", specifier)).replaceAll(sep, "/");
}

/** Imports of files that are not below the file's own layer. */
export function upwardImports({ path, layer, text }: Source): string[] {
  const relatives = specifiers(text).filter((specifier) => specifier.startsWith("."));
  return relatives.filter((specifier) => {
    const [folder, ...rest] = target(path, specifier).split("/");
    if (layer === "web" && folder === "mod.ts") return false; // Pages use the library as anybody would.
    return rest.length === 0 || LAYERS.indexOf(folder) < LAYERS.indexOf(layer);
  }).map((specifier) => `${path} imports ${specifier}`);
}

/** Circles of imports, types included: through each file that is on any, the shortest one. */
export function circles(files: readonly Source[]): string[][] {
  const imports = new Map(files.map(({ path, text }) => {
    const relatives = specifiers(text).filter((specifier) => specifier.startsWith("."));
    return [path, relatives.map((specifier) => target(path, specifier))];
  }));
  const shortest = (start: string): string[] | undefined => {
    const seen = new Set<string>();
    const paths = [[start]];
    for (const path of paths) {
      for (const next of imports.get(path.at(-1)!) ?? []) {
        if (next === start) return path;
        if (!seen.has(next)) paths.push([...path, next]);
        seen.add(next);
      }
    }
  };
  const found = files.map(({ path }) => shortest(path)).filter((circle) => circle !== undefined);
  // The same circle is found from each of its files: begin it with the first of them.
  const rotated = found.map((circle) => {
    const first = circle.indexOf(circle.toSorted()[0]);
    return [...circle.slice(first), ...circle.slice(0, first)];
  });
  return [...new Map(rotated.map((circle) => [circle.join(" "), circle])).values()];
}
