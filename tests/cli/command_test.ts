import assert from "node:assert/strict";
import { printable, runCommand } from "../../cli/command.ts";
import { UsageError } from "../../cli/flags.ts";
import { DataError } from "../../data/errors.ts";
import { DeviceLostError, OutOfMemoryError } from "../../engine/mod.ts";

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

Deno.test("A GPU that is lost or has no memory left ends a command with exit code 3 and what helps", async () => {
  const printed: string[] = [];
  const { error } = console;
  console.error = (line) => printed.push(line);
  try {
    for (const lost of [new DeviceLostError("Gone"), new OutOfMemoryError("Full")]) {
      assert.equal(await runCommand(() => Promise.reject(lost), [], "Do this."), 3);
    }
  } finally {
    console.error = error;
  }
  assert.deepEqual(printed, ["error: Gone. Do this.", "error: Full. Do this."]);
});
