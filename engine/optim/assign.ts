/** Writing a parameter's next value: what custom optimizers are made of. */
import { affine } from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { apartFrom } from "../ops/apart.ts";
import type { Parameter } from "../parameter.ts";
import { record } from "../recorder.ts";
import { asTensor, constant, type TensorLike } from "../tensor.ts";

/**
 * Makes x the value of a parameter, trainable or not, from the end of the run on. What reads the parameter in the same
 * program is recorded before.
 *
 * @example Gradient descent with momentum, written with ops
 * ```ts
 * import { add, affine, assign, backward, Device, mul, ParameterSet, Program, sub } from "@reid/webgpu";
 * import { type Gradients, sum } from "@reid/webgpu";
 * import assert from "node:assert/strict";
 *
 * class Momentum {
 *   readonly #velocities;
 *   constructor(readonly set: ParameterSet, readonly rate: number, readonly momentum: number) {
 *     this.#velocities = set.parameters.map((p) =>
 *       [p, set.add(`velocity/${p.name}`, p.shape, new Float32Array(p.count), { trainable: false })] as const
 *     );
 *   }
 *   apply(gradients: Gradients) {
 *     for (const [p, v] of this.#velocities) {
 *       const velocity = add(affine(v, this.momentum, 0), gradients.of(p)!);
 *       assign(v, velocity);
 *       assign(p, sub(p, affine(velocity, this.rate, 0)));
 *     }
 *   }
 * }
 *
 * const device = await Device.open();
 * const set = new ParameterSet(device);
 * const w = set.add("w", [2], [3, -3]);
 * const optimizer = new Momentum(set, 0.1, 0.5);
 * const step = await Program.record(device, {}, () => {
 *   const loss = sum(mul(w, w));
 *   optimizer.apply(backward(loss));
 *   return { loss };
 * });
 * for (let i = 0; i < 100; i++) await step.run({});
 * assert.ok((await w.read()).every((value) => Math.abs(value) < 1e-6));
 * for (const owner of [step, set, device]) owner.destroy();
 * ```
 *
 * @throws {ShapeError} when x does not have the parameter's shape.
 * @throws {EngineError} when the parameter was assigned to, or its set updated, in this program already.
 */
export function assign(parameter: Parameter, x: TensorLike): void {
  const { shape } = asTensor(x);
  if (shape.join() !== parameter.shape.join()) {
    throw new ShapeError(
      `assign() gives parameter ${parameter.name} [${parameter.shape}] a tensor [${shape}]`,
    );
  }
  record(affine(shape), {
    x: apartFrom(parameter, asTensor(x)).value,
    parameters: constant([1, 0], [2], { uniform: true }).value,
    y: asTensor(parameter).value,
  });
}
