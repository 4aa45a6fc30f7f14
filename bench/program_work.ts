/** What a program computes and moves, and the least that its network must move. */
import type { Recorded, Work } from "../engine/mod.ts";
import { dispatchWork } from "./row.ts";

/** Kernels whose results are a network's raw convolution outputs: all that must be kept for the backward pass. */
const CONVOLUTION = /^(conv2d|depthwise_conv|depthwise_conv_lanes|matmul|matmul_(tiled|direct|staged))$/;

/** What one recorded dispatch computes and moves when each operand moves once. */
export function recordedWork({ dispatch, values }: Recorded): Work {
  return dispatchWork(dispatch, (name) => {
    const index = dispatch.bindings.findIndex((binding) => binding.name === name);
    return values[index].bytes;
  });
}

/** The sum over several dispatches. */
export function totalWork(dispatches: readonly Recorded[]): Work {
  const total = { flops: 0, bytesRead: 0, bytesWritten: 0 };
  for (const work of dispatches.map(recordedWork)) {
    total.flops += work.flops;
    total.bytesRead += work.bytesRead;
    total.bytesWritten += work.bytesWritten;
  }
  return total;
}

/** Bytes of all convolutions' outputs before their normalization. */
export function convolutionOutputBytes(dispatches: readonly Recorded[]): number {
  return dispatches
    .filter(({ dispatch }) => CONVOLUTION.test(dispatch.kernel))
    .flatMap(({ dispatch, values }) => values.filter((_, i) => dispatch.bindings[i].access === "write"))
    .reduce((sum, value) => sum + value.bytes, 0);
}

/**
 * The least that a network moves layer by layer, `outputs` bytes of raw convolution outputs and `weights` bytes of
 * weights. Forward: an output is written and read once, a weight read once. Training moreover: the output is read
 * once more and its gradient written and read; of a weight, it is read again, its gradient written and read, and
 * Adam reads and writes it and two moments.
 */
export function leastBytes(outputs: number, weights: number, training: boolean): number {
  return training ? 5 * outputs + 10 * weights : 2 * outputs + weights;
}
