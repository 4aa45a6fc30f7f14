import assert from "node:assert/strict";
import { encodeSafetensors } from "../../model/safetensors.ts";
import { sha256 } from "../../train/checksum.ts";
import { saveCheckpoint } from "../../train/checkpoint_files.ts";
import { loadPretrained, loadRunsPretrained } from "../../train/pretrained_file.ts";
import { publish } from "../model/pretrained/published_network.ts";
import { stateDict, type Storage, tensor, torchZip } from "../model/weights_files/torch_writer.ts";
import { TINY_OPTIONS } from "../train/tiny_run.ts";
import { onlyError, runTask, withFolder } from "./run_task.ts";
import { TINY, writeTinyPeople } from "./tiny_people.ts";

/** The same weights as `torch.save` writes them, below a checkpoint's key. */
async function torchFile(): Promise<Uint8Array> {
  const { tensors } = publish("torchvision", 0.35, 9);
  const storages = [...tensors.values()].map(({ dtype, data }, i): Storage => {
    assert.ok(dtype === "F32" || dtype === "I64");
    return { key: `${i}`, dtype, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  });
  const entries = [...tensors].map(([name, { shape }], i) => [name, tensor(storages[i], shape)] as const);
  return await torchZip(new Map([["state_dict", stateDict(entries)]]), storages);
}

const publishedFile = () => encodeSafetensors(publish("torchvision", 0.35, 9).tensors);

/** The message that reading the file ends with. */
async function refusal(path: string, width?: number): Promise<string> {
  const error = await loadPretrained(path, width).then(() => undefined, (error: Error) => error);
  assert.equal(error?.name, "RunError");
  assert.ok(!error.message.includes("\n") && error.message.includes(path), error.message);
  return error.message;
}

Deno.test("a file of weights that is none is told in one paragraph with its path", async () => {
  await withFolder(async (folder) => {
    const whole = publishedFile();
    const write = async (name: string, bytes: Uint8Array) => {
      await Deno.writeFile(`${folder}/${name}`, bytes);
      return `${folder}/${name}`;
    };
    assert.match(await refusal(`${folder}/none`), /cannot be read/);
    const model = new TextEncoder().encode('{"weightsManifest": [{"paths": ["a.bin"], "weights": []}]}');
    assert.match(
      await refusal(await write("model.json", model)),
      /names other files .*a\.bin cannot be read.*beside it/,
    );
    for (const length of [5000, whole.length - 1]) {
      assert.match(
        await refusal(await write("cut", whole.subarray(0, length))),
        /no whole safetensors file.*truncated/,
      );
    }
    assert.match(await refusal(await write("whole", whole), 1), /width 0.35, and width 1 was asked for/);
    const own = await saveCheckpoint(folder, {
      step: 0,
      model: {
        ...TINY_OPTIONS,
        identities: 0,
        padding: "same",
        epsilon: 1e-3,
        momentum: 0.9,
        color: "imagenet",
      },
      options: TINY_OPTIONS,
      variants: new Map(),
      tensors: new Map(),
    });
    assert.match(await refusal(own), /checkpoint of a training run.*Resume the run itself/);
  });
});

Deno.test("a run's copy of its weights must be the file that it began with", async () => {
  await withFolder(async (folder) => {
    const bytes = publishedFile();
    await Deno.writeFile(`${folder}/pretrained.safetensors`, bytes);
    const { options } = await loadPretrained(`${folder}/pretrained.safetensors`);
    const own = { ...TINY_OPTIONS, ...options };
    assert.equal((await loadRunsPretrained(folder, own))?.backbone.family, "torchvision");
    assert.equal(await loadRunsPretrained(folder, TINY_OPTIONS), undefined);
    const message = /has another content.*Copy the weights.*SHA-256 abc/;
    const remedies = [{ kind: "convert-weights", to: `${folder}/pretrained.safetensors` }];
    await assert.rejects(loadRunsPretrained(folder, { ...own, initialWeights: "abc" }), {
      message,
      remedies,
    });
    // The file as it was given is as good as its copy.
    await Deno.writeFile(`${folder}/pretrained.safetensors`, await torchFile());
    assert.equal((await loadRunsPretrained(folder, own))?.options.initialWeights, options.initialWeights);
    await Deno.remove(`${folder}/pretrained.safetensors`);
    await assert.rejects(loadRunsPretrained(folder, own), { message: /cannot be read.*Copy the weights/ });
  });
});

Deno.test("train --weights takes width and conventions from a .pth, and the run goes on without it", async () => {
  await withFolder(async (folder) => {
    await writeTinyPeople(`${folder}/people`);
    const weights = `${folder}/mobilenet_v2.pth`;
    await Deno.writeFile(weights, await torchFile());
    const places = [`--data=${folder}/people`, `--cache=${folder}/cache`];
    const tiny = TINY.filter((flag) => !flag.startsWith("--width"));

    const wrong = await runTask("train", [...places, ...tiny, `--weights=${weights}`, "--width=1"]);
    assert.match(
      onlyError(wrong, 1),
      /width 0.35, and width 1 was asked for. Leave the width out.*\(--width\)/,
    );
    const alone = await runTask("train", [...places, ...tiny, "--freeze-epochs=1"]);
    assert.match(onlyError(alone, 2), /--freeze-epochs .* --weights/);

    const run = `${folder}/run`;
    // Frozen to the end: the step of the whole network is made, but not compiled by adapters that do so at its first use.
    const transfer = [`--weights=${weights}`, "--epochs=1", "--freeze-epochs=1", "--backbone-lr=0.1"];
    const { code, stdout, stderr } = await runTask("train", [
      ...places,
      ...tiny,
      ...transfer,
      `--out=${run}`,
    ]);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^Backbone from mobilenet_v2.pth: torchvision's MobileNetV2 0.35, symmetric/m,
    );
    assert.match(
      stderr,
      /^note: of mobilenet_v2.pth this is not used: the head classifier.1.weight, classifier.1.bias; 52 counts/m,
    );
    const config = JSON.parse(await Deno.readTextFile(`${run}/config.json`));
    assert.match(config.weights, /mobilenet_v2.pth$/);
    const { width, convention, initialWeights, freezeEpochs, backboneLearningRate } = config.options;
    assert.deepEqual([width, convention, freezeEpochs, backboneLearningRate], [0.35, "torchvision", 1, 0.1]);
    // The run keeps what was in the file, as safetensors.
    assert.equal(initialWeights, await sha256(publishedFile()));
    assert.deepEqual(await Deno.readFile(`${run}/pretrained.safetensors`), publishedFile());
    assert.match(stderr, /^note: in mobilenet_v2.pth the network is what the file has under state_dict$/m);

    await Deno.remove(weights);
    const resumed = await runTask("train", [`--resume=${run}`, `--cache=${folder}/cache`]);
    assert.equal(resumed.code, 0, resumed.stderr);
    const untrained = (text: string) => /^untrained .*$/m.exec(text)![0];
    assert.equal(untrained(resumed.stdout), untrained(stdout));
  });
});
