/** The network that comes with the program: as large as promised, said to be a demonstration, and better than colors. */
import assert from "node:assert/strict";
import { BENCHMARK_SYNTHETIC } from "../../data/synthetic/options.ts";
import { writeSyntheticPeople } from "../../data/synthetic/write.ts";
import { modelIdentity } from "../../model/trained_model.ts";
import { DEMO, DEMO_PATH } from "../../train/demo/demo.ts";
import scores from "../../train/demo/scores.json" with { type: "json" };
import { readTrainedModel } from "../../train/trained_model_file.ts";
import { exists, runTask, withFolder } from "./run_task.ts";

Deno.test("the demonstration takes 1 MiB at most, and its scores are of this very network", async () => {
  assert.ok((await Deno.stat(DEMO_PATH)).size <= 2 ** 20);
  const { model, isDemo, run } = await readTrainedModel(DEMO);
  assert.deepEqual([isDemo, run, model.spec.width], [true, undefined, 0.35]);
  assert.equal(await modelIdentity(model), scores.model);
});

Deno.test("evaluate --checkpoint demo says what it is, and it ranks strangers better than colors do", async () => {
  await withFolder(async (folder) => {
    const drawn = {
      ...BENCHMARK_SYNTHETIC,
      seed: 5,
      trainIdentities: 2,
      testIdentities: 12,
      distractors: 20,
      junk: 0,
    };
    await writeSyntheticPeople(`${folder}/people`, drawn, { workers: 2 });
    await Deno.mkdir(`${folder}/demo`); // A run may have that name; it does not hide the demonstration.
    const args = ["--checkpoint=demo", "--data=people", "--cache=cache"];
    const { code, stdout, stderr } = await runTask("evaluate", args, { cwd: folder });
    assert.equal(code, 0, stderr);
    const notes = stderr.split("\n").filter((line) => line.includes("demonstration"));
    assert.equal(notes.length, 1, stderr);
    assert.match(
      notes[0]!,
      /^note: the network "demo" is a demonstration, trained on synthetic people only: mAP \d\d % .*, \d\d % .*, not measured on photos; demo in this folder is \.\/demo$/,
    );
    const mAP = (row: RegExp) => {
      const line = stdout.split("\n").find((line) => row.test(line)) ?? "";
      return Number(/(?:[\d.]+ % +){4}([\d.]+) %/.exec(line)?.[1]);
    };
    const exported = await runTask("export", ["--checkpoint=demo", "--format=model"], { cwd: folder });
    assert.equal(exported.code, 0, exported.stderr);
    assert.match(exported.stderr, /demonstration/);
    assert.ok(exists(`${folder}/model.safetensors`)); // Not among the program's files.
    const [network, colors] = [mAP(/^step 4000 /), mAP(/^color histogram /)];
    assert.ok(network > 80 && network > colors + 20, `${network} and ${colors}`);
  });
});
