/** Exported ONNX files give the embeddings that this program gives: held against ONNX Runtime on JPEG images. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readDataset } from "../../data/read_dataset.ts";
import { PixelStore } from "../../data/pixels.ts";
import { writeSyntheticPeople } from "../../data/synthetic/write.ts";
import { Device } from "../../engine/mod.ts";
import { FORMATS } from "../../export/formats.ts";
import { NEWEST_OPSET, OLDEST_OPSET } from "../../export/onnx/graph.ts";
import type { OnnxOptions } from "../../export/onnx/network.ts";
import { CONVENTIONS } from "../../model/conventions.ts";
import { Embedder } from "../../model/embedder.ts";
import type { ModelSpec } from "../../model/model_spec.ts";
import { buildTrainedModel, modelIdentity, type TrainedModel } from "../../model/trained_model.ts";
import { toUnitLength } from "../../model/unit_length.ts";
import { relativeDifference } from "../reference/relative_difference.ts";
import { TINY_OPTIONS } from "../train/tiny_run.ts";
import { drawModel, smallSpec } from "./drawn_model.ts";
import type { OnnxCase, OnnxResult } from "./onnx_case.ts";

const DEFAULTS: OnnxOptions = { preprocess: true, normalize: true, opset: NEWEST_OPSET };
const { own, torchvision, keras } = CONVENTIONS;

interface Case {
  readonly name: string;
  readonly spec: ModelSpec;
  readonly options: OnnxOptions;
  readonly batches: readonly number[];
}

/** Widths that are used, on 64 images in one batch and others alone. */
const LARGE: Case[] = [
  ["0.5, SAME, neck", { ...own, width: 0.5 }, {}],
  ["0.5, symmetric, projection", { ...torchvision, width: 0.5, embeddingSize: 64, neck: "none" }, {
    preprocess: false,
  }],
  ["1, SAME, projection and BNNeck", { ...own, width: 1, embeddingSize: 128, neck: "bnneck" }, { opset: 21 }],
  ["1, symmetric", { ...torchvision, width: 1, neck: "none" }, {}],
].map(([name, spec, options]) => ({
  name: `width ${name}`,
  spec: smallSpec({ imageHeight: 64, imageWidth: 32, ...spec as Partial<ModelSpec> }),
  options: { ...DEFAULTS, ...options as Partial<OnnxOptions> },
  batches: [64, 1, 1],
}));

/** Every way to make an embedding of features, at odd sizes. */
const HEADS: Case[] = [own, torchvision].flatMap((convention, i) =>
  [0, 12].flatMap((embeddingSize, j) =>
    (["none", "embedding", "bnneck"] as const).flatMap((neck) => {
      const sides = neck === "none" ? ["after"] as const : ["before", "after"] as const;
      return sides.map((testFeature) => ({
        name: `${convention.padding} padding, projection to ${embeddingSize}, neck ${neck}, ${testFeature}`,
        spec: smallSpec({ ...convention, embeddingSize, neck, testFeature }),
        options: { ...DEFAULTS, preprocess: i === j },
        batches: [5, 1],
      }));
    })
  )
);

const OPTIONS: Case[] = [
  { name: "Keras' colors", spec: smallSpec(keras), options: DEFAULTS },
  { name: "the oldest opset", spec: smallSpec(), options: { ...DEFAULTS, opset: OLDEST_OPSET } },
  { name: "length left out", spec: smallSpec(), options: { ...DEFAULTS, normalize: false } },
  { name: "a network without length", spec: smallSpec({ normalize: false }), options: DEFAULTS },
].map((one) => ({ ...one, batches: [5, 1] }));

