import assert from "node:assert/strict";
import { withFolder } from "../../cli/run_task.ts";
import { faultOf, INTERVAL, newestStep } from "./training.ts";

Deno.test("an interval without a checkpoint is a fault, and so is a missing or damaged newest checkpoint", async () => {
  await withFolder(async (run) => {
    assert.equal(await faultOf(run, 0), undefined);
    assert.match((await faultOf(run, INTERVAL))!, /that of step 2 is gone/);
    await Deno.mkdir(`${run}/checkpoints`);
    const save = (step: number) =>
      Deno.writeTextFile(`${run}/checkpoints/step-000000${step}.safetensors`, "");
    for (const step of [INTERVAL, 2 * INTERVAL]) await save(step);
    assert.match((await faultOf(run, 0))!, /is damaged/);
    await save(4 * INTERVAL);
    assert.equal(newestStep(run), 4 * INTERVAL);
    assert.match((await faultOf(run, 0))!, /checkpoints should be 2 steps apart, and are of steps 2,4,8/);
  });
});
