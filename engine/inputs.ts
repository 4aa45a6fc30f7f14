/** What goes into a program and what comes out, as the host sees it. */
import { padRows } from "../kernels/mod.ts";
import { asWords, checkNumbers, checkShape, kindOf } from "./checks.ts";
import { EngineError } from "./errors.ts";
import { Parameter } from "./parameter.ts";
import { recorder } from "./recorder.ts";
import { Tensor, Uint32Tensor } from "./tensor.ts";
import { Value } from "./value.ts";

/** Shape and type of a program's input. Make one with {@link f32}, {@link u32} or {@link scalars}. */
export interface InputSpec<T extends Tensor | Uint32Tensor = Tensor | Uint32Tensor> {
  /** Size of each axis. */
  readonly shape: readonly number[];
  /** Element type: f32 becomes a {@link Tensor}, u32 {@link Uint32Tensor}. */
  readonly type: "f32" | "u32";
  /** Whether it is kept as a uniform, which every thread reads at the price of one. */
  readonly uniform: boolean;
  /** Gradients flow to the input; for tests and saliency. */
  readonly differentiable: boolean;
  /** Whether a run may bring fewer rows than the first axis. */
  readonly batch: boolean;
  /** Whether it comes when the run has begun: see {@link late}. */
  readonly late?: boolean;
  /** Only there for the type checker. */
  readonly tensor?: T;
}

/**
 * A tensor that the host gives anew for every run.
 *
 * @param options.differentiable whether gradients flow to it; false by default.
 * @param options.batch whether a run may bring 1 to `shape[0]` rows; false by default. See {@link Program.record}.
 */
export function f32(
  shape: readonly number[],
  { differentiable = false, batch = false }: { differentiable?: boolean; batch?: boolean } = {},
): InputSpec<Tensor> {
  return { shape, type: "f32", uniform: false, differentiable, batch };
}

/**
 * Unsigned integers that the host gives anew for every run: labels, indices, packed pixels.
 *
 * @param options.batch as for {@link f32}.
 */
export function u32(
  shape: readonly number[],
  { batch = false }: { batch?: boolean } = {},
): InputSpec<Uint32Tensor> {
  return { shape, type: "u32", uniform: false, differentiable: false, batch };
}

/** An input that comes when a run has begun. */
export type LateInput<T extends Tensor | Uint32Tensor = Tensor | Uint32Tensor> = InputSpec<T> & {
  readonly late: true;
};

/**
 * An input that depends on what the same run gives: {@link Program.start} runs what comes before its first use, and
 * {@link StartedRun.resume} takes it. Other methods that run the program take it with the rest.
 *
 * @throws {EngineError} when the input is a batch.
 */
export function late<T extends Tensor | Uint32Tensor>(spec: InputSpec<T>): LateInput<T> {
  if (spec.batch) {
    throw new EngineError("A late input cannot be a batch of any size: declare it without batch");
  }
  return { ...spec, late: true };
}

/** Up to 16 numbers that change from run to run and that every thread reads, such as a learning rate. */
export function scalars(count: number): InputSpec<Tensor> {
  if (!(Number.isInteger(count) && count >= 1 && count <= 16)) {
    throw new RangeError(`scalars() takes 1 to 16 numbers; got ${count}`);
  }
  return { shape: [count], type: "f32", uniform: true, differentiable: false, batch: false };
}

/**
 * An input that is not handed to `run`: inside a program, numbers that the host is asked for before every run, such as a
 * temperature that falls. Optimizers take their learning rates so.
 *
 * @param numbers called once for each run, in the order of the runs; returns as many numbers as the shape holds.
 * @example A gain that another part of the program changes
 * ```ts
 * import { Device, f32, mul, perRun, Program, scalars } from "@reid/webgpu";
 * import assert from "node:assert/strict";
 *
 * const device = await Device.open();
 * let gain = 2;
 * const program = await Program.record(device, { x: f32([2]) }, ({ x }) => ({
 *   y: mul(x, perRun(scalars(1), () => [gain])),
 * }));
 * assert.deepEqual([...(await program.run({ x: [1, 2] })).y], [2, 4]);
 * gain = 10;
 * assert.deepEqual([...(await program.run({ x: [1, 2] })).y], [10, 20]);
 * program.destroy();
 * device.destroy();
 * ```
 */
export function perRun(spec: InputSpec<Tensor>, numbers: () => ArrayLike<number>): Tensor;
/** {@link perRun} of labels or indices, or of the key of `dropout`. */
export function perRun(spec: InputSpec<Uint32Tensor>, numbers: () => ArrayLike<number>): Uint32Tensor;
export function perRun(spec: InputSpec, numbers: () => ArrayLike<number>): Tensor | Uint32Tensor {
  checkInputs({ "of perRun()": spec });
  const value = new Value(spec.shape, spec.type, { kind: "input", name: "of perRun()", numbers });
  if (spec.uniform) value.pinned = "uniform";
  recorder().fetch(value);
  return spec.type === "u32" ? new Uint32Tensor(spec.shape, value) : new Tensor(spec.shape, value);
}

