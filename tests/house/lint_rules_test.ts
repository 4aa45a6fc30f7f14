import assert from "node:assert/strict";
import rules from "./lint_rules.ts";

const found = (text: string) =>
  Deno.lint.runPlugin(rules, "a.ts", text).map(({ id }) => id.replace("house/", ""));

Deno.test("Casts, non-null assertions and any are counted, and nothing that only looks like them", () => {
  assert.deepEqual(found("const a = b as string;"), ["cast"]);
  assert.deepEqual(found("const a = b! as any;").sort(), ["any", "cast", "non-null"]);
  assert.deepEqual(found(`import { a as b } from "c"; // as d!\nconst e = ["as any"] as const, f = !e;`), []);
});

Deno.test("A message that names a flag or a task is counted, and no variable of CSS or flag of a browser", () => {
  assert.deepEqual(found('throw new Error("Choose another folder with --out.");'), ["flag"]);
  assert.deepEqual(found("const a = `use smaller images (--image-width) or ${b}`;"), ["flag"]);
  assert.deepEqual(found('const a = "make one with deno task export";'), ["flag"]);
  assert.deepEqual(found('const a = "--out";'), ["flag"]);
  assert.deepEqual(
    found('const a = "color: var(--series); --series: red", b = "a -- b", c = "--enable-x --y";'),
    [],
  );
  assert.deepEqual(found('// with --out\nconst a = "x--out";'), []);
});
