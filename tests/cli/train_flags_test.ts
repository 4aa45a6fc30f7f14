import assert from "node:assert/strict";
import { UsageError } from "../../cli/flags.ts";
import { parseTrainFlags } from "../../cli/train_flags.ts";

/** What a usage error of these arguments says. */
function message(...args: string[]): string {
  let said = "";
  assert.throws(() => parseTrainFlags(args), (error) => {
    assert.ok(error instanceof UsageError);
    said = error.message;
    return true;
  });
  return said;
}

Deno.test("--neck bnneck asks for the identity head that it is for", () => {
  assert.match(message("--loss=hard", "--neck=bnneck"), /give that a weight, such as --id-loss 1/);
  assert.match(message("--loss=basic", "--neck=bnneck", "--id-loss=0"), /--id-loss 1/);
  const { options } = parseTrainFlags(["--neck=bnneck", "--id-loss=0.5", "--test-feature=before"]);
  assert.deepEqual([options.neck, options.testFeature, options.idLoss], ["bnneck", "before", 0.5]);
});

Deno.test("--no-neck is told how it is written", () => {
  assert.equal(message("--no-neck"), "--no-neck is written --neck none");
  assert.match(message("--no-metric"), /^Unknown flag --no-metric/);
});
