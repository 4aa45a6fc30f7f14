/** Rows of the gradient table by the kernels that they run. */
import { affine, backward, constant, Device, mul, sum, Tensor, Uint32Tensor } from "../../engine/mod.ts";
import { type Recorded, Recorder, recordWith } from "../../engine/recorder.ts";
import { Value } from "../../engine/value.ts";
import type { Dispatch, Precision } from "../../kernels/mod.ts";
import { allCases } from "./cases/all_cases.ts";
import type { GradientCase } from "./cases/gradient_case.ts";
import { engineOps } from "./engine_ops.ts";

/** The dispatches of a case, forward and backward, and what they bind; nothing is compiled. */
function dispatchesOf(device: Device, row: GradientCase, precision: Precision = "f32"): readonly Recorded[] {
  const input = (shape: readonly number[], type: "f32" | "u32", name: string) =>
    new Value(shape, type, { kind: "input", name });
  const tensors = row.inputs.map(({ shape, constant }, i) =>
    new Tensor(shape, input(shape, "f32", `input ${i}`), !constant)
  );
  const indices = row.indices.map(({ length }, i) =>
    new Uint32Tensor([length], input([length], "u32", `indices ${i}`))
  );
  const recorder = new Recorder(device, [...tensors, ...indices].map(({ value }) => value), { precision });
  const copy = (x: Tensor) => precision === "f16" ? affine(x, 1, 0) : x; // As in engine_runner.ts.
  recordWith(recorder, () => {
    const y = row.run(engineOps, tensors.map(copy), indices);
    y.value; // Writes it now if that was deferred.
    const count = y.shape.reduce((product, size) => product * size, 1);
    const gradients = backward(sum(mul(y, constant(new Float32Array(count), y.shape))));
    for (const tensor of tensors) if (tensor.requiresGradient) gradients.of(tensor)?.value;
  });
  return recorder.dispatches;
}

/** A kernel with what its accessors apply, whatever its sizes. */
function keyOf({ kernel, bindings }: Dispatch): string {
  return JSON.stringify([kernel, bindings.map(({ prologue, epilogue }) => [prologue, epilogue])]);
}

/** Cases without axes of one element and without kinks test more than others. */
const isUsual = ({ inputs, atKink }: GradientCase) =>
  !atKink && inputs.every(({ shape }) => shape.every((size) => size > 1));

/**
 * Cases until no other one has a kernel, a prologue, an epilogue or an op that is new; usual ones first.
 *
 * @param seen what is not new; these cases are added
 */
export function distinctCases(
  device: Device,
  all: readonly GradientCase[],
  seen: Set<string>,
): GradientCase[] {
  const kept: GradientCase[] = [];
  for (const row of [...all.filter(isUsual), ...all.filter((row) => !isUsual(row))]) {
    const keys = [row.op, ...dispatchesOf(device, row).map(({ dispatch }) => keyOf(dispatch))];
    if (keys.every((key) => seen.has(key))) continue;
    kept.push(row);
    for (const key of keys) seen.add(key);
  }
  return kept;
}

/** The cases that run another kernel on GPUs than on software adapters; for the others both classes record the same. */
export async function casesOfGpuKernels(): Promise<GradientCase[]> {
  using software = await Device.open({ storage: "buffer", kernels: "software" });
  using gpu = await Device.open({ storage: "buffer", kernels: "gpu" });
  const keys = (device: Device, row: GradientCase) =>
    dispatchesOf(device, row).map(({ dispatch }) => keyOf(dispatch));
  return allCases.filter((row) => {
    const known = new Set(keys(software, row));
    return keys(gpu, row).some((key) => !known.has(key));
  });
}

/** The cases in which a program of precision f16 stores more than copies of its inputs so. */
export async function casesOfHalves(): Promise<GradientCase[]> {
  using device = await Device.open();
  return allCases.filter((row) =>
    dispatchesOf(device, row, "f16").some(({ dispatch, values }) =>
      dispatch.kernel !== "affine" && values.some(({ precision }) => precision === "f16")
    )
  );
}
