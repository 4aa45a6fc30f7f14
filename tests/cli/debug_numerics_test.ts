import assert from "node:assert/strict";
import { Device } from "../../engine/mod.ts";
import { newestCheckpoint, saveCheckpoint } from "../../train/checkpoint_files.ts";
import { RunFolder } from "../../train/run_folder.ts";
import { openTinyRun, TINY_OPTIONS } from "../train/tiny_run.ts";
import { onlyError, runTask, withFolder } from "./run_task.ts";
import { writeTinyPeople } from "./tiny_people.ts";

Deno.test("train --resume --debug-numerics ends with one paragraph that names the operation, and keeps what was saved", async () => {
  await withFolder(async (folder) => {
    await writeTinyPeople(`${folder}/people`);
    const { path, lock } = await RunFolder.create(`${folder}/run`, {
      options: TINY_OPTIONS,
      data: `${folder}/people`,
    });
    lock.close();
    const device = await Device.open();
    const trainer = await openTinyRun(device);
    await trainer.trainEpoch(() => {}, () => trainer.step >= 2);
    const checkpoint = await trainer.checkpoint();
    (checkpoint.tensors.get("block2.expand.weight")!.data as Float32Array)[3] = NaN;
    await saveCheckpoint(path, checkpoint);
    for (const owner of [trainer, device]) owner.destroy();

    const flags = [`--resume=${path}`, "--debug-numerics", `--cache=${folder}/cache`];
    const error = onlyError(await runTask("train", flags), 1);
    assert.match(error, /^error: The loss of step 3 was NaN\. /);
    assert.match(
      error,
      /first operation whose results are not finite is \w+ \(forward, at block2\.expand\.weight;/,
    );
    assert.equal((await newestCheckpoint(path))!.checkpoint.step, 2);
  });
});
