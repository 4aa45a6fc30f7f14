// What TypeScript must accept, and what it must not.
import {
  Adam,
  Device,
  f32,
  matmul,
  mean,
  mul,
  type Parameter,
  ParameterSet,
  Program,
  relu,
  sub,
} from "@reid/webgpu";
import * as engine from "@reid/webgpu/engine";
import { type RankingProblem, rerank } from "@reid/webgpu/eval";
import { shaderText, unary } from "@reid/webgpu/kernels";
import { hardTripletLoss } from "@reid/webgpu/losses";
import { decodeSafetensors, Linear } from "@reid/webgpu/model";

const device: engine.Device = await Device.open({ storage: "auto" });
export const gpu: GPUDevice = device.gpu;
const set = new ParameterSet(device);
const w: Parameter = set.add("w", [2, 1], [0.5, 1]);
const adam = new Adam(set);
const inputs = { x: f32([4, 2]), y: f32([4, 1]) };
const step = await Program.record(device, inputs, ({ x, y }) => {
  const error = sub(matmul(relu(x), w), y);
  const loss = mean(mul(error, error));
  adam.minimize(loss);
  return { loss };
});
const { loss } = await step.run({
  x: [1, 2, 3, 4, 5, 6, 7, 8],
  y: [1, 2, 3, 4],
});
export const first: number | undefined = loss[0];
export const text: string = shaderText(unary("relu", [2, 2]), ["buffer", "buffer"]);
export const rows = (problem: RankingProblem): AsyncIterable<Float32Array> => rerank(device, problem);
export const parts = [hardTripletLoss, decodeSafetensors, Linear];

// @ts-expect-error: no program has this output.
export const missing = (await step.run({ x: [], y: [] })).missing;
// @ts-expect-error: a shape is numbers.
f32(["4"]);
