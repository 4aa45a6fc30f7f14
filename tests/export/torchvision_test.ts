/** Exported weights are where torchvision's network has them, and come back as they were. */
import assert from "node:assert/strict";
import { describe } from "../../export/description.ts";
import { FORMATS } from "../../export/formats.ts";
import type { OnnxOptions } from "../../export/onnx/network.ts";
import { otherThanTorchvision } from "../../export/torchvision.ts";
import { type ConventionKey, CONVENTIONS } from "../../model/conventions.ts";
import { readPretrained } from "../../model/pretrained/pretrained.ts";
import { decodeSafetensors } from "../../model/safetensors.ts";
import {
  decodeTrainedModel,
  ModelFileError,
  modelIdentity,
  type TrainedModel,
} from "../../model/trained_model.ts";
import { KEPT } from "../model/drawn_thresholds.ts";
import { publish } from "../model/pretrained/published_network.ts";
import { TINY_OPTIONS } from "../train/tiny_run.ts";
import { drawModel, smallSpec } from "./drawn_model.ts";

const OPTIONS: OnnxOptions = { preprocess: true, normalize: true, opset: 26 };
const written = async (model: TrainedModel) =>
  decodeSafetensors(await FORMATS.safetensors.encode(model, TINY_OPTIONS, OPTIONS));

Deno.test("exported weights have torchvision's names, shapes and counts of batches", async () => {
  const { tensors, metadata } = await written(drawModel(smallSpec({ width: 0.35, neck: "none" }), 3));
  const expected = publish("torchvision", 0.35, 3).tensors;
  const outline = (all: typeof expected) =>
    [...all].filter(([name]) => !name.startsWith("classifier."))
      .map(([name, { dtype, shape }]) => `${name} ${dtype} [${shape}]`).sort();
  assert.deepEqual(outline(tensors), outline(expected));
  assert.deepEqual(tensors.get("features.18.1.num_batches_tracked")!.data, BigInt64Array.of(234n));
  assert.equal(metadata.format, "pt");
  assert.deepEqual(JSON.parse(metadata.training_options), TINY_OPTIONS);
});

Deno.test("projection and neck stand beside the backbone as PyTorch's layers have them", async () => {
  const model = drawModel(smallSpec({ embeddingSize: 12, neck: "bnneck" }), 4);
  const { tensors } = await written(model);
  const ours = model.tensors.get("embedding.weight")!;
  const { shape, data } = tensors.get("embedding.weight")!;
  assert.deepEqual([ours.shape, shape], [[1280, 12], [12, 1280]]);
  for (const [i, o] of [[0, 0], [1279, 0], [7, 11], [1279, 11]]) {
    assert.equal(data[o * 1280 + i], ours.data[i * 12 + o]);
  }
  assert.deepEqual(tensors.get("neck.weight")!.data, model.tensors.get("neck.gamma")!.data);
  assert.deepEqual(tensors.get("neck.bias")!.data, new Float32Array(12));
  assert.deepEqual(tensors.get("neck.running_var")!.data, model.tensors.get("neck.running_variance")!.data);
  assert.deepEqual(tensors.get("neck.num_batches_tracked")!.shape, []);
});

Deno.test("exported networks bring their thresholds, if their embeddings are as the network's", async () => {
  const model = { ...drawModel(smallSpec({ width: 0.35 }), 6), thresholds: [KEPT] };
  const { metadata } = decodeSafetensors(await FORMATS.safetensors.encode(model, undefined, OPTIONS));
  assert.deepEqual(JSON.parse(metadata.thresholds), [KEPT]);
  const file = await FORMATS.model.encode(model, undefined, OPTIONS);
  assert.deepEqual(decodeTrainedModel(file as Uint8Array<ArrayBuffer>).thresholds, [KEPT]);
  assert.equal(await modelIdentity(model), await modelIdentity({ ...model, thresholds: undefined }));
  const hasThresholds = async (normalize: boolean) =>
    new TextDecoder().decode(await FORMATS.onnx.encode(model, undefined, { ...OPTIONS, normalize })).includes(
      JSON.stringify([KEPT]),
    );
  assert.deepEqual([await hasThresholds(true), await hasThresholds(false)], [true, !model.spec.normalize]);
});

Deno.test("train --weights reads an exported backbone as it was, with its convention", async () => {
  for (const key of ["own", "torchvision", "keras"] as ConventionKey[]) {
    const model = drawModel(smallSpec({ ...CONVENTIONS[key], width: 0.35, embeddingSize: 12 }), 5);
    const { convention, width, values, ignored } = readPretrained(await written(model));
    assert.deepEqual([convention, width], [key, 0.35]);
    assert.equal(values.size, 52 * 5);
    for (const [name, data] of values) assert.deepEqual(data, model.tensors.get(name)!.data, name);
    const others = ignored.filter((name) => !name.endsWith(".num_batches_tracked"));
    assert.deepEqual(others.sort(), [
      "embedding.weight",
      "neck.bias",
      "neck.running_mean",
      "neck.running_var",
      "neck.weight",
    ]);
  }
  const odd = await written(drawModel(smallSpec({ width: 0.35, epsilon: 0.5 }), 6));
  assert.throws(() => readPretrained(odd), { name: "PretrainedError", message: /convention "other"/ });
});

Deno.test("only networks with torchvision's padding are told to be torchvision's", () => {
  assert.equal(otherThanTorchvision(smallSpec(CONVENTIONS.torchvision)), undefined);
  assert.equal(otherThanTorchvision(smallSpec(CONVENTIONS.timm)), undefined);
  for (const key of ["own", "keras"] as const) {
    assert.match(otherThanTorchvision(smallSpec(CONVENTIONS[key]))!, /SAME.*Keras.*docs\/export\.md/);
  }
});

Deno.test("a model file is read as the network that was exported", async () => {
  const model = drawModel(smallSpec({ embeddingSize: 12 }), 7);
  const read = decodeTrainedModel(await FORMATS.model.encode(model, undefined, OPTIONS));
  assert.deepEqual([read.spec, read.step], [model.spec, model.step]);
  assert.equal(await modelIdentity(read), await modelIdentity(model));
});

Deno.test("a network that lacks a tensor, or has one of another shape, is not written", async () => {
  const whole = drawModel(smallSpec({ embeddingSize: 12 }), 8);
  for (const name of ["block17.depthwise.weight", "last.running_mean", "embedding.weight", "neck.gamma"]) {
    const without = new Map(whole.tensors);
    without.delete(name);
    const short = new Map(whole.tensors).set(name, { dtype: "F32", shape: [1], data: new Float32Array(1) });
    for (const [tensors, found] of [[without, /is not there/], [short, /is F32 \[1\]/]] as const) {
      for (const { encode } of Object.values(FORMATS)) {
        const error = await encode({ ...whole, tensors }, undefined, OPTIONS).then(() => undefined, (e) => e);
        assert.ok(error instanceof ModelFileError, `${name}: ${error}`);
        assert.ok(error.message.startsWith(name) && found.test(error.message), error.message);
      }
    }
  }
});

Deno.test("the momentum in a file's metadata is PyTorch's, the share of the batch", async () => {
  const { batch_norm_momentum } = await describe(drawModel(smallSpec({ momentum: 0.9 }), 1), undefined);
  assert.equal(batch_norm_momentum, "0.1");
});
