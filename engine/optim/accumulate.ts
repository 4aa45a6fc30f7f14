/** Gradients that are summed over several runs before they are applied. */
import { accumulate as accumulateKernel, takeAccumulated, VEC4_BYTES } from "../../kernels/mod.ts";
import { Gradients } from "../autograd.ts";
import type { ParameterSet } from "../parameter.ts";
import { record } from "../recorder.ts";
import { asTensor, Tensor } from "../tensor.ts";
import { flatBuffer, flatRange } from "../value.ts";

/**
 * Adds gradients to the sums that {@linkcode accumulated} takes; several runs together are then one batch. A loss that is a
 * mean over a run's images is divided by the number of runs. Gradients that {@linkcode LossScale} skips are left out.
 *
 * @example Two runs of a program for each step
 * ```ts
 * import { accumulate, accumulated, affine, backward, Device, f32, mul } from "@reid/webgpu/engine";
 * import { ParameterSet, Program, Sgd, sum } from "@reid/webgpu/engine";
 * import assert from "node:assert/strict";
 *
 * const device = await Device.open();
 * const set = new ParameterSet(device);
 * const w = set.add("w", [2], [1, 1]);
 * const sgd = new Sgd(set, { rate: 0.1 });
 * const add = await Program.record(device, { x: f32([2]) }, ({ x }) => {
 *   const loss = affine(sum(mul(w, x)), 1 / 2, 0); // Its gradient is x / 2.
 *   accumulate(backward(loss));
 *   return { loss };
 * });
 * const update = await Program.record(device, {}, () => {
 *   sgd.apply(accumulated(set));
 *   return {};
 * });
 * for (const x of [[1, 2], [3, 4]]) await add.run({ x });
 * await update.run({});
 * const [first, second] = await w.read();
 * assert.ok(Math.abs(first! - 0.8) < 1e-6 && Math.abs(second! - 0.7) < 1e-6);
 * for (const owner of [add, update, set, device]) owner.destroy();
 * ```
 *
 * @throws {EngineError} when the gradients are of another program.
 */
export function accumulate(gradients: Gradients): void {
  for (const set of gradients.sets) {
    gradients.requireOf(set);
    const scaling = gradients.multiplier?.value;
    record(accumulateKernel(set.trainableBytes / VEC4_BYTES, { scaled: scaling !== undefined }), {
      gradients: flatBuffer(set, "gradients"),
      accumulated: flatBuffer(set, "accumulated"),
      ...(scaling && { scaling }),
    });
  }
}

/**
 * The sums of the gradients that were given to {@linkcode accumulate} since the last run of this, which begin at 0 again.
 *
 * @throws {EngineError} when the program has gradients of that set already.
 */
export function accumulated(set: ParameterSet): Gradients {
  record(takeAccumulated(set.trainableBytes / VEC4_BYTES), {
    accumulated: flatBuffer(set, "accumulated"),
    gradients: flatBuffer(set, "gradients"),
  });
  const trainable = set.parameters.filter((parameter) => parameter.trainable);
  const tensors = trainable.map((parameter) => {
    const { value } = flatRange(set, "gradients", [parameter]);
    return [asTensor(parameter), new Tensor(parameter.shape, value)] as const;
  });
  return new Gradients(new Map(tensors), new Set([set]));
}
