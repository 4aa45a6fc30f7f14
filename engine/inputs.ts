/** What goes into a program and what comes out, as the host sees it. */
import { padRows } from "../kernels/mod.ts";
import { ShapeError } from "./errors.ts";
import type { Tensor, Uint32Tensor } from "./tensor.ts";
import type { Value } from "./value.ts";

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
  /** Only there for the type checker. */
  readonly tensor?: T;
}

/** A tensor that the host gives anew for every run. */
export function f32(shape: readonly number[], options: { differentiable?: boolean } = {}): InputSpec<Tensor> {
  return { shape, type: "f32", uniform: false, differentiable: options.differentiable ?? false };
}

/** Unsigned integers that the host gives anew for every run: labels, indices, packed pixels. */
export function u32(shape: readonly number[]): InputSpec<Uint32Tensor> {
  return { shape, type: "u32", uniform: false, differentiable: false };
}

/** Up to 16 numbers that change from run to run and that every thread reads, such as a learning rate. */
export function scalars(count: number): InputSpec<Tensor> {
  if (count < 1 || count > 16) throw new RangeError(`scalars() takes 1 to 16 numbers; got ${count}`);
  return { shape: [count], type: "f32", uniform: true, differentiable: false };
}

/** A program's inputs by name. */
export type ProgramInputs = Record<string, InputSpec>;

/** What a program's body returns: its outputs by name. */
export type ProgramOutputs = Record<string, Tensor | Uint32Tensor>;

/** What a program's body is called with: a tensor, or words, for every input. */
export type ProgramArguments<I extends ProgramInputs> = {
  [K in keyof I]: I[K] extends InputSpec<infer T> ? T : never;
};

/** Host data for a run: row-major, one number per element. */
export type HostInputs<I extends ProgramInputs> = { [K in keyof I]: ArrayLike<number> };

/** Results of a run, row-major. */
export type HostOutputs<O extends ProgramOutputs> = {
  [K in keyof O]: O[K] extends Tensor ? Float32Array<ArrayBuffer> : Uint32Array<ArrayBuffer>;
};

/**
 * Host data as an input's memory wants it: f32 with rows padded, or words.
 *
 * @throws {ShapeError} when it is missing or has the wrong number of elements.
 */
export function hostData(
  name: string,
  value: Value,
  data: ArrayLike<number> | undefined,
): Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  const count = value.shape.reduce((a, b) => a * b, 1);
  if (!data || data.length !== count) {
    throw new ShapeError(
      `Input ${name} [${value.shape}] needs ${count} numbers; got ${data?.length ?? "nothing"}`,
    );
  }
  if (value.type === "f32") return padRows(data, value.shape);
  return data instanceof Uint32Array && data.buffer instanceof ArrayBuffer
    ? data as Uint32Array<ArrayBuffer>
    : Uint32Array.from(data);
}
