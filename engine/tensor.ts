/** Tensors inside a program, and the tape of the ops that made them. */
import { applyPrologue, type Dispatch, padRows, type Prologue } from "../kernels/mod.ts";
import { asWords, checkNumbers, checkShape, kindOf } from "./checks.ts";
import { EngineError } from "./errors.ts";
import { Parameter, type ParameterSet } from "./parameter.ts";
import { activation, record, type Recorder, recorder } from "./recorder.ts";
import { Value } from "./value.ts";

/** A tensor whose elements are `map(source)` and have not been written: readers apply the map as they load. */
export interface Deferred {
  /** What is read. */
  readonly source: Tensor;
  /** What a gradient map reads besides. */
  readonly input?: Tensor;
  /** [2, C] or, for gradient maps, [4, C]: see {@link Prologue}. */
  readonly coefficients: Value;
  /** The function of every element. */
  readonly prologue: Prologue;
}

/** Storing a tensor, and loading what it is made of once, takes about as long as this many loads through a map. */
const LOADS_WORTH_A_STORE = 4;

/** An n-dimensional f32 array inside a program. Row-major, channels last; immutable. */
export class Tensor {
  #value: Value | undefined;
  #recompute: (() => Value) | undefined;

  /** A tensor on memory that a kernel writes. Ops make tensors; what calls them rarely does. */
  constructor(
    /** Size of each axis; [] for a scalar. */
    readonly shape: readonly number[],
    memory: Value | Deferred,
    /** Whether a gradient flows to this tensor. */
    readonly requiresGradient = false,
  ) {
    if (memory instanceof Value) this.#value = memory;
    else this.deferred = memory;
  }

  /** Set where the tensor is a map over another tensor's memory. */
  readonly deferred: Deferred | undefined;

  /** The memory that holds the elements; writes them now if they were deferred. */
  get value(): Value {
    if (!this.#value && this.#recompute) {
      this.#value = this.#recompute();
    } else if (!this.#value) {
      const { prologue, values } = this.load("x");
      this.#value = computed(activation(this.shape), applyPrologue(this.shape, prologue), values).value;
    }
    return this.#value;
  }

  /** How a kernel with a mapped binding `name` should read this tensor: the map, and what to bind. */
  load(name: string): { prologue: Prologue; values: Record<string, Value> } {
    if (this.#value) return { prologue: "none", values: { [name]: this.#value } };
    if (!this.deferred) return { prologue: "none", values: { [name]: this.value } };
    const { source, input, coefficients, prologue } = this.deferred;
    const values = { [name]: source.value, [`${name}_coefficients`]: coefficients };
    return { prologue, values: input ? { ...values, [`${name}_input`]: input.value } : values };
  }

  /** Lets go of the elements; whoever asks for them next has them made again, in other memory, by `recompute`. */
  forget(recompute: () => Value): void {
    this.#recompute = recompute;
    this.#value = undefined;
  }

  /**
   * Writes the elements out now if they are deferred and applying the map at every load would take longer: where each
   * is loaded more than `times` in all.
   */
  settle(times: number): void {
    if (this.deferred && times > LOADS_WORTH_A_STORE) this.value;
  }
}

/** Unsigned integers inside a program: labels, indices, packed pixels. */
export class Uint32Tensor {
  /** Tells a Uint32Tensor from a Tensor. */
  readonly type = "u32";

  /** Uint32Tensor on memory that a kernel writes or the host gives. */
  constructor(
    /** Size of each axis. */
    readonly shape: readonly number[],
    /** The memory that holds them. */
    readonly value: Value,
  ) {}

