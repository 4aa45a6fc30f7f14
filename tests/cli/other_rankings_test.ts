import assert from "node:assert/strict";
import { OTHER_RANKINGS_FLAGS, rerankOptions } from "../../cli/other_rankings.ts";
import { parseFlags, UsageError } from "../../cli/flags.ts";

const parse = (...args: string[]) =>
  rerankOptions(parseFlags({ usage: "score", summary: "" }, OTHER_RANKINGS_FLAGS, args));

Deno.test("--rerank takes the paper's settings, or those given", () => {
  assert.equal(parse(), undefined);
  assert.deepEqual(parse("--rerank"), { k1: 20, k2: 6, lambda: 0.3 });
  assert.deepEqual(parse("--rerank", "--k1=30", "--lambda=0"), { k1: 30, k2: 6, lambda: 0 });
});

Deno.test("settings of re-ranking without it, or out of range, are refused with the remedy", () => {
  assert.throws(
    () => parse("--k2=3", "--lambda=0.5"),
    (error: Error) =>
      error instanceof UsageError &&
      /--k2, --lambda only with --rerank/.test(error.message),
  );
  assert.throws(() => parse("--rerank", "--lambda=1.2"), /--lambda must be a number from 0 to 1/);
  assert.throws(() => parse("--rerank", "--k1=0"), /--k1 must be a whole number/);
});
