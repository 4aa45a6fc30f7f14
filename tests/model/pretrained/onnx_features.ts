/**
 * Runs every case of agreement_cases.ts in ONNX Runtime and prints the features, [cases, features], as JSON. A program of
 * its own, with the packages of onnx/deno.json: they are large, and whoever trains should not have to load them.
 */
import { CASES, noise, SEED, SIZE } from "./agreement_cases.ts";
import { publish, type Publisher } from "./published_network.ts";

// A name in a variable: the type checker would otherwise ask for the package.
const ONNXRUNTIME = "onnxruntime-node";

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

const ort = (await import(ONNXRUNTIME)).default;
const results: number[][] = [];
for (const [publisher, width] of CASES) {
  const onnx = await publish(publisher, width, SEED).encodeOnnx(SIZE);
  const session = await ort.InferenceSession.create(onnx, {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const images = new ort.Tensor("float32", preprocessed(noise(), publisher), [1, 3, SIZE.height, SIZE.width]);
  const { features } = await session.run({ images });
  results.push([...features.data]);
  await session.release();
}
console.log(JSON.stringify(results));
