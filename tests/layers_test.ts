/** The shape of the house: which folder may import from which, what runs in a browser, what a shader opens with. */
import assert from "node:assert/strict";
import { join, normalize, relative, sep } from "node:path";

const ROOT = normalize(join(import.meta.dirname!, ".."));

/** The layers, top first. A file imports from its own folder and from those to the right. */
const LAYERS = [
  "cli",
  "web",
  "search",
  "embed",
  "export",
  "train",
  "eval",
  "data",
  "losses",
  "model",
  "engine",
  "kernels",
];

/** Layers that know of nothing but the language and WebGPU. */
const PORTABLE = ["export", "losses", "model", "engine", "kernels"];

interface Source {
  /** From the repository's root, with slashes. */
  path: string;
  layer: string;
  text: string;
}

/** All files of the layers whose names end in `ending`. */
async function sources(ending: string, layers = LAYERS): Promise<Source[]> {
  const found: Source[] = [];
  const visit = async (folder: string, layer: string) => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const file = join(folder, name);
      if (isDirectory) await visit(file, layer);
      else if (name.endsWith(ending)) {
        const path = relative(ROOT, file).replaceAll(sep, "/");
        found.push({ path, layer, text: await Deno.readTextFile(file) });
      }
    }
  };
  const folders = new Set(Array.from(Deno.readDirSync(ROOT), ({ name }) => name));
  for (const layer of layers) if (folders.has(layer)) await visit(join(ROOT, layer), layer);
  return found;
}

/** The text without its comments; strings are kept, and may hold what looks like a comment. */
function withoutComments(text: string): string {
  const pattern = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[^]*?\*\//g;
  return text.replace(pattern, (_, string) => string ?? " ");
}

/** What a module imports, re-exports, loads on demand or starts as a worker. */
function specifiers(text: string): string[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*|\bnew URL\(\s*)["']([^"']+)["']/g;
  return [...withoutComments(text).matchAll(pattern)].map(([, specifier]) => specifier);
}

/** Imports that a file of this layer may not have, each with the reason. */
function forbidden({ path, layer, text }: Source): string[] {
  return specifiers(text).flatMap((specifier) => {
    if (!specifier.startsWith(".")) {
      return specifier.startsWith("node:") && PORTABLE.includes(layer)
        ? [`${path} imports ${specifier}`]
        : [];
    }
    const [target, ...rest] = relative(ROOT, join(ROOT, path, "..", specifier)).split(sep);
    if (layer === "web" && target === "mod.ts") return []; // Pages use the library as anybody would.
    const below = rest.length > 0 && LAYERS.indexOf(target) >= LAYERS.indexOf(layer);
    return below ? [] : [`${path} imports ${specifier}`];
  });
}

Deno.test("Imports point downward only", async () => {
  const files = await sources(".ts");
  assert.ok(files.length > 50);
  assert.ok(files.flatMap(({ text }) => specifiers(text)).length > 300);
  assert.deepEqual(files.flatMap(forbidden), []);
});

Deno.test("The check of imports sees every way to import, and none in a comment", () => {
  const found = (text: string) => forbidden({ path: "model/layers.ts", layer: "model", text }).length;
  assert.equal(found(`import { a } from "../engine/mod.ts";\nexport * from "./b.ts";`), 0);
  assert.equal(found(`import type { a } from "../losses/mod.ts";`), 1);
  assert.equal(found(`export {\n  a,\n} from '../data/mod.ts';`), 1);
  assert.equal(found(`import "../cli/train.ts";`), 1);
  assert.equal(found(`await import("../train/loop.ts");`), 1);
  assert.equal(found(`new Worker(new URL("../data/worker.ts", import.meta.url));`), 1);
  assert.equal(found(`import { a } from "../mod.ts";`), 1);
  assert.equal(found(`import { a } from "../tests/reference/ops.ts";`), 1);
  assert.equal(found(`import assert from "node:assert";`), 1);
  assert.equal(found(`// from "../cli/train.ts"\n/* import "../cli/train.ts"; */`), 0);
});

Deno.test("The layers up to the losses, and export, use nothing of Deno or Node", async () => {
  const uses = (text: string) => /\bDeno\b|\bprocess\b|\bBuffer\.|\brequire\(/.test(withoutComments(text));
  const files = await sources(".ts", PORTABLE);
  assert.deepEqual(files.filter(({ text }) => uses(text)).map(({ path }) => path), []);
  assert.ok(uses("const x = Deno.args;"));
  assert.ok(!uses("// as in Deno.args"));
});

Deno.test("Every shader opens with a comment that holds its formula", async () => {
  const shaders = await sources(".wgsl");
  assert.ok(shaders.length > 40);
  const opening = (text: string) => /^(\/\/[^\n]*\n)+/.exec(text)?.[0] ?? "";
  const bare = shaders.filter(({ text }) => !/^\/\/ .*\S \+?= \S/m.test(opening(text)));
  assert.deepEqual(bare.map(({ path }) => path), []);
});

Deno.test("Shaders live in kernels/, and none needs subgroups", async () => {
  const shaders = await sources(".wgsl");
  assert.deepEqual(shaders.filter(({ layer }) => layer !== "kernels"), []);
  const files = [...shaders, ...await sources(".ts", ["kernels"])];
  assert.deepEqual(files.filter(({ text }) => /subgroup/i.test(text)).map(({ path }) => path), []);
});
