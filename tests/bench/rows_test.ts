import assert from "node:assert/strict";
import { workOf } from "../../bench/row.ts";
import { targetOf } from "../../kernels/mod.ts";
import { kernelTexts } from "../shader_texts.ts";
import { allRows } from "../../bench/rows/all_rows.ts";

const TARGETS = [targetOf("software"), targetOf("gpu")];

Deno.test("every kernel has a row in the kernel bench", () => {
  const rows = TARGETS.flatMap(allRows);
  for (const [name, source] of kernelTexts()) {
    assert.ok(
      rows.some(({ dispatch }) => dispatch.source.includes(source)),
      `${name} is not timed: add a row to one of the tables in bench/rows/`,
    );
  }
});

Deno.test("every row of the kernel bench names all that its kernel binds", () => {
  for (const target of TARGETS) {
    const rows = allRows(target);
    assert.ok(rows.length >= 100, `${rows.length} rows`);
    for (const row of rows) {
      const what = `${row.dispatch.kernel}, ${row.layer}`;
      assert.ok(row.dispatch.bindings.length >= 2, what);
      for (const { name } of row.dispatch.bindings) assert.ok(row.operands[name], `${what}: ${name}`);
      assert.ok(workOf(row).bytesWritten > 0, what);
    }
  }
});