/** What the functions of {@linkcode perRun} return now. */
export function fetchedValues(
  values: readonly Value[],
): (readonly [Value, Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>])[] {
  return values.flatMap((value) => {
    const { origin } = value;
    return origin.kind === "input"
      ? [[value, hostData(origin.name, value, origin.numbers?.())] as const]
      : [];
  });
}

/**
 * Checks what was declared before a program is recorded.
 *
 * @throws {EngineError} when an input is not declared by one of the functions above.
 * @throws {ShapeError} when its shape is no list of whole numbers from 1 on.
 */
export function checkInputs(inputs: ProgramInputs): void {
  for (const [name, spec] of Object.entries(inputs)) {
    if (spec?.type !== "f32" && spec?.type !== "u32") {
      throw new EngineError(
        `Input ${name} is declared by f32(shape), u32(shape) or scalars(count); got ${kindOf(spec)}`,
      );
    }
    checkShape(`Input ${name}`, spec.shape);
  }
}

/** A program's inputs by name. */
export type ProgramInputs = Record<string, InputSpec>;

/** What a program's body returns: its outputs by name. */
export type ProgramOutputs = Record<string, Tensor | Uint32Tensor>;

/**
 * What a program's body returned, once it is known to be tensors by name.
 *
 * @throws {EngineError} when it is something else; names the output and what it is.
 */
export function checkOutputs<O extends ProgramOutputs>(returned: O): O {
  const whole: unknown = returned;
  if (whole instanceof Promise) {
    throw new EngineError(
      "The program's body returned a promise: it must not be async, as ops are recorded at once",
    );
  }
  const plain = typeof whole === "object" && whole !== null && !Array.isArray(whole);
  if (!plain || isTensor(whole)) {
    throw new EngineError(
      `The program's body returned ${isTensor(whole) ? "a tensor" : kindOf(whole)}: ` +
        "it returns tensors by name, { y: tensor }, and {} where there is none",
    );
  }
  for (const [name, output] of Object.entries<unknown>(returned)) {
    if (isTensor(output)) continue;
    if (output instanceof Parameter) {
      throw new EngineError(
        `Output ${name} is a parameter: return affine(${output.name}, 1, 0), or read its set`,
      );
    }
    throw new EngineError(
      `Output ${name} is ${kindOf(output)}: outputs are tensors, not nested. ` +
        "Gradients.of(x) is undefined where the loss does not depend on x",
    );
  }
  return returned;
}

function isTensor(thing: unknown): thing is Tensor | Uint32Tensor {
  return thing instanceof Tensor || thing instanceof Uint32Tensor;
}

/** What a program's body is called with: a tensor, or words, for every input. */
export type ProgramArguments<I extends ProgramInputs> = {
  [K in keyof I]: I[K] extends InputSpec<infer T> ? T : never;
};

/** Host data for a run: row-major, one number per element. */
export type HostInputs<I extends ProgramInputs> = { [K in keyof I]: ArrayLike<number> };

/** Host data for the inputs that a run begins with. */
export type FirstInputs<I extends ProgramInputs> = {
  [K in keyof I as I[K] extends LateInput ? never : K]: ArrayLike<number>;
};

/** Host data for the inputs of {@link late}. */
export type LateInputs<I extends ProgramInputs> = {
  [K in keyof I as I[K] extends LateInput ? K : never]: ArrayLike<number>;
};

/** Results of a run, row-major. */
export type HostOutputs<O extends ProgramOutputs> = {
  [K in keyof O]: O[K] extends Tensor ? Float32Array<ArrayBuffer> : Uint32Array<ArrayBuffer>;
};

/**
 * Checks the names of a run's inputs.
 *
 * @throws {EngineError} when one is not the program's.
 */
export function checkNames(inputs: ProgramInputs, data: Readonly<Record<string, unknown>>): void {
  const unknown = Object.keys(data ?? {}).find((name) => !Object.hasOwn(inputs, name));
  if (unknown === undefined) return;
  throw new EngineError(
    `The program has no input ${unknown}; its inputs are ${Object.keys(inputs).join(", ") || "none"}`,
  );
}

/**
 * The host's data for every input, checked before any of it is used.
 *
 * @throws {ShapeError} when one is missing or has the wrong number of elements.
 * @throws {RangeError} when a word is no whole number, negative or too large.
 */
export function hostValues(
  values: ReadonlyMap<string, Value>,
  data: Readonly<Record<string, ArrayLike<number>>>,
): (readonly [Value, Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>])[] {
  return Array.from(values, ([name, value]) => [value, hostData(name, value, data?.[name])]);
}

/** Host data for one input as its memory wants it: f32 with rows padded, or words. */
export function hostData(
  name: string,
  value: Value,
  data: ArrayLike<number> | undefined,
): Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  checkNumbers(`Input ${name}`, value.shape, data);
  return value.type === "f32" ? padRows(data, value.shape) : asWords(`Input ${name}`, data, value.limit);
}
