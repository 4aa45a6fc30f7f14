/** `deno task export` as a user runs it: what it writes, what it says, what it refuses. */
import assert from "node:assert/strict";
import { type ConventionKey, CONVENTIONS } from "../../model/conventions.ts";
import { decodeSafetensors, encodeSafetensors } from "../../model/safetensors.ts";
import {
  CHECKPOINT_FORMAT,
  decodeTrainedModel,
  encodeTrainedModel,
  modelIdentity,
} from "../../model/trained_model.ts";
import { PRODUCER } from "../../export/description.ts";
import { drawModel, smallSpec } from "../export/drawn_model.ts";
import { TINY_OPTIONS } from "../train/tiny_run.ts";
import { exists, onlyError, runTask, withFolder } from "./run_task.ts";

/** A run's folder with a checkpoint whose average of the weights is another network. Returns the two. */
async function writeRun(run: string, convention: ConventionKey = "own") {
  const [last, average] = [1, 2].map((seed) => drawModel(smallSpec({ ...CONVENTIONS[convention] }), seed));
  const tensors = new Map(last.tensors);
  for (const [name, tensor] of average.tensors) tensors.set(`ema/${name}`, tensor);
  const metadata = { format: CHECKPOINT_FORMAT, step: "234", model: JSON.stringify(last.spec) };
  await Deno.mkdir(`${run}/checkpoints`, { recursive: true });
  await Deno.writeTextFile(`${run}/config.json`, JSON.stringify({ options: { ...TINY_OPTIONS, ema: 0.9 } }));
  await Deno.writeFile(`${run}/checkpoints/step-0000234.safetensors`, encodeSafetensors(tensors, metadata));
  return { last, average };
}

Deno.test("export writes each format beside the run or where it is told, and says what a reader must know", async () => {
  await withFolder(async (folder) => {
    const run = `${folder}/run`;
    const { last, average } = await writeRun(run);
    const exported = async (args: string[]) => {
      const { code, stdout, stderr } = await runTask("export", [`--checkpoint=${run}`, ...args]);
      assert.equal(code, 0, stderr);
      assert.equal(stderr, "");
      return stdout;
    };
    const onnx = await exported(["--format=onnx"]);
    assert.match(onnx, /run\/model\.onnx: [\d.]+ MB, step 234 of .*step-0000234/);
    assert.match(onnx, /uint8 \[batch, 52, 36, 3\], RGB\n.*float32 \[batch, 1280\], of length one/);
    assert.match(onnx, /moving average; --no-ema/);
    const scaled = await exported(["--format=onnx", "--no-preprocess", "--overwrite", "--opset=18"]);
    assert.match(scaled, /float32 \[batch, 3, 52, 36\], scaled\n[^]*opset 18/);

    const torch = await exported([
      "--format=safetensors",
      "--no-ema",
      `--out=${folder}/new/folder/w.safetensors`,
    ]);
    assert.match(torch, /Take care: .*SAME.*0\.001.*Keras/);
    assert.doesNotMatch(torch, /average/);
    const { metadata } = decodeSafetensors(await Deno.readFile(`${folder}/new/folder/w.safetensors`));
    assert.equal(metadata.model_identity, await modelIdentity(last));
    assert.equal(JSON.parse(metadata.training_options).ema, 0.9);

    await exported(["--format=model"]);
    const model = decodeTrainedModel(await Deno.readFile(`${run}/model.safetensors`));
    assert.equal(await modelIdentity(model), await modelIdentity(average));
    await exported(["--format=model", "--dtype=f16", `--out=${folder}/half.safetensors`]);
    const half = decodeTrainedModel(await Deno.readFile(`${folder}/half.safetensors`));
    assert.notEqual(await modelIdentity(half), await modelIdentity(average));
    const again = await runTask("export", [`--checkpoint=${run}/model.safetensors`, "--format=onnx"]);
    assert.match(onlyError(again, 1), /model\.onnx exists already.*--out.*--overwrite/);
  });
});

Deno.test("export has nothing to warn of where the network is torchvision's", async () => {
  await withFolder(async (folder) => {
    await writeRun(`${folder}/run`, "torchvision");
    const { code, stdout } = await runTask("export", [`--checkpoint=${folder}/run`, "--format=safetensors"]);
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /Take care/);
  });
});

Deno.test("export says in one paragraph what is wrong, and leaves what is there", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/model.safetensors`;
    const model = drawModel(smallSpec(), 1);
    await Deno.writeFile(file, encodeTrainedModel(model));
    const refused = async (code: number, ...args: string[]) => onlyError(await runTask("export", args), code);
    const onnx = "--format=onnx";
    assert.match(
      await refused(2, `--checkpoint=${file}`),
      /--format is required: onnx: .* safetensors: /,
    );
    assert.match(await refused(2, onnx), /--checkpoint is required/);
    assert.match(
      await refused(2, `--checkpoint=${file}`, "--format=tflite"),
      /onnx, safetensors, model; got 'tflite'/,
    );
    assert.match(
      await refused(2, `--checkpoint=${file}`, "--format=model", "--no-normalize"),
      /--no-normalize requires --format onnx/,
    );
    assert.match(
      await refused(2, `--checkpoint=${file}`, onnx, "--dtype=f16"),
      /--dtype f16 requires --format model/,
    );
    assert.match(await refused(2, `--checkpoint=${file}`, onnx, "--opset=12"), /from 18 to 26/);
    assert.match(await refused(1, `--checkpoint=${folder}/nowhere`, onnx), /There is no checkpoint/);
    const text = `${folder}/notes.txt`;
    await Deno.writeTextFile(text, "notes");
    assert.match(await refused(1, `--checkpoint=${text}`, onnx), /notes\.txt cannot be used: it is damaged/);
    assert.match(
      await refused(1, `--checkpoint=${file}`, onnx, `--out=${text}`),
      /exists already.*--overwrite/,
    );
    assert.equal(await Deno.readTextFile(text), "notes");
    assert.match(
      await refused(1, `--checkpoint=${file}`, onnx, `--out=${text}/model.onnx`),
      /cannot be written .*--out/,
    );
    assert.match(
      await refused(1, `--checkpoint=${file}`, onnx, `--out=${folder}`, "--overwrite"),
      /cannot be written .*--out/,
    );
    const tensors = new Map(model.tensors);
    tensors.delete("last.gamma");
    const lacking = `${folder}/lacking.safetensors`;
    await Deno.writeFile(lacking, encodeTrainedModel({ ...model, tensors }));
    assert.match(
      await refused(1, `--checkpoint=${lacking}`, onnx),
      /cannot be used: last\.gamma should be F32 \[1280\]/,
    );
    assert.ok(!exists(`${folder}/model.onnx`));
  });
});

Deno.test("exported files name this version of the program", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assert.deepEqual(PRODUCER, { name: config.name, version: config.version });
});
