import assert from "node:assert/strict";
import { isClean, tortureTable } from "./table.ts";
import { runTorture } from "./torture_process.ts";
import { moduleOf, TORTURES } from "./tortures.ts";

const settings = { short: true, seed: 1 };

Deno.test("A torture that hangs is ended and counted, and so is one whose process dies", async () => {
  const [endless, dying] = await Promise.all([
    runTorture("endless", moduleOf("./fixtures/endless.ts"), { ...settings, limitSeconds: 2 }),
    runTorture("dying", moduleOf("./fixtures/dying.ts"), settings),
  ]);
  assert.deepEqual([endless.outcome.hangs, endless.outcome.losses], [1, 0]);
  assert.deepEqual([dying.outcome.hangs, dying.outcome.losses], [0, 1]);
  assert.ok(!isClean(endless.outcome) && !isClean(dying.outcome));
  const table = tortureTable([endless, dying]);
  assert.match(table, /^\| endless \| it ends \| 0 \| 0 \| 1 \| 0 \|/m);
  assert.match(table, /^\| dying \| it \\\| lives \| 0 \| 1 \| 0 \| 0 \|.* ended with code 7 \|$/m);
});

Deno.test("A torture counts as held only where something was tried", () => {
  const outcome = { trials: 1, losses: 0, hangs: 0, wrong: 0 };
  assert.ok(isClean(outcome));
  for (const broken of [{ trials: 0 }, { losses: 1 }, { hangs: 1 }, { wrong: 1 }]) {
    assert.ok(!isClean({ ...outcome, ...broken }));
  }
});

Deno.test("Every torture of the table is there", async () => {
  for (const [name, path] of Object.entries(TORTURES)) {
    const { torture } = await import(moduleOf(path));
    assert.match(torture.promise, /^[A-Z].*[^.]$/, name);
  }
});
