/** The shape of the house: which folder may import from which, what runs in a browser, what a shader opens with. */
import assert from "node:assert/strict";
import { join } from "node:path";
import rules from "./house/lint_rules.ts";
import {
  circles,
  LAYERS,
  PORTABLE,
  ROOT,
  type Source,
  sources,
  specifiers,
  upwardImports,
  withoutComments,
} from "./source_graph.ts";

/** Imports that a file of this layer may not have. */
function forbidden(file: Source): string[] {
  const node = PORTABLE.includes(file.layer)
    ? specifiers(file.text).filter((specifier) => specifier.startsWith("node:"))
    : [];
  return [...upwardImports(file), ...node.map((specifier) => `${file.path} imports ${specifier}`)];
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

/** Imports of tests in a file of bench/. */
const testImports = ({ path, text }: Source) =>
  specifiers(text).filter((specifier) => specifier.includes("tests/"))
    .map((specifier) => `${path} imports ${specifier}`);

Deno.test("Benchmarks import the product and nothing of the tests", async () => {
  const files = await sources(".ts", ["bench"]);
  assert.ok(files.length > 15);
  assert.deepEqual(files.flatMap(testImports), []);
  const text = `import { a } from "../tests/a.ts";`;
  assert.equal(testImports({ path: "bench/a.ts", layer: "bench", text }).length, 1);
});

Deno.test("No files import each other in a circle, types included", async () => {
  assert.deepEqual(circles(await sources(".ts")), []);
});

Deno.test("A circle of imports is found once, however it is imported", () => {
  const file = (path: string, text: string): Source => ({ path, layer: "model", text });
  const found = circles([
    file("model/a.ts", `import { b } from "./parts/b.ts";`),
    file("model/parts/b.ts", `export type { c } from "../c.ts";\nimport { d } from "../d.ts";`),
    file("model/c.ts", `import type { a } from "./a.ts";`),
    file("model/d.ts", `// import { a } from "./a.ts";`),
  ]);
  assert.deepEqual(found, [["model/a.ts", "model/parts/b.ts", "model/c.ts"]]);
});

/** Texts of a file that name a flag or a task of this program; comments may. */
const flagsNamed = ({ path, text }: Source) =>
  Deno.lint.runPlugin(rules, path, text).filter(({ id }) => id === "house/flag")
    .map(({ message }) => `${path} says: ${message}`);

Deno.test("Only the command line names its flags and tasks", async () => {
  const below = await sources(".ts", LAYERS.filter((layer) => layer !== "cli"));
  assert.ok(below.length > 200, `${below.length} files`);
  assert.deepEqual(below.flatMap(flagsNamed), []);
  assert.ok((await sources(".ts", ["cli"])).flatMap(flagsNamed).length > 50, "the command line does");
});

Deno.test("The check of flags sees them in every text, and not in comments, styles or a browser's flags", () => {
  const found = (text: string) => flagsNamed({ path: "train/a.ts", layer: "train", text }).length;
  assert.equal(found(`throw new RunError("Choose another folder with --out");`), 1);
  assert.equal(found("const a = `Give ${b}, or --image-width ${c}.`;"), 1);
  assert.equal(found(`const a = "x " + '--p';`), 1);
  assert.equal(found("const a = `deno task doctor shows it`;"), 1);
  assert.equal(found(`/** \`deno task train --p 4\` */\n// --p\nconst a = "a -- b";`), 0);
  assert.equal(
    found(`const a = "fill: var(--accent)", b = "--enable-unsafe-webgpu --ozone-platform=x11";`),
    0,
  );
});

Deno.test("The layers up to the losses, and export, use nothing of Deno or Node", async () => {
  const uses = (text: string) => /\bDeno\b|\bprocess\b|\bBuffer\.|\brequire\(/.test(withoutComments(text));
  const files = await sources(".ts", PORTABLE);
  assert.ok(files.length >= 100, `${files.length} files`);
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
  assert.ok(files.length > 100, `${files.length} files`);
  assert.deepEqual(files.filter(({ text }) => /subgroup/i.test(text)).map(({ path }) => path), []);
});

Deno.test("The files of `deno task test:quick` exist, and each is there once", async () => {
  const list = (await Deno.readTextFile(join(ROOT, "tests/quick/files.txt"))).trimEnd().split("\n");
  assert.ok(list.length >= 40, `${list.length} files`);
  for (const path of list) assert.ok(await Deno.stat(join(ROOT, path)), path);
  assert.equal(new Set(list).size, list.length);
});
