import assert from "node:assert/strict";
import { RunError } from "../../train/errors.ts";
import { readConfig, RunFolder } from "../../train/run_folder.ts";
import { TINY_OPTIONS } from "./tiny_run.ts";
import { withFolder } from "../cli/run_task.ts";

const config = { options: TINY_OPTIONS, data: "people" };

const names = (folder: string) => [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();

/** Checks that `work` is refused with such a message. */
async function refuses(work: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(work, (error: Error) => {
    assert.ok(error instanceof RunError, `${error}`);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("a run's folder keeps the settings that it was made with", async () => {
  await withFolder(async (folder) => {
    const run = await RunFolder.create(`${folder}/a/b`, config);
    assert.deepEqual(await readConfig(`${folder}/a/b`), config);
    run.lock.close();
    const opened = await RunFolder.open(`${folder}/a/b`);
    assert.deepEqual(opened.config, config);
    opened.lock.close();
    const several = { ...config, data: ["a", "b.csv"], identityFrom: "^(.)", cameraFrom: "(.)$" };
    (await RunFolder.create(`${folder}/several`, several)).lock.close();
    assert.deepEqual(await readConfig(`${folder}/several`), several);
  });
});

Deno.test("while one process works in a run's folder another one is refused, and let in after its end", async () => {
  await withFolder(async (folder) => {
    const script = `
      import { RunFolder } from ${JSON.stringify(new URL("../../train/run_folder.ts", import.meta.url).href)};
      await RunFolder.open(${JSON.stringify(`${folder}/run`)});
      console.log("held");
      setTimeout(() => {}, 600_000);`;
    (await RunFolder.create(`${folder}/run`, config)).lock.close();
    await Deno.writeTextFile(`${folder}/hold.ts`, script);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-read", "--allow-write", `${folder}/hold.ts`],
      cwd: new URL("../..", import.meta.url),
      stdout: "piped",
    }).spawn();
    const output = child.stdout.getReader();
    assert.equal(new TextDecoder().decode((await output.read()).value), "held\n");
    await refuses(RunFolder.open(`${folder}/run`), /Another process is training in/);
    await refuses(RunFolder.create(`${folder}/run`, config), /is not empty/);
    child.kill("SIGKILL"); // Leaves no chance to tidy up.
    await child.status;
    await output.cancel();
    (await RunFolder.open(`${folder}/run`)).lock.close();
  });
});

Deno.test("create() refuses a folder with anything in it, and open() one without a run", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/letter.txt`, "mine");
    await refuses(RunFolder.create(folder, config), /is not empty/);
    await refuses(RunFolder.open(folder), /holds no training run/);
    await refuses(RunFolder.open(`${folder}/nowhere`), /holds no training run/);
    assert.deepEqual(names(folder), ["letter.txt"]);
  });
});

Deno.test("open() clears away what a killed process left unfinished", async () => {
  await withFolder(async (folder) => {
    (await RunFolder.create(`${folder}/run`, config)).lock.close();
    await Deno.mkdir(`${folder}/run/checkpoints`);
    for (const name of ["report.html.part", "checkpoints/step-0000004.safetensors.part"]) {
      await Deno.writeTextFile(`${folder}/run/${name}`, "half");
    }
    (await RunFolder.open(`${folder}/run`)).lock.close();
    assert.deepEqual(names(`${folder}/run`), [".lock", "checkpoints", "config.json"]);
    assert.deepEqual(names(`${folder}/run/checkpoints`), []);
  });
});

Deno.test("abandon() takes a new run's folder away, but never a checkpoint or somebody's file", async () => {
  await withFolder(async (folder) => {
    for (const kept of [undefined, "checkpoints/step-0000001.safetensors", "notes.txt"]) {
      const run = await RunFolder.create(`${folder}/run`, config);
      await Deno.mkdir(`${folder}/run/checkpoints`);
      if (kept) await Deno.writeTextFile(`${folder}/run/${kept}`, "kept");
      run.abandon();
      run.lock.close();
      if (!kept) {
        assert.deepEqual(names(folder), []);
        continue;
      }
      assert.equal(await Deno.readTextFile(`${folder}/run/${kept}`), "kept");
      await readConfig(`${folder}/run`);
      await Deno.remove(`${folder}/run`, { recursive: true });
    }
  });
});

Deno.test("damaged settings are refused by what is wrong with them", async () => {
  await withFolder(async (folder) => {
    const wrong: [string, RegExp][] = [
      ["{", /damaged/],
      ["null", /damaged/],
      ["{}", /Expected an object with settings; got nothing/],
      [
        JSON.stringify({ options: { ...TINY_OPTIONS, margin: "wide" } }),
        /margin must be a number from 0 to 10; got "wide"/,
      ],
      [
        JSON.stringify({ options: { ...TINY_OPTIONS, epochs: -1 } }),
        /epochs must be a whole number from 1 to 100000; got -1/,
      ],
      [
        JSON.stringify({ options: { ...TINY_OPTIONS, loss: "toString" } }),
        /loss must be one of basic, hard, .*; got "toString"/,
      ],
      [
        JSON.stringify({ options: { ...TINY_OPTIONS, metric: "manhattan" } }),
        /metric must be one of squared, .*; got "manhattan"/,
      ],
      [
        JSON.stringify({ options: { ...TINY_OPTIONS, p: 1 } }),
        /p must be a whole number from 2 to 512; got 1/,
      ],
      [JSON.stringify({ options: TINY_OPTIONS, data: 5 }), /data is not text/],
      [JSON.stringify({ options: TINY_OPTIONS, data: [] }), /data is not text/],
      [JSON.stringify({ options: TINY_OPTIONS, cameraFrom: 5 }), /cameraFrom is not text/],
      [
        JSON.stringify({ format: "webgpu-reid run 9", options: TINY_OPTIONS }),
        /config\.json cannot be used: it has the format "webgpu-reid run 9", and .* reads "webgpu-reid run 1"/,
      ],
    ];
    for (const [text, message] of wrong) {
      await Deno.writeTextFile(`${folder}/config.json`, text);
      await refuses(RunFolder.open(folder), message);
    }
  });
});
