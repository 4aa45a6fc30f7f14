/** Runs a triplet loss on given embeddings, and the f64 reference beside it. */
import assert from "node:assert/strict";
import {
  backward,
  Device,
  f32,
  Program,
  type Tensor,
  type TripletResult,
  u32,
  type Uint32Tensor,
} from "../../engine/mod.ts";
import { TRIPLET_METRICS } from "../../kernels/mod.ts";
import { gradients, leaf, type RefTensor } from "../reference/tape.ts";

/** What one run of a triplet loss gave. */
export interface LossRun {
  loss: number;
  metrics: Record<typeof TRIPLET_METRICS[number], number>;
  /** d loss / d embeddings, row-major. */
  gradient: number[];
}

/** Records and runs a loss of embeddings of any shape [.., D] and labels. */
export async function runLoss(
  device: Device,
  shape: readonly number[],
  values: ArrayLike<number>,
  labels: readonly number[],
  loss: (embeddings: Tensor, labels: Uint32Tensor) => TripletResult,
): Promise<LossRun> {
  const inputs = { x: f32(shape, { differentiable: true }), y: u32([Math.max(1, labels.length)]) };
  const program = await Program.record(device, inputs, ({ x, y }) => {
    const result = loss(x, y);
    const gradient = backward(result.loss).of(x)!;
    return { loss: result.loss, metrics: result.metrics, gradient };
  });
  try {
    const out = await program.run({ x: values, y: labels.length === 0 ? [0] : labels });
    const metrics = Object.fromEntries(TRIPLET_METRICS.map((name, i) => [name, out.metrics[i]]));
    return { loss: out.loss[0], metrics: metrics as LossRun["metrics"], gradient: [...out.gradient] };
  } finally {
    program.destroy();
  }
}

/** The same loss and gradient in f64. */
export function runReference(
  shape: readonly number[],
  values: ArrayLike<number>,
  loss: (embeddings: RefTensor) => RefTensor,
): { loss: number; gradient: number[] } {
  const x = leaf(shape, Float32Array.from(values));
  const result = loss(x);
  return { loss: result.data[0], gradient: [...gradients(result, [x])[0]] };
}

/** Fails unless |actual - expected| <= tolerance · the largest of the expected (element by element). */
export function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]));
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    assert.ok(error <= tolerance * largest, `element ${i} is ${actual[i]} where ${expected[i]} is expected`);
  }
}

/** Opens a device of each storage kind for a file's tests, and defines those on both. */
export function onBothStorages(define: (test: DeviceTest) => void): void {
  const devices = new Map<string, Device>();
  Deno.test.beforeAll(async () => {
    for (const storage of ["buffer", "texture"] as const) {
      devices.set(storage, await Device.open({ storage }));
    }
  });
  Deno.test.afterAll(() => {
    for (const device of devices.values()) device.destroy();
  });
  define((name, body) => {
    for (const storage of ["buffer", "texture"]) {
      Deno.test(`${name}, in ${storage}s`, async () => await body(devices.get(storage)!));
    }
  });
}

/** Defines a test for each storage kind. */
export type DeviceTest = (name: string, body: (device: Device) => Promise<void>) => void;
