/** What files of published weights may look like, and what is said about those that are something else. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { FAMILIES } from "../../../model/pretrained/families.ts";
import { readPretrained } from "../../../model/pretrained/pretrained.ts";
import { sortTensors } from "../../../model/pretrained/tensor_names.ts";
import type { SafetensorsTensor } from "../../../model/safetensors.ts";
import { decodeSafetensors } from "../../../model/safetensors.ts";
import { networkLayers } from "../../../model/network_layers.ts";
import { weightShape } from "../../../model/pretrained/weight_axes.ts";
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

Deno.test("fast-reid's names are read; torchreid's is refused as another network", () => {
  const plain = read(tensorsOf("torchvision"));
  const fastReid = renamed("fast-reid", (name) => name.startsWith("heads") ? name : `backbone.${name}`);
  fastReid.set("heads.bottleneck.0.weight", f32([1280])).set("pixel_mean", f32([1, 3, 1, 1]));
  const { family, convention, exported, prefixes, values } = read(fastReid);
  assert.deepEqual([family, convention, exported, prefixes], ["fast-reid", "torchvision", false, [
    "backbone.",
  ]]);
  assert.deepEqual(values, plain.values);

  const torchreid: Tensors = new Map();
  const layers = networkLayers(1);
  const torchreidFamily = FAMILIES.find(({ key }) => key === "torchreid")!;
  for (const layer of layers) {
    const { weight, ...norm } = torchreidFamily.names(layer);
    torchreid.set(weight, f32(weightShape(layer, "OIHW")));
    for (const name of Object.values(norm)) torchreid.set(name, f32([layer.to]));
  }
  assert.ok(torchreid.has("conv3.1.dwconv2.bn.running_var") && torchreid.has("conv9.conv.weight"));
  torchreid.set("conv2.0.conv1.conv.weight", f32([32, 32, 1, 1])).set("classifier.weight", f32([5, 1280]));
  assertRefused(torchreid, ["torchreid's names, and it is another network", "conv2.0.conv1"]);
});

Deno.test("Keras' names may have a path in front and :0 behind", () => {
  const plain = read(tensorsOf("keras"));
  const spelled = new Map([...tensorsOf("keras")].map(([name, tensor]) => {
    const layer = name.split("/")[0];
    return [`mobilenetv2_0.35_224/${layer}/${name}:0`, tensor];
  }));
  assert.deepEqual(read(spelled).values, plain.values);
  const twice = tensorsOf("keras").set("Conv1/kernel:0", tensorsOf("keras").get("Conv1/kernel")!);
  assertRefused(twice, ["a tensor twice, as Conv1/kernel and as Conv1/kernel:0"]);
});

const sorted = (publisher: Publisher, tensors: Tensors) =>
  sortTensors(tensors, FAMILIES.find(({ key }) => key === publisher)!);

/** A network's tensors under other names. */
const renamed = (publisher: Publisher, rename: (name: string, i: number) => string): Tensors =>
  new Map([...tensorsOf(publisher)].map(([name, tensor], i) => [rename(name, i), tensor]));

Deno.test("names of modules around a network, and numbers that Keras adds, are passed over", () => {
  const numbered = (name: string) => name.replace("/", "_1/");
  const cases: [Publisher, (name: string, i: number) => string, prefixes: string[]][] = [
    ["torchvision", (name) => name, []],
    ...["module.", "model.", "backbone.", "base.", "encoder.", "state_dict.", "module.model.backbone.", "0."]
      .flatMap((prefix) =>
        (["torchvision", "timm"] as const).map((
          publisher,
        ): [Publisher, (name: string) => string, string[]] => [publisher, (name) => prefix + name, [prefix]])
      ),
    ["timm", (name, i) => i % 3 === 0 ? `module.${name}` : i % 3 === 1 ? `module.base.${name}` : name, [
      "module.",
      "module.base.",
    ]],
    ["torchvision", (name) => `state_dict/model.${name}`, ["state_dict/model."]],
    ["keras", (name) => `mobilenetv2_1.00_224/${name}:0`, ["mobilenetv2_1.00_224/"]],
    ["keras", (name) => `model_2/mobilenetv2_1.00_224/${name.split("/")[0]}/${name}`, [
      "model_2/mobilenetv2_1.00_224/",
    ]],
    ["keras", (name) => `${numbered(name)}:0`, []],
    ["keras", (name) => `net/${numbered(name).split("/")[0]}/${numbered(name)}:0`, ["net/"]],
    ["keras", (name) => `module.${name}`, ["module."]],
    ["keras", (name) => name.replace("depthwise_kernel", "kernel"), []], // Keras 3
  ];
  for (const [publisher, rename, expected] of cases) {
    const { backbone, prefixes, unknown } = sorted(publisher, renamed(publisher, rename));
    assert.deepEqual(backbone, sorted(publisher, tensorsOf(publisher)).backbone, rename("Conv1/kernel", 0));
    assert.deepEqual([[...prefixes].sort(), unknown], [expected, []], rename("Conv1/kernel", 0));
  }
  const { family, prefixes } = read(renamed("timm", (name) => `module.model.${name}`));
  assert.deepEqual([family, prefixes], ["timm", ["module.model."]]);
});

