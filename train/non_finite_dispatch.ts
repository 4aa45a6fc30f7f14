/** A message that says where numbers stopped being finite. */
import type { NonFiniteDispatch, TensorSummary } from "../engine/mod.ts";

/** A few sentences about the result of firstNonFiniteDispatch() for a program of `dispatches` dispatches. */
export function describeNonFinite(found: NonFiniteDispatch | undefined, dispatches: number): string {
  if (!found) {
    return "Repeated one operation at a time, the step gave finite numbers only: this GPU does not compute the same twice.";
  }
  const { kernel, pass, number, near, read, wrote } = found;
  const layer = near === undefined ? "" : `, at ${near}`;
  return `The first operation whose results are not finite is ${kernel} (${pass}${layer}; ${
    number + 1
  } of ${dispatches}). ` +
    `It wrote ${wrote.map(describeTensor).join("; ")}. It read ${read.map(describeTensor).join("; ")}.`;
}

function describeTensor({ name, parameter, shape, count, nonFinite, first, range }: TensorSummary): string {
  const what = `${name}${parameter === undefined ? "" : ` (${parameter})`} [${shape}]`;
  const finite = range ? `from ${short(range[0])} to ${short(range[1])}` : "nothing finite";
  if (!first) return `${what} ${finite}`;
  const where = `${first.parameter === undefined ? "" : `${first.parameter} `}[${first.index}]`;
  return `${what} ${finite}, ${nonFinite} of ${count} not finite, the first ${first.value} at ${where}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
