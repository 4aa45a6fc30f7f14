/**
 * Recording: ops append dispatches on virtual values to the recorder in force.
 * Nothing touches the GPU here.
 */
import type { Access, Dispatch, Precision } from "../kernels/mod.ts";
import type { Device } from "./device.ts";
import { EngineError } from "./errors.ts";
import { itemAt } from "./item_at.ts";
import type { Parameter, ParameterSet } from "./parameter.ts";
import { setOf, Value } from "./value.ts";

/** A dispatch and the values bound to it, in the order of its bindings. */
export interface Recorded {
  /** The kernel with its constants and number of workgroups. */
  readonly dispatch: Dispatch;
  /** What each binding reads or writes. */
  readonly values: readonly Value[];
  /** When it runs. */
  readonly pass: Pass;
}

/** The values that a dispatch binds with one of these accesses; for a part of a value the whole. */
export function valuesBound({ dispatch, values }: Recorded, ...accesses: readonly Access[]): Value[] {
  return values.filter((_, i) => accesses.some((access) => access === dispatch.bindings[i]?.access))
    .map((value) => value.within?.whole ?? value);
}

/** Part of a program: what comes before its first backward pass, that pass, and what comes after it. */
export type Pass = "forward" | "backward" | "update";

/** How a program is recorded. */
export interface RecordOptions {
  /**
   * f16 stores activations [N, H, W, C] and their gradients in half the bytes. Kernels compute in f32 all the same, and
   * outputs, parameters and everything per channel or per image are f32. f32 by default.
   */
  readonly precision?: Precision;
  /**
   * `low` does not keep the results of pointwise convolutions that have more channels than what they were made of: the
   * backward pass makes them again. `normal` by default.
   */
  readonly memory?: "normal" | "low";
  /**
   * Most runs whose outputs come back together, where they are announced: see {@linkcode Program.submit}. Each takes twice
   * the memory of its outputs. 1 by default.
   */
  readonly together?: number;
  /**
   * Cuts what comes after late inputs into parts, each when a share of all gradients is complete: 0.5 where half of their
   * bytes are, from the end of their set on, whose last parameters' gradients come first. None by default.
   */
  readonly gradientShares?: readonly number[];
}

/** What ops write into while a program is recorded. */
export class Recorder {
  readonly dispatches: Recorded[] = [];
  /** Inputs whose numbers come from a function of the host, not from what a run is given. */
  readonly fetched: Value[] = [];
  /** What is being recorded. */
  pass: Pass = "forward";
  /** What this program fills: its inputs, and what its dispatches have written so far. */
  readonly #filled: Set<Value>;
  /** Sets whose weights have been updated so far, and parameters that have been assigned to. */
  readonly #updated = new Set<ParameterSet | Parameter>();

  /** What records the dispatches of values that nothing has read yet. */
  readonly #late = new Map<Value, () => void>();

  /** What activations are stored as. */
  readonly precision: Precision;
  /** Whether the recomputable is recomputed. */
  readonly memory: "normal" | "low";
  /** After which shares of all gradients the host takes some. */
  readonly gradientShares: readonly number[];

  constructor(readonly device: Device, inputs: Iterable<Value>, options: RecordOptions = {}) {
    this.#filled = new Set(inputs);
    this.precision = options.precision ?? "f32";
    this.memory = options.memory ?? "normal";
    this.gradientShares = options.gradientShares ?? [];
  }

