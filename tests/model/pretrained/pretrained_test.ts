/** What files of published weights may look like, and what is said about those that are something else. */
import assert from "node:assert/strict";
import { readPretrained } from "../../../model/pretrained/pretrained.ts";
import type { SafetensorsTensor } from "../../../model/safetensors.ts";
import { publish, type Publisher } from "./published_network.ts";

type Tensors = Map<string, SafetensorsTensor>;

const files = new Map<string, Tensors>();

/** A new map of a published network's tensors. */
function tensorsOf(publisher: Publisher, width = 0.35): Tensors {
  const key = `${publisher} ${width}`;
  if (!files.has(key)) files.set(key, publish(publisher, width, 3).tensors);
  return new Map(files.get(key)!);
}

const read = (tensors: Tensors, width?: number) => readPretrained({ tensors, metadata: {} }, width);
const f32 = (shape: number[], fill = 0.5): SafetensorsTensor => ({
  dtype: "F32",
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(fill),
});

/** Reading must fail with one paragraph that says all of `parts`. */
function assertRefused(tensors: Tensors, parts: readonly (string | RegExp)[], width?: number): void {
  assert.throws(() => read(tensors, width), (error: Error) => {
    assert.equal(error.name, "PretrainedError");
    assert.ok(!error.message.includes("\n") && error.message.length < 600, error.message);
    for (const part of parts) {
      assert.ok(
        typeof part === "string" ? error.message.includes(part) : part.test(error.message),
        error.message,
      );
    }
    return true;
  });
}

Deno.test("one random network is read as the same values from all three namings, classifiers and counters left out", () => {
  const [torchvision, timm, keras] = (["torchvision", "timm", "keras"] as const).map((p) =>
    read(tensorsOf(p))
  );
  for (const { values } of [timm, keras]) assert.deepEqual(values, torchvision.values);
  assert.equal(torchvision.values.size, 52 * 5);
  assert.deepEqual([torchvision, timm, keras].map(({ ignored }) => ignored.length), [54, 54, 2]);
  assert.ok(timm.ignored.includes("classifier.weight") && timm.ignored.includes("bn1.num_batches_tracked"));
});

Deno.test("Keras' names may have a path in front and :0 behind", () => {
  const plain = read(tensorsOf("keras"));
  const spelled = new Map([...tensorsOf("keras")].map(([name, tensor]) => {
    const layer = name.split("/")[0];
    return [`mobilenetv2_0.35_224/${layer}/${name}:0`, tensor];
  }));
  assert.deepEqual(read(spelled).values, plain.values);
  const twice = tensorsOf("keras").set("Conv1/kernel:0", tensorsOf("keras").get("Conv1/kernel")!);
  assertRefused(twice, ["Conv1/kernel twice"]);
});

Deno.test("weights may be stored as halves or doubles", () => {
  const tensors = tensorsOf("timm");
  const { data, shape } = tensors.get("bn1.running_mean")!;
  tensors.set("bn1.running_mean", { dtype: "F64", shape, data: Float64Array.from(data as Float32Array) });
  tensors.set("bn1.weight", { dtype: "BF16", shape, data: new Uint16Array(data.length).fill(0x3fc0) });
  const { values } = read(tensors);
  assert.deepEqual(values.get("stem.running_mean"), data);
  assert.ok(values.get("stem.gamma")!.every((value) => value === 1.5));
});

Deno.test("a width multiplier between the published ones is found", () => {
  const { width, values } = read(tensorsOf("torchvision", 0.85));
  assert.equal(values.get("last.gamma")!.length, 1280);
  assert.ok(Math.abs(width - 0.85) < 0.03, `${width}`); // Neighbors may have the same channels.
});

Deno.test("a file of another width than asked for is refused, of the width asked for not", () => {
  assertRefused(tensorsOf("keras"), ["width 0.35, and width 1 was asked for", "Leave the width out"], 1);
  assert.equal(read(tensorsOf("keras"), 0.35).width, 0.35);
});

Deno.test("a ResNet's names are no MobileNetV2's", () => {
  const resnet: Tensors = new Map([["conv1.weight", f32([64, 3, 7, 7])], ["fc.weight", f32([10, 64])]]);
  for (const name of ["weight", "bias", "running_mean", "running_var"]) {
    resnet.set(`bn1.${name}`, f32([64]));
    for (let i = 0; i < 4; i++) resnet.set(`layer1.0.bn${i}.${name}`, f32([64]));
  }
  assertRefused(resnet, [
    "not a MobileNetV2",
    "conv1.weight",
    "features.0.0.weight (torchvision)",
    "Conv1/kernel (keras)",
  ]);
  assertRefused(new Map(), ["not a MobileNetV2"]);
});

Deno.test("missing and extra tensors are listed, the first ones by name", () => {
  const missing = tensorsOf("torchvision");
  for (const name of [...missing.keys()]) if (name.startsWith("features.17.")) missing.delete(name);
  assertRefused(missing, [/lacks features\.17\.conv\.0\.0\.weight, .* and 11 more/]);
  const extra = tensorsOf("timm").set("blocks.0.0.se.conv_reduce.weight", f32([8, 16, 1, 1]));
  assertRefused(extra, ["has blocks.0.0.se.conv_reduce.weight, which are not part of MobileNetV2."]);
});

Deno.test("shapes that no width has are told with those that were expected", () => {
  assertRefused(tensorsOf("torchvision").set("features.2.conv.1.0.weight", f32([48, 1, 5, 5])), [
    "nearest is 0.35",
    "features.2.conv.1.0.weight [48,1,5,5] instead of [48,1,3,3]",
  ]);
  assertRefused(tensorsOf("keras").set("bn_Conv1/gamma", f32([24])), ["bn_Conv1/gamma [24] instead of [16]"]);
});

Deno.test("values that a trained network cannot have are refused", () => {
  assertRefused(tensorsOf("timm").set("bn1.running_var", f32([16], -1)), [
    "bn1.running_var has a variance below 0",
  ]);
  assertRefused(tensorsOf("timm").set("bn1.bias", f32([16], NaN)), ["bn1.bias", "non-finite"]);
  const counts: SafetensorsTensor = { dtype: "I32", shape: [16], data: new Int32Array(16) };
  assertRefused(tensorsOf("timm").set("bn1.bias", counts), ["bn1.bias cannot be used", "I32"]);
});
