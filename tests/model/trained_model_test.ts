/** What is kept of a network after training, and what its name depends on. */
import assert from "node:assert/strict";
import { Device, Random } from "../../engine/mod.ts";
import { CONVENTIONS } from "../../model/conventions.ts";
import { Embedder } from "../../model/embedder.ts";
import type { ModelSpec } from "../../model/model_spec.ts";
import { ReidModel } from "../../model/reid_model.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsTensor,
  toFloat32,
} from "../../model/safetensors.ts";
import {
  buildTrainedModel,
  CHECKPOINT_FORMAT,
  decodeTrainedModel,
  encodeTrainedModel,
  ModelFileError,
  modelIdentity,
} from "../../model/trained_model.ts";
import { takeCheckpoint } from "../../train/checkpoint.ts";
import { RunError } from "../../train/errors.ts";
import { readTrainedModel } from "../../train/trained_model_file.ts";
import { withFolder } from "../cli/run_task.ts";
import { drawModel, smallSpec } from "../export/drawn_model.ts";
import { TINY_OPTIONS } from "../train/tiny_run.ts";

const SPEC: ModelSpec = {
  ...TINY_OPTIONS,
  ...CONVENTIONS.own,
  momentum: 0.9,
  embeddingSize: 12,
  identities: 7,
};

/** A checkpoint's bytes of a network with random weights; averages are all weights times two. */
async function checkpointBytes(device: Device, { step = 3, average = false, spec = SPEC } = {}) {
  const model = new ReidModel(device, spec, new Random(5));
  model.parameters.add("centers", [7, 12], new Float32Array(84), { trainable: false });
  const { tensors } = await takeCheckpoint(model.parameters, [], new Float32Array(step), {
    step,
    model: spec,
    options: TINY_OPTIONS,
    variants: new Map(),
  });
  const all = new Map<string, SafetensorsTensor>(tensors);
  for (const [name, tensor] of average ? tensors : []) {
    if (name !== "history") {
      all.set(`ema/${name}`, { ...tensor, data: (tensor.data as Float32Array).map((x) => 2 * x) });
    }
  }
  model.parameters.destroy();
  const metadata = { format: CHECKPOINT_FORMAT, step: String(step), model: JSON.stringify(spec) };
  return encodeSafetensors(all, metadata);
}

