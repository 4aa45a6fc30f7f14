/**
 * Runs exported files in ONNX Runtime and checks them; a separate program, with packages that only tests load. Its
 * argument is a JSON file with a list of `OnnxCase`; it leaves the embeddings of each where the case says, and prints a
 * list of `OnnxResult` as JSON.
 */
import type { OnnxCase, OnnxResult } from "./onnx_case.ts";

// Names in variables: the type checker would otherwise ask for the packages.
const ONNXRUNTIME = "onnxruntime-node", ONNX_PROTO = "onnx-proto";
const ort = (await import(ONNXRUNTIME)).default;
const { onnx } = (await import(ONNX_PROTO)).default;

/** What {@link faults} reads of an `onnx.ModelProto`. */
interface Model {
  readonly graph: {
    readonly node: readonly { name: string; input: string[]; output: string[] }[];
    readonly initializer: readonly { name: string; dims: number[]; rawData: Uint8Array; dataType: number }[];
    readonly input: readonly { name: string }[];
    readonly output: readonly { name: string }[];
    readonly valueInfo: readonly { name: string }[];
  };
  readonly metadataProps: readonly { key: string; value: string }[];
  readonly opsetImport: readonly { version: number }[];
  readonly irVersion: number;
  readonly producerName: string;
  readonly producerVersion: string;
}

/** What onnx.checker looks for, by the schema that ONNX publishes. */
function faults(model: Model): string[] {
  const found: string[] = [];
  const { node, initializer, input, output, valueInfo } = model.graph;
  const known = new Set<string>();
  const define = (name: string) => {
    if (name === "" || known.has(name)) {
      found.push(`${name || "a nameless tensor"} is defined twice or not named`);
    }
    known.add(name);
  };
  for (const { name } of [...input, ...initializer]) define(name);
  const used = new Set<string>(output.map(({ name }) => name));
  for (const { name, input, output } of node) {
    for (const tensor of input) {
      if (!known.has(tensor)) found.push(`${name} takes ${tensor}, which is not defined before it`);
      used.add(tensor);
    }
    output.forEach(define);
  }
  found.push(...[...known].filter((name) => !used.has(name)).map((name) => `${name} is not used`));
  found.push(...[...used].filter((name) => !known.has(name)).map((name) => `${name} is nowhere defined`));
  const typed = new Set([...valueInfo, ...output].map(({ name }) => name));
  for (const name of node.flatMap(({ output }) => output)) {
    if (!typed.has(name)) found.push(`${name} has no shape`);
  }
  for (const { name, dims, rawData, dataType } of initializer) {
    const bytes = dims.reduce((product, size) => product * Number(size), dataType === 7 ? 8 : 4);
    if (bytes !== rawData.length) found.push(`${name} [${dims}] has ${rawData.length} bytes`);
  }
  return found;
}

/** Bytes as a program scales them that knows of the network only what the file's metadata says. */
function scaled(bytes: Uint8Array, metadata: Record<string, string>): Float32Array {
  const [mean, std] = [JSON.parse(metadata.mean), JSON.parse(metadata.std)];
  const plane = Number(metadata.image_height) * Number(metadata.image_width);
  return Float32Array.from(bytes, (_, i) => {
    const [image, rest] = [Math.floor(i / (3 * plane)), i % (3 * plane)];
    const [c, place] = [Math.floor(rest / plane), rest % plane];
    return (bytes[3 * (image * plane + place) + c] / 255 - mean[c]) / std[c];
  });
}

const results: OnnxResult[] = [];
for (const one of JSON.parse(await Deno.readTextFile(Deno.args[0])) as OnnxCase[]) {
  const file = await Deno.readFile(one.model);
  const model: Model = onnx.ModelProto.decode(file);
  const metadata = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
  const session = await ort.InferenceSession.create(file, {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const [{ type, shape }] = session.inputMetadata;
  const size = shape.slice(1).reduce((a: number, b: number) => a * b, 1);
  const images = await Deno.readFile(one.images);
  const embeddings: number[] = [];
  let start = 0;
  for (const count of one.batches) {
    const bytes = images.subarray(start, start += count * size);
    const data = type === "uint8" ? bytes : scaled(bytes, metadata);
    const run = await session.run({ images: new ort.Tensor(type, data, [count, ...shape.slice(1)]) });
    for (const value of run.embeddings.data) embeddings.push(value);
  }
  await Deno.writeFile(one.embeddings, new Uint8Array(Float32Array.from(embeddings).buffer));
  const [output] = session.outputMetadata;
  results.push({
    faults: faults(model),
    irVersion: Number(model.irVersion),
    opset: Number(model.opsetImport[0].version),
    producer: `${model.producerName} ${model.producerVersion}`,
    metadata,
    input: { type, shape },
    output: { type: output.type, shape: output.shape },
  });
  await session.release();
}
console.log(JSON.stringify(results));
