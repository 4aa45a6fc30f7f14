import assert from "node:assert/strict";
import { read } from "./markdown.ts";
import { withTable } from "./ops_table.ts";

Deno.test("docs/library.md lists every op; `deno run -RW tests/docs/ops_table.ts` writes the table anew", () => {
  const page = read("docs/library.md");
  assert.equal(page, withTable(page));
});
