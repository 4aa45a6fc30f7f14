/** ONNX Runtime: its WebGPU build for browsers, or its native one for Node. Forward passes only. */
import { images, network, SIZE, type Task } from "./scenario.ts";
import { toNchw } from "./layouts.ts";
import { encodeOnnx } from "./onnx_model.ts";
import type { Backend, Session } from "./peer.ts";

// Names in variables, because the type checker would require the packages, which only this bench installs.
const WEB = "onnxruntime-web/webgpu";
const WASM = "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm";
const NATIVE = "onnxruntime-node";

/** Builds the ONNX file and loads it. */
export async function open(
  { batch }: Task,
  { backend, threads }: { backend: Backend; threads: number },
): Promise<Session> {
  const ort = backend === "native" ? (await import(NATIVE)).default : await loadWeb();
  const { blocks, weights } = network();
  const model = await encodeOnnx(blocks, weights, { ...SIZE, batch });
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [backend === "native" ? "cpu" : "webgpu"],
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  const pixels = toNchw(images(batch), SIZE.height * SIZE.imageWidth, 3);
  return {
    run: async () => {
      const input = new ort.Tensor("float32", pixels, [batch, 3, SIZE.height, SIZE.imageWidth]);
      return (await session.run({ images: input })).embeddings.data;
    },
  };
}

async function loadWeb() {
  const ort = await import(WEB);
  const wasm = import.meta.resolve(WASM);
  ort.env.wasm.wasmPaths = wasm.slice(0, wasm.lastIndexOf("/") + 1);
  ort.env.wasm.numThreads = 1; // The adapter does the work, and Deno does not load the blob URLs that more threads need.
  return ort;
}
