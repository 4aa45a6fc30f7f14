/** One row of the kernel bench: a dispatch, what it runs on, and where in a network that shape occurs. */
import type { Operand, Operands, Work } from "../engine/mod.ts";
import { type Dispatch, elementCount, precisionOf, tensorBytes } from "../kernels/mod.ts";

/** Kernels that read rows of an operand only: their cost says how many. */
const READ_A_PART = ["window", "gather", "rank_pick", "center_update", "nearest_others"];

/** A kernel at one shape. */
export interface BenchRow {
  /** Where the shape comes from: "block 2 expand 131072×16×96". */
  readonly layer: string;
  readonly dispatch: Dispatch;
  /** Shapes by binding; those that the dispatch does not bind are ignored. */
  readonly operands: Operands;
}

/** A row of the bench. */
export function row(layer: string, dispatch: Dispatch, operands: Operands): BenchRow {
  return { layer, dispatch, operands };
}

/** An operand that lives in a buffer even where tensors live in textures: parameters of one axis, flat buffers. */
export function inBuffer(shape: readonly number[]): Operand {
  return { shape, storage: "buffer" };
}

/** Settings that every thread reads. */
export function uniform(...values: number[]): Operand {
  return { shape: [values.length], storage: "uniform", values };
}

/** What a row computes and moves when each operand moves once. */
export function workOf({ dispatch, operands }: BenchRow): Work {
  return dispatchWork(dispatch, (name, type) => {
    const operand = operands[name];
    const { shape, storage } = "shape" in operand ? operand : { shape: operand };
    return type === "u32" ? 4 * elementCount(shape) : tensorBytes(shape, storage && precisionOf(storage));
  });
}

/** What a dispatch computes and moves when each operand, of the bytes told by its binding's name, moves once. */
export function dispatchWork(
  dispatch: Dispatch,
  bytesOf: (name: string, type: "f32" | "u32") => number,
): Work {
  let [bytesRead, bytesWritten] = [0, 0];
  for (const { name, type, access } of dispatch.bindings) {
    const bytes = bytesOf(name, type);
    if (access !== "write") bytesRead += bytes;
    if (access !== "read") bytesWritten += bytes;
  }
  if (READ_A_PART.includes(dispatch.kernel)) {
    bytesRead = Math.min(bytesRead, Math.max(0, dispatch.cost.bytes - bytesWritten));
  }
  return { flops: dispatch.cost.flops, bytesRead, bytesWritten };
}
