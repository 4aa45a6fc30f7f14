/** Where numbers stopped being finite, in words. */
import type { Held, NonFiniteDispatch } from "../engine/mod.ts";

/** A sentence or two about what {@link Program.firstNonFinite} found in a program of so many dispatches. */
export function describeNonFinite(found: NonFiniteDispatch | undefined, dispatches: number): string {
  if (!found) {
    return "Made again, one operation at a time, the step gave finite numbers only: this GPU does not compute the same twice.";
  }
  const { kernel, pass, number, near, read, wrote } = found;
  const layer = near === undefined ? "" : `, at ${near}`;
  return `The first operation whose results are not finite is ${kernel} (${pass}${layer}; ${
    number + 1
  } of ${dispatches}). ` +
    `It wrote ${wrote.map(describeHeld).join("; ")}. It read ${read.map(describeHeld).join("; ")}.`;
}

function describeHeld({ name, parameter, shape, count, broken, first, range }: Held): string {
  const what = `${name}${parameter === undefined ? "" : ` (${parameter})`} [${shape}]`;
  const finite = range ? `from ${short(range[0])} to ${short(range[1])}` : "nothing finite";
  if (!first) return `${what} ${finite}`;
  const where = `${first.parameter === undefined ? "" : `${first.parameter} `}[${first.index}]`;
  return `${what} ${finite}, ${broken} of ${count} not finite, the first ${first.value} at ${where}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