Deno.test("two networks in a file, and tensors that only end like the backbone's, are refused", () => {
  const both = new Map([
    ...renamed("timm", (name) => `ema.${name}`),
    ...renamed("timm", (name) => `net.${name}`),
  ]);
  assertRefused(both, [/a tensor twice, as ema\.(\S+) and as net\.\1:/]);
  const within = tensorsOf("timm").set("blocks.9.0.bn1.weight", f32([16]));
  assertRefused(within, ["has blocks.9.0.bn1.weight, which are not part of MobileNetV2"]);
  const copy = new Map([...renamed("timm", (name) => `ema.${name}`), ...tensorsOf("timm")]);
  assertRefused(copy, [/has ema\.\S+, .* and \d+ more, which are not part/]);
});

Deno.test("heads by any usual name are left out, whatever their shape; other tensors are refused", () => {
  const heads: [Publisher, string[]][] = [
    ["torchvision", [
      ...[
        "classifier.1.weight",
        "classifier.weight",
        "fc.weight",
        "fc.0.bias",
        "head.weight",
        "head.fc.weight",
      ],
      ...["heads.bottleneck.0.running_mean", "bottleneck.weight", "bnneck.bias", "id_classifier.weight"],
      ...[
        "classifier0.weight",
        "last_linear.weight",
        "projector.2.weight",
        "module.logits.weight",
        "linear.bias",
      ],
      ...[
        "embedding.weight",
        "neck.running_var",
        "centers",
        "center_criterion.centers",
        "bn_neck.num_batches_tracked",
      ],
    ]],
    ["timm", ["classifier.bias", "head.fc.weight", "model.head.norm.weight", "fc1.weight", "n_averaged"]],
    ["keras", [
      ...[
        "predictions/kernel",
        "Logits/bias:0",
        "dense_1/kernel",
        "dense/bias:0",
        "net/dense_2/dense_2/kernel:0",
      ],
      ...["head/kernel", "fc1000/kernel", "batch_normalization_3/moving_mean", "classifier/kernel"],
    ]],
  ];
  for (const [publisher, names] of heads) {
    for (const [i, name] of names.entries()) {
      const shape = [[5], [1280, 5], [5, 1280, 1, 1], []][i % 4]!;
      const { ignored, backbone, unknown } = sorted(publisher, tensorsOf(publisher).set(name, f32(shape)));
      assert.deepEqual([backbone.size, unknown], [52 * 5, []], name);
      assert.ok(ignored.includes(name), name);
    }
  }
  const others: [Publisher, string][] = [
    ["torchvision", "features.18.2.weight"],
    ["torchvision", "features.19.fc.weight"],
    ["torchvision", "attention.query.weight"],
    ["timm", "conv_head.bias"],
    ["timm", "blocks.6.0.head.weight"],
    ["keras", "Conv_1/bias"],
    ["keras", "block_17_expand/kernel"],
  ];
  for (const [publisher, name] of others) {
    assertRefused(tensorsOf(publisher).set(name, f32([5])), [`has ${name}, which`]);
  }
});

Deno.test("Keras' own MobileNetV2 1.0 is read with the head of dense layers that somebody gave it", async () => {
  const path = await Deno.makeTempFile();
  try {
    const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--frozen", "--allow-read", `--allow-write=${path}`],
        ...["--config", here("nsfwjs/deno.json"), here("nsfwjs_weights.ts"), path],
      ],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const { family, convention, width, ignored, prefixes, values } = readPretrained(
      decodeSafetensors(await Deno.readFile(path)),
    );
    assert.deepEqual([family, convention, width, prefixes], ["keras", "keras", 1, []]);
    const dense = [1, 2, 3].flatMap((n) => [`dense_${n}/bias`, `dense_${n}/kernel`]);
    assert.deepEqual([...ignored].sort(), dense);
    const variances = [...values].filter(([name]) => name.endsWith("running_variance"));
    assert.equal(variances.flatMap(([, data]) => [...data]).filter((value) => value === 0).length, 22);
  } finally {
    await Deno.remove(path);
  }
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
  assertRefused(missing, [/lacks features\.17\.conv\.0\.0\.weight, .* and 12 more/]);
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