Deno.test("A model file is a checkpoint without what only training needs, and embeds the same", async () => {
  const device = await Device.open();
  try {
    const fromCheckpoint = decodeTrainedModel(await checkpointBytes(device));
    assert.equal(fromCheckpoint.step, 3);
    assert.equal(fromCheckpoint.spec.identities, 0);
    const names = [...fromCheckpoint.tensors.keys()];
    assert.ok(!names.some((name) => /identity|history|centers|\//.test(name)), names.join());
    const file = decodeTrainedModel(encodeTrainedModel(fromCheckpoint));
    assert.deepEqual(encodeTrainedModel(file), encodeTrainedModel(fromCheckpoint));

    const model = buildTrainedModel(device, file);
    assert.deepEqual(new Set(model.parameters.parameters.map(({ name }) => name)), new Set(names));
    const embedder = await Embedder.open(device, model, 4);
    const random = new Random(1);
    const pixels = Uint8Array.from({ length: 3 * embedder.stride }, () => random.integer(256));
    const three = await (await embedder.submit(pixels, 3)).embeddings;
    const one = await (await embedder.submit(pixels.subarray(embedder.stride), 1)).embeddings;
    assert.equal(three.length, 3 * 12);
    assert.deepEqual(one, three.slice(12, 24), "an embedding depends on its neighbors in the batch");
    await assert.rejects(embedder.submit(pixels, 5), RangeError);
    await assert.rejects(embedder.submit(pixels, 4), RangeError);
    embedder.destroy();
    model.parameters.destroy();
  } finally {
    device.destroy();
  }
});

Deno.test("A model file in f16 has its weights rounded and its batch norms exact, and nothing that does not fit", () => {
  const drawn = drawModel(smallSpec({ embeddingSize: 8 }), 1);
  const bytes = encodeTrainedModel(drawn, { weights: "f16" });
  const stored = decodeSafetensors(bytes).tensors;
  const { tensors } = decodeTrainedModel(bytes);
  assert.equal(stored.get("embedding.weight")!.dtype, "F16");
  for (const [name, { data, dtype }] of tensors) {
    assert.equal(dtype, "F32");
    const isWeight = name.endsWith(".weight");
    assert.equal(stored.get(name)!.dtype, isWeight ? "F16" : "F32");
    for (const [i, value] of toFloat32(drawn.tensors.get(name)!).entries()) {
      const error = Math.abs(Number(data[i]) - value);
      assert.ok(
        error <= (isWeight ? Math.max(2 ** -11 * Math.abs(value), 2 ** -25) : 0),
        `${name}: ${value}`,
      );
    }
  }
  assert.ok(bytes.length < 0.6 * encodeTrainedModel(drawn).length);
  const stem = drawn.tensors.get("stem.weight")!;
  const large = { ...stem, data: toFloat32(stem).with(5, 65520) };
  const unfit = { ...drawn, tensors: new Map(drawn.tensors).set("stem.weight", large) };
  assert.throws(
    () => encodeTrainedModel(unfit, { weights: "f16" }),
    /stem\.weight has numbers that are too large for f16/,
  );
});

Deno.test("A network's name depends on weights and settings, not on steps or an identity head", async () => {
  const device = await Device.open();
  try {
    const identity = async (how: Parameters<typeof checkpointBytes>[1], averaged?: boolean) =>
      await modelIdentity(decodeTrainedModel(await checkpointBytes(device, how), { averaged }));
    const plain = await identity({});
    assert.match(plain, /^[0-9a-f]{64}$/);
    assert.equal(await identity({ step: 9 }), plain);
    const averaged = await identity({ average: true });
    assert.notEqual(averaged, plain);
    assert.equal(await identity({ average: true }, false), plain);
    assert.notEqual(await identity({ spec: { ...SPEC, imageHeight: SPEC.imageHeight + 32 } }), plain);
    const file = decodeTrainedModel(await checkpointBytes(device));
    const tensors = new Map(file.tensors);
    const data = (tensors.get("stem.weight")!.data as Float32Array).slice();
    data[0] += 1e-6;
    tensors.set("stem.weight", { ...tensors.get("stem.weight")!, data });
    assert.notEqual(await modelIdentity({ ...file, tensors }), plain);
  } finally {
    device.destroy();
  }
});

Deno.test("Files that hold no network are refused with the reason", async () => {
  const device = await Device.open();
  try {
    const bytes = await checkpointBytes(device);
    const refused = (bytes: Uint8Array, reason: RegExp) =>
      assert.throws(
        () => decodeTrainedModel(bytes),
        (error) => error instanceof ModelFileError && reason.test(error.message),
      );
    refused(bytes.subarray(0, bytes.length - 5), /damaged/);
    const { tensors, metadata } = decodeSafetensors(bytes);
    refused(encodeSafetensors(tensors, {}), /not a checkpoint or model of this program/);
    refused(
      encodeSafetensors(tensors, { ...metadata, format: "webgpu-reid model 9" }),
      /it has the format "webgpu-reid model 9", and this version of the program reads "webgpu-reid model \d+"/,
    );
    refused(encodeSafetensors(tensors, { ...metadata, step: "-1" }), /its step is -1/);
    refused(encodeSafetensors(tensors, { ...metadata, model: "{}" }), /width must be a number above 0/);
    const model = decodeTrainedModel(bytes);
    const fewer = new Map(model.tensors);
    fewer.delete("neck.gamma");
    assert.throws(
      () => buildTrainedModel(device, { ...model, tensors: fewer }),
      (error) => error instanceof ModelFileError && /neck.gamma .* is not there/.test(error.message),
    );
  } finally {
    device.destroy();
  }
});

/** f32 numbers that every type below holds, in the bytes of each type. */
const CONVERTED: Record<string, (data: Float32Array) => SafetensorsTensor["data"]> = {
  F64: (data) => Float64Array.from(data),
  BF16: (data) => Uint16Array.from(new Uint32Array(data.buffer), (bits) => bits >>> 16),
  F16: (data) => Uint16Array.from(data, (x) => x === 0 ? 0 : x < 0 ? 0xb800 : 0x3800), // 0, -0.5 or 0.5
};

Deno.test("A model file that another program has converted to f64, f16 or bf16 is read as f32", async () => {
  await withFolder(async (folder) => {
    const device = await Device.open();
    const own = decodeTrainedModel(await checkpointBytes(device));
    device.destroy();
    const halves = new Map([...own.tensors].map(([name, tensor]) => {
      const data = (tensor.data as Float32Array).map((x) => Math.sign(x) / 2);
      return [name, { ...tensor, data }] as const;
    }));
    const expected = encodeTrainedModel({ ...own, tensors: halves });
    for (const [dtype, convert] of Object.entries(CONVERTED)) {
      const tensors = new Map([...halves].map(([name, tensor]) => {
        return [name, { ...tensor, dtype, data: convert(tensor.data) } as SafetensorsTensor] as const;
      }));
      const path = `${folder}/${dtype}.safetensors`;
      await Deno.writeFile(path, encodeTrainedModel({ ...own, tensors }));
      assert.deepEqual(encodeTrainedModel((await readTrainedModel(path)).model), expected, dtype);
    }
  });
});

Deno.test("readTrainedModel() names the tensor that is missing, of another shape, or of integers", async () => {
  await withFolder(async (folder) => {
    const device = await Device.open();
    const own = decodeTrainedModel(await checkpointBytes(device));
    device.destroy();
    const gamma = own.tensors.get("neck.gamma")!;
    const weight = own.tensors.get("stem.weight")!;
    const cases: [string, SafetensorsTensor | undefined, RegExp][] = [
      ["neck.gamma", undefined, /neck\.gamma should be F32 \[12\] and is not there/],
      ["neck.gamma", { ...gamma, shape: [3, 4] }, /neck\.gamma should be F32 \[12\] and is F32 \[3,4\]/],
      ["neck.running_mean", { dtype: "I32", shape: [12], data: new Int32Array(12) }, /and is I32 \[12\]/],
      ["stem.weight", { ...weight, shape: weight.shape.toReversed() }, /stem\.weight should be F32/],
      ["embedding.weight", undefined, /embedding\.weight should be F32 .* and is not there/],
    ];
    for (const [name, tensor, expected] of cases) {
      const tensors = new Map(own.tensors);
      if (tensor === undefined) tensors.delete(name);
      else tensors.set(name, tensor);
      const path = `${folder}/model.safetensors`;
      await Deno.writeFile(path, encodeTrainedModel({ ...own, tensors }));
      await assert.rejects(readTrainedModel(path), (error) => {
        assert.ok(error instanceof RunError, String(error));
        assert.match(error.message, expected);
        return error.message.includes(path);
      });
    }
  });
});