  /**
   * Appends a dispatch. `values` are given by the names of the dispatch's bindings.
   *
   * @throws {EngineError} when one is missing, of another type, or holds nothing that may be read here.
   */
  record(dispatch: Dispatch, values: Readonly<Record<string, Value>>): void {
    this.dispatches.push({ dispatch, values: this.#bind(dispatch, values), pass: this.pass });
  }

  /** {@linkcode Recorder.record} at once after a dispatch that is recorded already. */
  recordAfter(earlier: Recorded, dispatch: Dispatch, values: Readonly<Record<string, Value>>): void {
    const { pass } = earlier;
    const at = this.dispatches.indexOf(earlier) + 1;
    this.dispatches.splice(at, 0, { dispatch, values: this.#bind(dispatch, values), pass });
  }

  /** Has every run fill an input with what its function returns then. */
  fetch(value: Value): void {
    this.fetched.push(value);
    this.#filled.add(value);
  }

  /** Calls `write`, which records what writes `value`, when a dispatch first reads it. */
  writeLate(value: Value, write: () => void): void {
    this.#late.set(value, write);
  }

  /** Whether nothing has written or read such a value yet. The caller then sees to it that it is written. */
  takeLate(value: Value): boolean {
    if (!this.#late.delete(value)) return false;
    this.#filled.add(value);
    return true;
  }

  /** One value that holds temporaries one after another, each from a multiple of `alignment` bytes on. */
  gather(parts: readonly Value[], alignment: number): Value {
    let bytes = 0;
    const offsets = parts.map((part) => {
      const offset = bytes;
      bytes += Math.ceil(part.bytes / alignment) * alignment;
      return offset;
    });
    const whole = temporary([bytes / 4]);
    parts.forEach((part, i) => part.within = { whole, offset: itemAt(offsets, i) });
    this.#filled.add(whole);
    return whole;
  }

  #written(value: Value): void {
    const write = this.#late.get(value);
    this.#late.delete(value);
    write?.();
  }

  /** What wrote a value last, if anything did. */
  writerOf(value: Value): Recorded | undefined {
    return this.dispatches.findLast((recorded) => valuesBound(recorded, "write", "update").includes(value));
  }

  /**
   * Puts a dispatch that does more in the place of a recorded one. `more` is what it binds besides.
   *
   * @returns false, and nothing changes, where it would read what is written only there or later, or bind more than the device
   *   allows.
   * @throws {EngineError} as {@linkcode Recorder.record} does.
   */
  extend(recorded: Recorded, dispatch: Dispatch, more: Readonly<Record<string, Value>>): boolean {
    const { storage, gpu: { limits } } = this.device;
    const most = storage === "buffer"
      ? limits.maxStorageBuffersPerShaderStage
      : limits.maxStorageTexturesPerShaderStage;
    if (dispatch.bindings.length > most) return false;
    const step = this.dispatches.indexOf(recorded);
    const later = new Set(
      this.dispatches.slice(step).flatMap((other) => valuesBound(other, "write", "update")),
    );
    const early = dispatch.bindings.some(({ name, access }) => {
      const value = more[name];
      return access === "read" && value !== undefined && later.has(value);
    });
    if (early) return false;
    const before = recorded.dispatch.bindings.map(({ name }, i) => [name, recorded.values[i]]);
    const values = this.#bind(dispatch, { ...Object.fromEntries(before), ...more });
    this.dispatches[step] = { ...recorded, dispatch, values };
    return true;
  }

  /** The values of a dispatch's bindings, in order; what it writes counts as filled from here on. */
  #bind(dispatch: Dispatch, values: Readonly<Record<string, Value>>): Value[] {
    const bound = dispatch.bindings.map((binding) => {
      const value = values[binding.name];
      if (!value) throw new EngineError(`${dispatch.kernel}: nothing is bound to ${binding.name}`);
      if (value.type !== binding.type) {
        throw new EngineError(`${dispatch.kernel}: ${binding.name} takes ${binding.type}, got ${value.type}`);
      }
      setOf(value)?.check(this.device);
      if (binding.access !== "write" || value.origin.kind === "parameter") {
        this.#written(value);
        this.requireReadable(value);
      }
      return value;
    });
    for (const [i, value] of bound.entries()) {
      if (dispatch.bindings[i]?.access === "read") continue;
      this.#filled.add(value);
      const { origin } = value;
      if (origin.kind === "flat" && origin.buffer === "weights") this.#updated.add(origin.set);
      if (origin.kind === "parameter" && dispatch.bindings[i]?.access === "write") {
        this.#updated.add(origin.parameter);
      }
    }
    return bound;
  }

  /** @throws {EngineError} when the value is of another program, or is a weight that was updated in this one. */
  requireReadable(value: Value): void {
    const { origin, shape } = value;
    if ((origin.kind === "temporary" || origin.kind === "input") && !this.#filled.has(value)) {
      throw new EngineError(
        `A tensor [${shape}] of another program cannot be used in this one: make it an output there and an input here`,
      );
    }
    if (origin.kind !== "parameter") return;
    const { parameter } = origin;
    if (this.#updated.has(parameter.set) || this.#updated.has(parameter)) {
      throw new EngineError(
        `Parameter ${parameter.name} cannot be used once ${
          this.#updated.has(parameter) ? "it" : "its set"
        } has been updated in the same program: record what comes after the update as another program, and call ` +
          "backward() before the first update",
      );
    }
  }
}

let current: Recorder | undefined;

/** The recorder in force. @throws {EngineError} outside a program. */
export function recorder(): Recorder {
  if (!current) {
    throw new EngineError(
      "Operations work inside a program only: Program.record(device, inputs, (…) => { … })",
    );
  }
  return current;
}

/** Runs `work` with this recorder in force. */
export function recordWith<T>(target: Recorder, work: () => T): T {
  const outer = current;
  current = target;
  try {
    return work();
  } finally {
    current = outer;
  }
}

/** Records a dispatch into the program in force. */
export function record(dispatch: Dispatch, values: Readonly<Record<string, Value>>): void {
  recorder().record(dispatch, values);
}

/**
 * New memory for a tensor of any size that grows with the images, or for its gradient: where it is [N, H, W, C] it is
 * stored in the program's precision.
 */
export function activation(shape: readonly number[]): Value {
  const value = temporary(shape);
  if (shape.length === 4) value.stored = recorder().precision;
  return value;
}

/** New memory for a tensor that a dispatch will write. */
export function temporary(shape: readonly number[], type: "f32" | "u32" = "f32"): Value {
  return new Value(shape, type, { kind: "temporary" });
}
