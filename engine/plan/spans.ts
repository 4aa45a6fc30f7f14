/** When the values of a program are alive: from the first step that touches them to the last. */
import { type Recorded, valuesBound } from "../recorder.ts";
import type { Value } from "../value.ts";

/** The life of a value in numbers of steps. */
export interface Span {
  /** What lives. */
  readonly value: Value;
  /** The first step that touches it. */
  first: number;
  /** The last one; of outputs the number of steps. */
  last: number;
  /** The first step that reads the value, if any does. */
  firstRead: number | undefined;
}

/**
 * The lives of all values that need memory: those that steps touch, except parameters and gradients, which have their own, and
 * inputs that are outputs. Outputs are alive to the end.
 */
export function spansOf(steps: readonly Recorded[], outputs: readonly Value[]): Span[] {
  const spans = new Map<Value, Span>();
  steps.forEach((recorded, step) => {
    const read = new Set(valuesBound(recorded, "read"));
    recorded.values.forEach((bound) => {
      const value = bound.within?.whole ?? bound;
      const { kind } = value.origin;
      if (kind === "parameter" || kind === "flat" || value.placement) return;
      const span = spans.get(value) ?? { value, first: step, last: step, firstRead: undefined };
      span.last = step;
      if (read.has(value)) span.firstRead ??= step;
      spans.set(value, span);
    });
  });
  for (const value of outputs) {
    const span = spans.get(value);
    const { kind } = value.origin;
    if (span) span.last = steps.length;
    // An input may come back as it went in, untouched by any step.
    else if (kind === "input" || kind === "constant") {
      spans.set(value, { value, first: steps.length, last: steps.length, firstRead: undefined });
    }
  }
  return [...spans.values()];
}
