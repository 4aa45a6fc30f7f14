/**
 * Reverse-mode differentiation over the tape of the program being recorded. The backward pass is made of ops'
 * kernels recorded into the same program.
 */
import { EngineError } from "./errors.ts";
import { itemAt } from "./item_at.ts";
import { add, mul } from "./ops/elementwise.ts";
import { slice } from "./ops/shape.ts";
import { joinSlices } from "./ops/summed_slices.ts";
import type { Parameter, ParameterSet } from "./parameter.ts";
import { recorder } from "./recorder.ts";
import { asTensor, constant, tape, type Tensor, type TensorLike } from "./tensor.ts";
import type { Value } from "./value.ts";

/**
 * Gradients of a scalar by tensor or parameter. Optimizers apply them, and {@linkcode clipByGlobalNorm} limits them. Those of
 * parameters are in their sets' memory, which holds one gradient of each in a program.
 */
export class Gradients {
  readonly #byTensor: ReadonlyMap<Tensor, Tensor>;

  /**
   * [4], whose last number multiplies all gradients wherever they are used; undefined where nothing does. Clipping and
   * {@linkcode LossScale} set it.
   */
  multiplier: Tensor | undefined;

  /** Made by {@link backward}. @throws {EngineError} when the memory of a set has others in it already. */
  constructor(
    byTensor: ReadonlyMap<Tensor, Tensor>,
    /** The sets that they are in. */
    readonly sets: ReadonlySet<ParameterSet>,
  ) {
    this.#byTensor = byTensor;
    for (const set of sets) {
      if (tape().gradients.has(set)) {
        throw new EngineError(
          `The gradients of ${
            set.parameters[0]?.name
          } and the other parameters of its set are known in this program ` +
            "already: call backward() once, of the sum of the losses, or record another program",
        );
      }
      tape().gradients.set(set, this);
    }
  }

  /**
   * Does nothing where they can be applied to the parameters of a set.
   *
   * @throws {EngineError} when they are of another program, or none of them is of a parameter of that set.
   */
  requireOf(set: ParameterSet): void {
    if (this.sets.has(set) && tape().gradients.get(set) === this) return;
    throw new EngineError(
      this.sets.has(set)
        ? "Gradients of another program cannot be used in this one: call backward() in it"
        : `The loss depends on no trainable parameter of the set of ${
          set.parameters[0]?.name ?? "no parameters"
        }`,
    );
  }

  /**
   * The gradient with respect to `x`, or undefined where the scalar does not depend on it; clipped, if they were clipped
   * before.
   *
   * @throws {EngineError} when no gradient flows to x: an input that is not differentiable, a parameter that is not trainable.
   */
  of(x: TensorLike): Tensor | undefined {
    const tensor = asTensor(x);
    if (!tensor.requiresGradient) throw new EngineError(whyNoGradient(tensor));
    const gradient = this.#byTensor.get(tensor);
    if (!gradient) return undefined;
    tape().derived.add(gradient);
    return this.multiplier ? mul(gradient, slice(this.multiplier, 0, 3, 4)) : gradient;
  }
}

/**
 * Records the gradients of `loss`, a tensor of one element, with respect to everything on the tape that needs
 * one. Gradients of parameters are written straight into their set's flat gradient buffer, for an optimizer to apply; it
 * holds one gradient of each, so that a program has one backward pass over a set.
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
 * @throws {EngineError} when the loss is no scalar, depends on nothing that needs a gradient, or on gradients itself, or
 *   when the program has had a backward pass over one of its sets.
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
  return new Gradients(gradients, new Set(found.map(({ parameter }) => parameter.set)));
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
