/** What is on the disk when a checkpoint counts as saved: file, its name, and the name of the folder that holds it. */
import assert from "node:assert/strict";
import { saveCheckpoint } from "../../train/checkpoint_files.ts";
import { TINY_OPTIONS } from "./tiny_run.ts";

Deno.test("saveCheckpoint() syncs the file before it gets its name, then its folder and the run's", async () => {
  const run = await Deno.makeTempDir();
  const said: string[] = [];
  const { open, rename } = Deno;
  try {
    Deno.open = async (path, options) => {
      const file = await open(path, options);
      const sync = file.sync.bind(file);
      file.sync = () => {
        said.push(`sync ${path.toString().slice(run.length)}`);
        return sync();
      };
      return file;
    };
    Deno.rename = (from, to) => {
      said.push(`rename to ${to.toString().slice(run.length)}`);
      return rename(from, to);
    };
    const spec = {} as Parameters<typeof saveCheckpoint>[1]["model"];
    await saveCheckpoint(run, {
      step: 1,
      model: spec,
      options: TINY_OPTIONS,
      variants: new Map(),
      tensors: new Map(),
    });
  } finally {
    Object.assign(Deno, { open, rename });
    await Deno.remove(run, { recursive: true });
  }
  const path = "/checkpoints/step-0000001.safetensors";
  assert.deepEqual(said, [`sync ${path}.part`, `rename to ${path}`, "sync /checkpoints", "sync "]);
});
