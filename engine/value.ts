/** Virtual memory: what dispatches read and write before a plan decides where it lives. */
import { type Precision, tensorBytes, vec4s } from "../kernels/mod.ts";
import type { Parameter, ParameterSet } from "./parameter.ts";

/** Where a value comes from. */
export type Origin =
  /** Written by a dispatch of the program. */
  | { readonly kind: "temporary" }
  /** Written by the host before every run: what `run` is given, or what `numbers` returns. */
  | { readonly kind: "input"; readonly name: string; readonly numbers?: () => ArrayLike<number> }
  /** Written by the host once. */
  | { readonly kind: "constant"; readonly data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> }
  /** A parameter's own memory. */
  | { readonly kind: "parameter"; readonly parameter: Parameter }
  /**
   * A flat buffer of a set: weights, gradients, moments or state, for optimizers and averages. The whole, or the range from
   * `offset` bytes on in which a dispatch fills the places of some parameters.
   */
  | {
    readonly kind: "flat";
    readonly set: ParameterSet;
    readonly buffer: string;
    readonly offset: number;
    readonly filled: readonly Parameter[];
  };

/** A tensor's or word array's memory, not yet placed. */
export class Value {
  /** Where a temporary must be written instead of memory of the plan's choosing: a parameter's gradient. */
  placement: { set: ParameterSet; buffer: string; parameter: Parameter } | undefined;
  /** The larger value that this temporary is a part of, from that byte on. */
  within: { whole: Value; offset: number } | undefined;
  /** Where kernels read it, if not where the plan would put it: textures are where the device keeps its tensors in such. */
  pinned: "buffer" | "texture" | "uniform" | undefined;
  /** What an activation's elements are stored as; everything else is f32. */
  stored: Precision = "f32";
  /** Words of an input must be below it; the reason follows the bound in the message of a run that is refused. */
  limit: { readonly below: number; readonly reason: string } | undefined;

  /** Memory that is not placed yet. */
  constructor(
    /** Size of each axis, without padding. */
    readonly shape: readonly number[],
    /** Element type. */
    readonly type: "f32" | "u32",
    /** Who writes it. */
    readonly origin: Origin,
  ) {}

  /** What the elements of a tensor are stored as. The flat buffers of a set are f32, whatever is written there. */
  get precision(): Precision {
    return this.placement ? "f32" : this.stored;
  }

  /** Bytes with the last axis padded, or of the words. */
  get bytes(): number {
    return this.type === "u32"
      ? 4 * this.shape.reduce((a, b) => a * b, 1)
      : tensorBytes(this.shape, this.precision);
  }

  /** vec4s of a tensor. */
  get vec4s(): number {
    return vec4s(this.shape);
  }
}

/** The set that a value lies in or will be written to; undefined for a program's memory. */
export function setOf({ origin, placement }: Value): ParameterSet | undefined {
  if (origin.kind === "parameter") return origin.parameter.set;
  return origin.kind === "flat" ? origin.set : placement?.set;
}

/** A whole flat buffer of a set: `state`, or one in the layout of its weights. */
export function flatBuffer(set: ParameterSet, buffer: string): Value {
  const bytes = buffer === "state" ? set.stateBytes : set.trainableBytes;
  return new Value([bytes / 4], "f32", { kind: "flat", set, buffer, offset: 0, filled: [] });
}

/** The range of a flat buffer in which the places of some parameters are, to be filled by one dispatch. */
export function flatRange(
  set: ParameterSet,
  buffer: string,
  filled: readonly Parameter[],
): { value: Value; offset: number } {
  const offset = Math.min(...filled.map((parameter) => parameter.offset));
  const end = Math.max(...filled.map((parameter) => parameter.offset + parameter.bytes));
  const value = new Value([(end - offset) / 4], "f32", { kind: "flat", set, buffer, offset, filled });
  return { value, offset };
}
