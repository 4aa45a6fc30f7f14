/** The list of changes fits the code; `deno task mutants` tries them. */
import assert from "node:assert/strict";
import { mutated } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";

const ROOT = new URL("../..", import.meta.url);

Deno.test("what a mutant replaces is in its file exactly once, and its tests exist", async () => {
  assert.ok(MUTANTS.length >= 80, `${MUTANTS.length} mutants`);
  const names = MUTANTS.map(({ name }) => name);
  assert.deepEqual(names.filter((name, i) => names.indexOf(name) !== i), [], "two of one name");
  const texts = new Map<string, string>();
  const faults: string[] = [];
  for (const mutant of MUTANTS) {
    const { name, file, tests } = mutant;
    try {
      const text = texts.get(file) ?? await Deno.readTextFile(new URL(file, ROOT));
      texts.set(file, text);
      mutated(text, mutant);
      for (const test of tests) await Deno.stat(new URL(test, ROOT));
    } catch (error) {
      faults.push(`${name}: ${(error as Error).message}`);
    }
  }
  assert.deepEqual(
    faults,
    [],
    "change the table with the code: the same mistake in its new form, or another one",
  );
});