/** Runs all cases by ONNX Runtime in one process of its own. */
async function runOnnx(cases: readonly OnnxCase[], folder: string): Promise<OnnxResult[]> {
  const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  await Deno.writeTextFile(`${folder}/cases.json`, JSON.stringify(cases));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write", "--allow-env", "--allow-ffi"],
      ...[
        "--config",
        path("../model/pretrained/onnx/deno.json"),
        path("onnx_process.ts"),
        `${folder}/cases.json`,
      ],
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.ok(success, text(stderr));
  assert.doesNotMatch(text(stderr), /\[[WEF]:onnxruntime/, `ONNX Runtime has warnings: ${text(stderr)}`);
  return JSON.parse(text(stdout));
}

/** The first `count` JPEG images of synthetic people, decoded and resized as for `embed`, without padding between them. */
async function decoded(folder: string, count: number, { imageHeight, imageWidth }: ModelSpec) {
  const { train, query, gallery } = await readDataset(folder);
  const images = [...train, ...query, ...gallery].slice(0, count);
  assert.equal(images.length, count);
  assert.ok(images.every(({ path }) => path.endsWith(".jpg")));
  const store = await PixelStore.open(images, { height: imageHeight, width: imageWidth, workers: 2 });
  assert.equal(store.stride, imageHeight * imageWidth * 3);
  const bytes = new Uint8Array(count * store.stride);
  await store.batch(images.map((_, i) => i), bytes);
  return bytes;
}

async function ourEmbeddings(device: Device, model: TrainedModel, bytes: Uint8Array, count: number) {
  const network = buildTrainedModel(device, model);
  const embedder = await Embedder.open(device, network, count);
  assert.equal(embedder.batch, count);
  const embeddings = await (await embedder.submit(bytes, count)).embeddings;
  embedder.destroy();
  network.parameters.destroy();
  return embeddings;
}

let people: string;
let device: Device;
Deno.test.beforeAll(async () => {
  people = await Deno.makeTempDir();
  const options = { trainIdentities: 8, testIdentities: 4, cameras: 2, distractors: 2, junk: 0 };
  await writeSyntheticPeople(`${people}/people`, options, { workers: 2 });
  device = await Device.open({ kernels: "gpu" }); // On software adapters these compile fastest.
});
Deno.test.afterAll(async () => {
  device.destroy();
  await Deno.remove(people, { recursive: true });
});

const KINDS = { "widths that are used": LARGE, "heads": HEADS, "options": OPTIONS };
for (const [kind, cases] of Object.entries(KINDS)) {
  Deno.test(`an exported ONNX file gives our embeddings in ONNX Runtime to 1e-4 relative: ${kind}`, async (t) => {
    const folder = await Deno.makeTempDir();
    try {
      await checkCases(t, cases, folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

async function checkCases(t: Deno.TestContext, cases: readonly Case[], folder: string): Promise<void> {
  const pixels = new Map<string, Uint8Array>();
  const prepared: (Case & { file: OnnxCase; model: TrainedModel; bytes: Uint8Array })[] = [];
  for (const [i, one] of cases.entries()) {
    const count = one.batches.reduce((a, b) => a + b);
    const images = `${folder}/${one.spec.imageHeight}.bin`;
    if (!pixels.has(images)) {
      pixels.set(images, await decoded(`${people}/people`, count, one.spec));
      await Deno.writeFile(images, pixels.get(images)!);
    }
    const model = drawModel(one.spec, 1 + i);
    const file: OnnxCase = {
      model: `${folder}/${i}.onnx`,
      images,
      batches: one.batches,
      embeddings: `${folder}/${i}.f32`,
    };
    await Deno.writeFile(file.model, await FORMATS.onnx.encode(model, TINY_OPTIONS, one.options));
    prepared.push({ ...one, file, model, bytes: pixels.get(images)! });
  }
  const results = await runOnnx(prepared.map(({ file }) => file), folder);

  for (const [i, { name, spec, options, batches, file, model, bytes }] of prepared.entries()) {
    await t.step(name, async () => {
      const { faults, input, output, opset, metadata, producer } = results[i];
      const size = spec.embeddingSize || 1280;
      const { imageHeight: h, imageWidth: w } = spec;
      assert.deepEqual(faults, []);
      assert.deepEqual(
        input,
        options.preprocess
          ? { type: "uint8", shape: ["batch", h, w, 3] }
          : { type: "float32", shape: ["batch", 3, h, w] },
      );
      assert.deepEqual(output, { type: "float32", shape: ["batch", size] });
      assert.equal(opset, options.opset);
      assert.equal(metadata.model_identity, await modelIdentity(model));
      assert.deepEqual(JSON.parse(metadata.training_options), TINY_OPTIONS);
      assert.equal(metadata.producer, producer);

      const count = batches.reduce((a, b) => a + b);
      const theirs = new Float32Array((await Deno.readFile(file.embeddings)).buffer);
      if (spec.normalize && !options.normalize) {
        assert.ok(Math.abs(Math.hypot(...theirs.subarray(0, size)) - 1) > 0.1, "the length is one anyway");
        toUnitLength(theirs, size);
      }
      const ours = await ourEmbeddings(device, model, bytes, count);
      let largest = 0, nearest = Infinity;
      for (let image = 0; image < count; image++) {
        const row = (of: Float32Array, i: number) => of.subarray(i * size, (i + 1) * size);
        largest = Math.max(largest, relativeDifference(row(theirs, image), row(ours, image)));
        if (image > 0) {
          nearest = Math.min(nearest, relativeDifference(row(ours, image), row(ours, image - 1)));
        }
      }
      assert.ok(largest <= 1e-4, `largest relative difference ${largest}`);
      assert.ok(nearest > 0.01, `embeddings of different images differ by no more than ${nearest}`);
    });
  }
}
