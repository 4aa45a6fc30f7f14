/** Published weights give here the features that they give where they were published: held against ONNX Runtime. */
import assert from "node:assert/strict";
import ort from "onnxruntime-node";
import {
  Device,
  normalisedImages,
  packTransforms,
  Program,
  Random,
  u32,
  UNMOVED,
} from "../../../engine/mod.ts";
import { imageWords } from "../../../kernels/mod.ts";
import { COLOUR_STATISTICS, CONVENTIONS } from "../../../model/conventions.ts";
import { FoldedWeights } from "../../../model/folded_weights.ts";
import { readPretrained } from "../../../model/pretrained/pretrained.ts";
import { type ModelSpec, ReidModel } from "../../../model/reid_model.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../model/safetensors.ts";
import { loadBackbone } from "../../../train/transfer.ts";
import { seededRandom } from "../../reference/seeded_random.ts";
import { publish, type Publisher } from "./published_network.ts";

/** Strided convolutions see even and odd sizes: 52, 26, 13, 7 and 4 rows, 36, 18, 9, 5 and 3 columns. */
const SIZE = { height: 52, width: 36 };

const CASES: readonly (readonly [Publisher, number])[] = [
  ["torchvision", 0.35],
  ["torchvision", 0.5],
  ["torchvision", 1],
  ["torchvision", 1.4],
  ["timm", 0.5],
  ["keras", 0.5],
];

/** Bytes of one image, row by row, red first. */
function noise(seed: number): Uint8Array<ArrayBuffer> {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: SIZE.height * SIZE.width * 3 }, () => Math.floor(256 * random.uniform()));
}

/** What the publisher's documentation has done to images: one plane each for red, green and blue. */
function preprocessed(bytes: Uint8Array, publisher: Publisher): Float32Array {
  const [mean, deviation] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]];
  const plane = SIZE.height * SIZE.width;
  return Float32Array.from({ length: 3 * plane }, (_, i) => {
    const [c, place] = [Math.floor(i / plane), i % plane];
    const byte = bytes[3 * place + c];
    return publisher === "keras" ? byte / 127.5 - 1 : (byte / 255 - mean[c]) / deviation[c];
  });
}

async function featuresOfOnnx(onnx: Uint8Array, images: Float32Array): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(onnx, {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const input = new ort.Tensor("float32", images, [1, 3, SIZE.height, SIZE.width]);
  const { features } = await session.run({ images: input });
  await session.release();
  return features.data as Float32Array;
}

async function ourFeatures(device: Device, model: ReidModel, bytes: Uint8Array) {
  const mode = await FoldedWeights.of(model.parameters); // As embeddings are made.
  const words = imageWords(SIZE.height, SIZE.width);
  const program = await Program.record(
    device,
    { pixels: u32([1, words]), transforms: u32([1, 4]) },
    ({ pixels, transforms }) => {
      const colour = COLOUR_STATISTICS[model.spec.colour];
      return { features: model.features(normalisedImages(pixels, transforms, SIZE, colour), mode) };
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

/** Largest difference, relative to a feature's size; to the features' root mean square for those that are smaller. */
function difference(actual: Float32Array, expected: Float32Array): number {
  const size = Math.sqrt(expected.reduce((sum, value) => sum + value * value, 0) / expected.length);
  return Math.max(
    ...actual.map((value, i) => Math.abs(value - expected[i]) / Math.max(size, Math.abs(expected[i]))),
  );
}

for (const [publisher, width] of CASES) {
  Deno.test(`features are those of ONNX Runtime to 1e-4 with weights as ${publisher} names them, width ${width}`, async () => {
    const { tensors, onnx } = publish(publisher, width, SIZE, 11);
    const bytes = noise(5);
    const expected = await featuresOfOnnx(onnx, preprocessed(bytes, publisher));
    const spread = expected.filter((value) => value > 0.01 && value < 5.9).length / expected.length;
    assert.ok(spread > 0.5, `only ${spread} of the features say anything`);

    const { family, width: found, values } = readPretrained(decodeSafetensors(encodeSafetensors(tensors)));
    assert.deepEqual([family, found], [publisher, width]);
    const spec: ModelSpec = {
      ...CONVENTIONS[family],
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
      const actual = await ourFeatures(device, model, bytes);
      assert.equal(actual.length, expected.length);
      const largest = difference(actual, expected);
      assert.ok(largest <= 1e-4, `largest relative difference ${largest}`);
      model.parameters.destroy();
    } finally {
      device.destroy();
    }
  });
}
