import assert from "node:assert/strict";
import { exists, onlyError, runTask, withFolder } from "./run_task.ts";

Deno.test("web says what is wrong, and leaves what lies in a folder alone", async () => {
  await withFolder(async (folder) => {
    const missing = await runTask("web", [
      `--out=${folder}/site`,
      `--checkpoint=${folder}/none`,
      "--no-serve",
    ]);
    assert.match(onlyError(missing, 1), /There is no checkpoint in .*none/);
    assert.equal(exists(`${folder}/site`), false);

    await Deno.writeTextFile(`${folder}/model.safetensors`, "no such thing");
    const broken = ["--no-serve", `--out=${folder}/site`, `--checkpoint=${folder}/model.safetensors`];
    assert.match(onlyError(await runTask("web", broken), 1), /model\.safetensors cannot be used/);
  });
  assert.match(onlyError(await runTask("web", ["--prot=1"]), 2), /did you mean --port\?/);
});