  /**
   * Has runs refuse labels from `classes` on that the host gives for this input; what a kernel computes is not checked.
   *
   * @throws {RangeError} when these are constants and one is too large.
   */
  requireBelow(classes: number, op: string, what = "classes"): void {
    const { value, value: { origin } } = this;
    const limit = { below: classes, reason: `, as ${op}() has ${classes} ${what}` };
    if (origin.kind === "constant") asWords("A constant", origin.data, limit);
    else if (!value.limit || classes < value.limit.below) value.limit = limit;
  }
}

/** One differentiable op on the tape. */
export interface TapeNode {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /**
   * Gradients of the inputs, given the output's; null where an input needs none. Records dispatches itself. What it takes
   * of an input's gradient so far is included in what it returns.
   */
  readonly backward: (
    gradient: Tensor,
    take: (input: number) => Tensor | undefined,
  ) => (Tensor | null)[];
}

/** What a program's ops leave for its backward pass. */
export class Tape {
  readonly nodes: TapeNode[] = [];
  /** Tensors that stand for parameters, one each. */
  readonly parameters = new Map<Parameter, Tensor>();
  /** Sums of slices that the backward pass may add together at its end. */
  readonly sums: { readonly parts: Value; readonly total: Value; readonly join: () => void }[] = [];
  /** Expanded activations that the backward pass need not find kept, and how they are recomputed. */
  readonly recomputable: { readonly tensor: Tensor; readonly recompute: () => Value }[] = [];
  /** The sets whose gradients have been written, and the gradients that are there. */
  readonly gradients = new Map<ParameterSet, unknown>();
  /** Gradients that were asked for, and what was made of them. */
  readonly derived = new Set<Tensor>();
}

const tapes = new WeakMap<Recorder, Tape>();

/** The tape of the program in force. @throws {EngineError} outside a program. */
export function tape(): Tape {
  const recording = recorder();
  const found = tapes.get(recording) ?? new Tape();
  tapes.set(recording, found);
  return found;
}

/** What ops accept: a tensor, or a parameter standing for one. */
export type TensorLike = Tensor | Parameter;

/**
 * The tensor itself, or the one that stands for a parameter in the program being recorded.
 *
 * @throws {EngineError} when it is neither.
 */
export function asTensor(x: TensorLike): Tensor {
  if (x instanceof Tensor) return x;
  if (!(x instanceof Parameter)) {
    const given: unknown = x;
    const got = given instanceof Uint32Tensor
      ? "a Uint32Tensor, which holds labels or indices"
      : kindOf(given);
    throw new EngineError(`An op takes a tensor or a parameter where it got ${got}`);
  }
  const known = tape().parameters;
  let tensor = known.get(x);
  if (!tensor) {
    tensor = new Tensor(x.shape, new Value(x.shape, "f32", { kind: "parameter", parameter: x }), x.trainable);
    known.set(x, tensor);
  }
  return tensor;
}

/** The tensor itself. @throws {EngineError} when it is none of unsigned integers. */
export function asUint32(op: string, what: string, x: Uint32Tensor): Uint32Tensor {
  if (x instanceof Uint32Tensor) return x;
  const got = x as unknown instanceof Tensor ? "a tensor of f32" : kindOf(x);
  throw new EngineError(
    `${op}() takes ${what} as an input u32(shape) or constantUint32(numbers); got ${got}`,
  );
}

/** What elementwise ops accept besides: a number, which stands for a tensor [] that holds it. */
export type TensorOrNumber = TensorLike | number;

/** {@link asTensor}, and a tensor [] for a number. */
export function asOperand(x: TensorOrNumber): Tensor {
  return typeof x === "number" ? constant([x], [], { uniform: true }) : asTensor(x);
}

/**
 * A tensor of fixed values, row-major. `uniform` keeps up to 16 of them where every thread reads them cheaply.
 *
 * @throws {ShapeError} when the values do not fill the shape, or it is none.
 */
export function constant(
  values: ArrayLike<number>,
  shape: readonly number[],
  options: { uniform?: boolean } = {},
): Tensor {
  checkShape("constant()", shape);
  checkNumbers("A constant", shape, values);
  const value = new Value(shape, "f32", { kind: "constant", data: padRows(values, shape) });
  if (options.uniform) value.pinned = "uniform";
  return new Tensor(shape, value);
}

/** Fixed unsigned integers, such as row indices. @throws {RangeError} when one is not from 0 to 2^32 - 1. */
export function constantUint32(values: ArrayLike<number>): Uint32Tensor {
  const data = asWords("constantUint32()", values).slice();
  return new Uint32Tensor([data.length], new Value([data.length], "u32", { kind: "constant", data }));
}

/** The tensor that a dispatch computes: records it with `memory` bound to what it writes, and `values` to the rest. */
export function computed(
  memory: Value,
  dispatch: Dispatch,
  values: Readonly<Record<string, Value>>,
): Tensor {
  const written = dispatch.bindings.find(({ access }) => access === "write");
  record(dispatch, { ...values, [written?.name ?? ""]: memory });
  return new Tensor(memory.shape, memory);
}

/**
 * Makes an op's result and puts the op on the tape if any input needs a gradient.
 *
 * @param backward given the gradient of the result, returns those of the inputs (null: none). It is called with
 *   `needs[i]` telling which inputs need one, and `take(i)`, which hands over what is known of input i's gradient so
 *   far, if anything: then what is returned for it must include that.
 */
export function result(
  inputs: readonly Tensor[],
  shape: readonly number[],
  memory: Value | Deferred,
  backward: (
    gradient: Tensor,
    needs: readonly boolean[],
    take: (input: number) => Tensor | undefined,
  ) => (Tensor | null)[],
): Tensor {
  const needs = inputs.map((input) => input.requiresGradient);
  const output = new Tensor(shape, memory, needs.some((need) => need));
  const { derived } = tape();
  if (inputs.some((input) => derived.has(input))) derived.add(output);
  if (output.requiresGradient) {
    tape().nodes.push({ inputs, output, backward: (gradient, take) => backward(gradient, needs, take) });
  }
  return output;
}

/** The {@linkcode result} of an op of one dispatch: {@linkcode computed}, and through which gradients flow. */
export function differentiable(
  inputs: readonly Tensor[],
  memory: Value,
  dispatch: Dispatch,
  values: Readonly<Record<string, Value>>,
  backward: Parameters<typeof result>[3],
): Tensor {
  const { shape, value } = computed(memory, dispatch, values);
  return result(inputs, shape, value, backward);
}
