/** The pages agree with the repository: links, paths, flags, tasks, losses, and the size of the README. */
import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path";
import * as kernels from "../../kernels/mod.ts";
import * as library from "../../mod.ts";
import { lossTable } from "../../losses/table.ts";
import { withTortureTable } from "../torture/table.ts";
import { TORTURES } from "../torture/tortures.ts";
import { anchors, blocks, inlineCode, links, pages, read, ROOT } from "./markdown.ts";
import { helpTexts, PARSING, TASKS } from "./tasks.ts";

/** Flags in the pages that belong to other programs: Deno, setup.sh, mpirun and srun. */
const OTHER_FLAGS = /^--(allow-[a-z]+|doc|chromium|mpi|bind-to|map-by|mca|gpus-per-task)$/;

const exists = (path: string) => Deno.statSync(path) !== undefined;

Deno.test("the README is short: 12,288 bytes and 170 lines at most", () => {
  const text = read("README.md");
  assert.ok(new TextEncoder().encode(text).length <= 12_288);
  assert.ok(text.split("\n").length - 1 <= 170);
});

Deno.test("links of the pages lead to files, and their anchors to headings", () => {
  const broken = pages().flatMap((page) =>
    links(read(page)).filter((target) => !target.startsWith("https://")).filter((target) => {
      const [path, anchor] = target.split("#", 2);
      const file = path === "" ? page : normalize(join(dirname(page), path));
      try {
        return !exists(`${ROOT}/${file}`) || (anchor !== undefined && !anchors(read(file)).includes(anchor));
      } catch {
        return true;
      }
    }).map((target) => `${page}: ${target}`)
  );
  assert.deepEqual(broken, []);
});

Deno.test("the test task runs the TypeScript blocks of every page", () => {
  assert.match(TASKS.test, / --doc .* docs README\.md$/);
  assert.deepEqual(blocks(read("CONTRIBUTING.md"), "ts"), []);
});

Deno.test("every page of docs/ is in the README's index", () => {
  const linked = links(read("README.md"));
  assert.deepEqual(pages().slice(1).filter((page) => !linked.includes(page)), []);
});

Deno.test("folders and files that the pages name are there", () => {
  const folders = [...Deno.readDirSync(ROOT)].filter(({ isDirectory }) => isDirectory).map(({ name }) =>
    name
  );
  const missing = pages().flatMap((page) =>
    inlineCode(read(page)).filter((code) => /^[a-z]+\/[\w./-]*$/.test(code) && !/NAME/.test(code))
      .filter((code) => folders.includes(code.split("/")[0]!) && !code.startsWith("runs/"))
      .filter((code) => {
        try {
          return !exists(`${ROOT}/${code}`);
        } catch {
          return true;
        }
      }).map((code) => `${page}: ${code}`)
  );
  assert.deepEqual(missing, []);
});

Deno.test("CONTRIBUTING.md names every folder of kernels/ and engine/", () => {
  const named = inlineCode(read("CONTRIBUTING.md"));
  for (const room of ["kernels", "engine"]) {
    for (const { name, isDirectory } of Deno.readDirSync(`${ROOT}/${room}`)) {
      if (isDirectory) assert.ok(named.includes(`${room}/${name}/`), `${room}/${name}/`);
    }
  }
});

Deno.test("flags that the pages name are flags of a command", async () => {
  const texts = (await Promise.all(PARSING.map(helpTexts))).flat();
  const known = new Set(["--help"]);
  for (const text of texts) {
    for (const [, no, name] of text.matchAll(/--(\[no-\])?([a-z][a-z0-9-]*)/g)) {
      known.add(`--${name}`);
      if (no !== undefined) known.add(`--no-${name}`);
    }
  }
  const unknown = pages().flatMap((page) =>
    inlineCode(read(page)).flatMap((code) => code.match(/(?<![\w-])--[a-z][a-z0-9-]*/g) ?? [])
      .filter((flag) => !known.has(flag) && !OTHER_FLAGS.test(flag)).map((flag) => `${page}: ${flag}`)
  );
  assert.deepEqual(unknown, []);
});

Deno.test("functions that docs/library.md calls are exported, or are a shader's", () => {
  const shader = ["run", "within", "relu6"];
  const called = inlineCode(read("docs/library.md")).flatMap((code) =>
    /^([a-z][A-Za-z0-9]*)\(/.exec(code)?.[1] ?? []
  );
  assert.ok(called.length > 10);
  const known = [...Object.keys(library), ...Object.keys(kernels), ...shader];
  assert.deepEqual(called.filter((name) => !known.includes(name)), []);
  const prelude = read("kernels/wgsl/prelude.ts");
  const accessors = inlineCode(read("docs/library.md")).flatMap((code) =>
    /^[kwxy](_[a-z]+)\(/.exec(code)?.[1] ?? []
  );
  assert.ok(accessors.length > 5);
  assert.deepEqual(accessors.filter((name) => !prelude.includes(`${name}(`)), []);
});

Deno.test("the README lists every task in deno.json's order, so that `deno task` lists them as it does", () => {
  const [, section] = read("README.md").split("\n## Commands\n");
  const listed = inlineCode(section.split("\n## ")[0]).map((code) => code.replace("deno task ", ""))
    .filter((name) => Object.hasOwn(TASKS, name));
  assert.deepEqual(listed, Object.keys(TASKS));
});

Deno.test("docs/losses.md and the README have every loss", () => {
  for (const page of ["docs/losses.md", "README.md"]) {
    const code = inlineCode(read(page));
    const missing = Object.keys(lossTable).filter((loss) =>
      !code.includes(loss) && !code.includes(`--loss ${loss}`)
    );
    assert.deepEqual(missing, [], page);
  }
});

Deno.test("docs/reliability.md has the table as deno task torture writes it, with a row for every torture", () => {
  const text = read("docs/reliability.md");
  assert.equal(withTortureTable(text, [], Object.keys(TORTURES)), text);
  const rows = text.split("\n").filter((line) => line.startsWith("| ")).map((line) =>
    line.split("|")[1]!.trim()
  );
  assert.deepEqual(Object.keys(TORTURES).filter((name) => !rows.includes(name)), []);
});
