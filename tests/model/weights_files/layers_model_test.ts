import assert from "node:assert/strict";
import { readPretrained } from "../../../model/pretrained/pretrained.ts";
import { toFloat32 } from "../../../model/safetensors.ts";
import { readWeights } from "../../../model/weights_files/read_weights.ts";
import {
  WeightsFileError,
  type WeightsFileErrorKind,
} from "../../../model/weights_files/weights_file_error.ts";
import { publish } from "../pretrained/published_network.ts";
import { latin } from "./pickler.ts";

interface Entry {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: Record<string, unknown>;
}

const json = (
  weights: Entry[],
  paths = ["a.bin"],
  more: object = { format: "layers-model", modelTopology: {} },
) => latin(JSON.stringify({ ...more, weightsManifest: [{ paths, weights }] }));
const shards = (files: Record<string, Uint8Array>) => (path: string) => {
  const bytes = files[path];
  return bytes === undefined ? Promise.reject(new Error(`no ${path}`)) : Promise.resolve(bytes);
};
const bytesOf = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

async function refuses(
  file: Uint8Array,
  kind: WeightsFileErrorKind,
  message: RegExp,
  bytes = new Uint8Array(8),
): Promise<void> {
  await assert.rejects(readWeights(file, shards({ "a.bin": bytes })), (error) => {
    assert.ok(error instanceof WeightsFileError, `${error}`);
    assert.match(error.message, message);
    assert.equal(error.kind, kind);
    return true;
  });
}

Deno.test("a layers model is read with its weights in several shards, quantized or not", async () => {
  const entries: Entry[] = [
    { name: "f32", shape: [3], dtype: "float32" },
    { name: "u8", shape: [2, 2], dtype: "float32", quantization: { dtype: "uint8", scale: 0.1, min: -1 } },
    { name: "u16", shape: [2], dtype: "float32", quantization: { dtype: "uint16", scale: 0.5, min: 2 } },
    { name: "f16", shape: [3], dtype: "float32", quantization: { dtype: "float16" } },
    { name: "i32", shape: [], dtype: "int32" },
    { name: "steps", shape: [2], dtype: "int32", quantization: { dtype: "uint8", scale: 1.5, min: 0 } },
    { name: "none", shape: [0, 4], dtype: "float32" },
  ];
  const parts = [
    bytesOf(Float32Array.of(1, -2, 3e-8)),
    Uint8Array.of(0, 1, 128, 255),
    bytesOf(Uint16Array.of(0, 65535)),
    bytesOf(Uint16Array.of(0x3c00, 0x0001, 0xfbff)),
    bytesOf(Int32Array.of(-7)),
    Uint8Array.of(1, 3),
  ];
  const whole = new Uint8Array(parts.flatMap((part) => [...part]));
  const paths = ["group1-shard1of3.bin", "group1-shard2of3.bin", "sub/group1-shard3of3.bin"];
  const files = {
    [paths[0]]: whole.subarray(0, 5),
    [paths[1]]: whole.subarray(5, 19),
    [paths[2]]: whole.subarray(19),
  };
  const { format, tensors } = await readWeights(json(entries, paths), shards(files));
  assert.equal(format, "layers-model");
  const read = Object.fromEntries(
    [...tensors].map(([name, tensor]) => [name, [tensor.dtype, ...tensor.data]]),
  );
  const f = Math.fround;
  assert.deepEqual(read, {
    f32: ["F32", 1, -2, f(3e-8)],
    u8: ["F32", -1, f(0.1 - 1), f(128 * 0.1 - 1), f(255 * 0.1 - 1)],
    u16: ["F32", 2, 65535 * 0.5 + 2],
    f16: ["F16", 0x3c00, 1, 0xfbff],
    i32: ["I32", -7],
    steps: ["I32", 2, 5],
    none: ["F32"],
  });
  assert.deepEqual([...toFloat32(tensors.get("f16")!)], [1, 2 ** -24, -65504]);
});

Deno.test("Keras' MobileNetV2 is read from a layers model as from safetensors", async () => {
  const { tensors } = publish("keras", 0.35, 3);
  const entries = [...tensors].map(([name, { shape }]): Entry => ({
    name,
    shape: [...shape],
    dtype: "float32",
  }));
  const whole = new Uint8Array(
    await new Blob([...tensors.values()].map(({ data }) => bytesOf(data).slice())).arrayBuffer(),
  );
  const { values, family, convention } = readPretrained(
    await readWeights(json(entries), shards({ "a.bin": whole })),
  );
  assert.deepEqual([family, convention], ["keras", "keras"]);
  assert.deepEqual(values, readPretrained({ tensors, metadata: {} }).values);
});

Deno.test("a graph model, a damaged manifest and paths out of the folder are refused with the reason", async () => {
  const w: Entry = { name: "w", shape: [2], dtype: "float32" };
  await refuses(
    json([w], ["a.bin"], { format: "graph-model" }),
    "unsupported",
    /graph model: .*batch norms folded/,
  );
  await refuses(json([{ ...w, shape: [3] }]), "damaged", /weight "w" ends behind its shards of 8 bytes/);
  await refuses(json([{ ...w, shape: [1] }]), "damaged", /have 4 bytes too many/);
  await refuses(json([w, w]), "damaged", /weight "w" comes twice/, new Uint8Array(16));
  await refuses(json([{ ...w, shape: [-1] }]), "damaged", /no name, shape or dtype/);
  await refuses(json([{ ...w, shape: [2 ** 30, 2 ** 30] }]), "damaged", /ends behind/);
  await refuses(json([{ ...w, dtype: "string" }]), "unsupported", /type "string"/);
  await refuses(
    json([{ ...w, quantization: { dtype: "uint4", scale: 1 } }]),
    "damaged",
    /quantization of the weight "w"/,
  );
  for (
    const path of [
      "../a.bin",
      "/etc/passwd",
      "x/../../a.bin",
      "https://example.com/a.bin",
      "..\\a.bin",
      "./../a",
      "C:a",
    ]
  ) {
    await refuses(json([w], [path]), "refused", /outside of its folder/);
  }
  for (const manifest of [null, {}, [null], [{ paths: ["a.bin"] }], [{ paths: [1], weights: [] }]]) {
    await refuses(latin(JSON.stringify({ weightsManifest: manifest })), "damaged", /weightsManifest/);
  }
  await refuses(json([w]).subarray(0, -5), "damaged", /model\.json/);
  await assert.rejects(readWeights(json([w])), /were not given/);
});
