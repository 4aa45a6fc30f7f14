/**
 * Reverse-mode differentiation over the tape of the program being recorded. The backward pass is made of ops'
 * kernels recorded into the same program.
 */
import { EngineError } from "./errors.ts";
import { itemAt } from "./item_at.ts";
import { add } from "./ops/elementwise.ts";
import { joinSlices } from "./ops/summed_slices.ts";
import type { Parameter } from "./parameter.ts";
import { recorder } from "./recorder.ts";
import { asTensor, constant, tape, type Tensor, type TensorLike } from "./tensor.ts";
import type { Value } from "./value.ts";

/** Gradients of a scalar by tensor or parameter. */
export class Gradients {
  readonly #byTensor: Map<Tensor, Tensor>;

  /** Made by {@link backward}. */
  constructor(byTensor: Map<Tensor, Tensor>) {
    this.#byTensor = byTensor;
  }

  /**
   * The gradient with respect to `x`, or undefined where the scalar does not depend on it.
   *
   * @throws {EngineError} when no gradient flows to x: an input that is not differentiable, a parameter that is not trainable.
   */
  of(x: TensorLike): Tensor | undefined {
    const tensor = asTensor(x);
    if (!tensor.requiresGradient) throw new EngineError(whyNoGradient(tensor));
    const gradient = this.#byTensor.get(tensor);
    if (gradient) tape().derived.add(gradient);
    return gradient;
  }
}

/**
 * Records the gradients of `loss`, a tensor of one element, with respect to everything on the tape that needs
 * one. Gradients of parameters are written straight into their set's flat gradient buffer.
 * All of them are multiplied by `scale`, a tensor of one element, where it is given.
 *
 * @example The gradient of a sum of squares
 * ```ts
 * import { backward, Device, f32, mul, Program, sum } from "@reid/webgpu";
 * import assert from "node:assert/strict";
 *
 * const device = await Device.open();
 * const program = await Program.record(device, { x: f32([3], { differentiable: true }) }, ({ x }) => ({
 *   gradient: backward(sum(mul(x, x))).of(x)!,
 * }));
 * const { gradient } = await program.run({ x: [1, -2, 3] });
 * assert.deepEqual([...gradient], [2, -4, 6]);
 * program.destroy();
 * device.destroy();
 * ```
 *
 * @throws {EngineError} when the loss is no scalar, depends on nothing that needs a gradient, or on gradients itself.
 */
export function backward(loss: Tensor, scale?: Tensor): Gradients {
  asTensor(loss);
  if (loss.shape.some((size) => size !== 1)) {
    throw new EngineError(`backward() starts from a scalar; got a tensor of shape [${loss.shape}]`);
  }
  if (tape().derived.has(loss)) {
    throw new EngineError(
      "The loss depends on gradients, and second derivatives are not supported: " +
        "stopGradient(gradient) is the same numbers as a constant",
    );
  }
  if (!loss.requiresGradient) {
    throw new EngineError("The loss depends on no parameter, so it has no gradients");
  }
  const recording = recorder();
  const { nodes, parameters, recomputable } = tape();
  recording.pass = "backward";
  if (recording.memory === "low") {
    for (const { tensor, recompute } of recomputable.splice(0)) {
      tensor.forget(recompute);
    }
  }
  const gradients = new Map<Tensor, Tensor>([[loss, scale ?? constant([1], loss.shape)]]);
  for (const node of nodes.toReversed()) {
    const gradient = gradients.get(node.output);
    if (!gradient) continue;
    const taken = new Set<number>();
    const take = (i: number) => {
      taken.add(i);
      return gradients.get(itemAt(node.inputs, i));
    };
    node.backward(gradient, take).forEach((contribution, i) => {
      const input = itemAt(node.inputs, i);
      if (!contribution || !input.requiresGradient) return;
      const known = taken.has(i) ? undefined : gradients.get(input);
      gradients.set(input, known ? add(known, contribution) : contribution);
    });
  }
  const found = [...parameters].flatMap(([parameter, tensor]) => {
    const gradient = gradients.get(tensor);
    return gradient ? [{ parameter, gradient }] : [];
  });
  const needed = neededElsewhere(found.map(({ gradient }) => gradient.value));
  for (const { parameter, gradient } of found) place(gradient, parameter, needed);
  joinSlices();
  recording.pass = "update";
  return new Gradients(gradients);
}

function whyNoGradient({ shape, deferred, value: { origin } }: Tensor): string {
  if (!deferred && origin.kind === "input") {
    return `Input ${origin.name} is not differentiable: declare it as f32([${
      shape.join(", ")
    }], { differentiable: true })`;
  }
  return origin.kind === "parameter"
    ? `Parameter ${origin.parameter.name} is not trainable, so it has no gradient`
    : `A tensor [${shape}] depends on no trainable parameter and no differentiable input, so it has no gradient`;
}

/**
 * Has a parameter's gradient written where optimizers look for it. Rarely through a copy: where the gradient is a
 * constant, or needed elsewhere. No dispatch could read it from the flat buffer and write another gradient there.
 */
function place(gradient: Tensor, parameter: Parameter, needed: ReadonlySet<Value>): void {
  const own = gradient.value.origin.kind === "temporary" && !needed.has(gradient.value);
  const { value } = own ? gradient : add(gradient, constant(new Float32Array(1), [1]));
  value.placement = { set: parameter.set, buffer: "gradients", parameter };
}

/** What any dispatch reads, and those of the values that are there more than once. */
function neededElsewhere(values: readonly Value[]): Set<Value> {
  const needed = new Set(
    recorder().dispatches.flatMap(({ dispatch, values }) =>
      values.filter((_, i) => dispatch.bindings[i]?.access === "read")
    ),
  );
  const once = new Set<Value>();
  for (const value of values) (once.has(value) ? needed : once).add(value);
  return needed;
}
