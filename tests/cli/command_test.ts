import assert from "node:assert/strict";
import { printable, runCommand } from "../../cli/command.ts";
import { UsageError } from "../../cli/flags.ts";
import { DataError } from "../../data/errors.ts";

Deno.test("What a file or a command line puts into an error cannot steer the terminal, nor fill it", async () => {
  const printed: string[] = [];
  const { error } = console;
  console.error = (line) => printed.push(line);
  try {
    const name = `\u001b[2J\n${"x".repeat(100_000)}`;
    assert.equal(await runCommand(() => Promise.reject(new UsageError(name)), []), 2);
    assert.equal(await runCommand(() => Promise.reject(new DataError(name)), []), 1);
  } finally {
    console.error = error;
  }
  assert.equal(printed.length, 2);
  for (const line of printed) {
    // deno-lint-ignore no-control-regex
    assert.match(line, /^error: [^\u0000-\u001f]{4000,4010}$/);
  }
  assert.equal(printable("人 é <b>"), "人 é <b>");
});
