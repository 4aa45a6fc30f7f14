/** Published weights give here the features that they give where they were published: held against ONNX Runtime. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  Device,
  normalizedImages,
  packTransforms,
  Program,
  Random,
  u32,
  UNMOVED,
} from "../../../engine/mod.ts";
import { imageUint32 } from "../../../kernels/mod.ts";
import { COLOR_STATISTICS, CONVENTIONS } from "../../../model/conventions.ts";
import { FoldedWeights } from "../../../model/folded_weights.ts";
import { readPretrained } from "../../../model/pretrained/pretrained.ts";
import type { ModelSpec } from "../../../model/model_spec.ts";
import { ReidModel } from "../../../model/reid_model.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../model/safetensors.ts";
import { loadBackbone } from "../../../train/transfer.ts";
import { relativeDifference } from "../../reference/relative_difference.ts";
import { CASES, noise, SEED, SIZE } from "./agreement_cases.ts";
import { publish } from "./published_network.ts";

/** Features of all cases, by ONNX Runtime in a separate process: its packages are none of this program's. */
async function featuresOfOnnx(): Promise<Float32Array[]> {
  const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--allow-read", "--allow-env", "--allow-ffi"],
      ...["--config", path("onnx/deno.json"), path("onnx_features.ts")],
    ],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.ok(success, text(stderr));
  return JSON.parse(text(stdout)).map((features: number[]) => Float32Array.from(features));
}

let expectedOf: Float32Array[];
Deno.test.beforeAll(async () => {
  expectedOf = await featuresOfOnnx();
});

async function ourFeatures(device: Device, model: ReidModel, bytes: Uint8Array) {
  const mode = await FoldedWeights.of(model.parameters); // As embeddings are made.
  const words = imageUint32(SIZE.height, SIZE.width);
  const program = await Program.record(
    device,
    { pixels: u32([1, words]), transforms: u32([1, 4]) },
    ({ pixels, transforms }) => {
      const color = COLOR_STATISTICS[model.spec.color];
      return { features: model.features(normalizedImages(pixels, transforms, SIZE, color), mode) };
    },
  );
  const padded = new Uint8Array(4 * words);
  padded.set(bytes);
  const { features } = await program.run({
    pixels: new Uint32Array(padded.buffer),
    transforms: packTransforms([UNMOVED]),
  });
  program.destroy();
  return features;
}

for (const [i, [publisher, width]] of CASES.entries()) {
  Deno.test(`features are those of ONNX Runtime to 1e-4 with weights as ${publisher} names them, width ${width}`, async () => {
    const { tensors } = publish(publisher, width, SEED);
    const expected = expectedOf[i];
    const spread = expected.filter((value) => value > 0.01 && value < 5.9).length / expected.length;
    assert.ok(spread > 0.5, `only ${spread} of the features say anything`);

    const { family, convention, width: found, values } = readPretrained(
      decodeSafetensors(encodeSafetensors(tensors)),
    );
    assert.deepEqual([family, found], [publisher, width]);
    const spec: ModelSpec = {
      ...CONVENTIONS[convention],
      momentum: 0.9,
      width,
      imageHeight: SIZE.height,
      imageWidth: SIZE.width,
      embeddingSize: 0,
      neck: "none",
      testFeature: "after",
      normalize: false,
      identities: 0,
    };
    const device = await Device.open({ kernels: "gpu" }); // On software adapters these compile fastest.
    try {
      // As a run begins: what residual blocks begin with is overwritten too.
      const model = new ReidModel(device, spec, new Random(1), { silentResiduals: true });
      loadBackbone(model, values);
      const actual = await ourFeatures(device, model, noise());
      assert.equal(actual.length, expected.length);
      const largest = relativeDifference(actual, expected);
      assert.ok(largest <= 1e-4, `largest relative difference ${largest}`);
      model.parameters.destroy();
    } finally {
      device.destroy();
    }
  });
}
