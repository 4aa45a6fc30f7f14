/**
 * Planning: which dispatches are needed, when each value is alive, and which values may share memory.
 * Works on plain numbers, so that tests need no device.
 */

/** A dispatch for the planner: the values it reads and writes, by number. */
export interface PlannedStep {
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** Writes memory that outlives the program, so it must run even if nobody reads the result. */
  readonly effect: boolean;
}

/** The steps that contribute to an output or an effect, in order. */
export function liveSteps(steps: readonly PlannedStep[], outputs: Iterable<number>): number[] {
  const needed = new Set(outputs);
  const live: number[] = [];
  for (const [i, step] of [...steps.entries()].reverse()) {
    if (!step.effect && !step.writes.some((value) => needed.has(value))) continue;
    for (const value of step.reads) needed.add(value);
    live.push(i);
  }
  return live.reverse();
}

/** A value that needs memory: its size and the first and last step that touch it, both included. */
export interface Lifetime<Value = number, Pool = string> {
  readonly value: Value;
  readonly size: number;
  readonly first: number;
  readonly last: number;
  /** Values of different pools never share: textures and buffers. */
  readonly pool: Pool;
}

/** One piece of real memory, as large as the largest value in it. */
export interface Slot<Value = number, Pool = string> {
  readonly size: number;
  readonly pool: Pool;
  readonly values: readonly Value[];
}

/**
 * Gives values slots such that no two of a slot are alive at the same step: largest first, each into the first
 * slot that is free during its life (the greedy-by-size order of Pisarchyk and Lee, 2020). Equals keep their order.
 */
export function assignSlots<Value, Pool>(lifetimes: readonly Lifetime<Value, Pool>[]): Slot<Value, Pool>[] {
  const slots: { size: number; pool: Pool; values: Value[]; spans: [number, number][] }[] = [];
  const order = lifetimes.toSorted((a, b) => b.size - a.size || a.first - b.first);
  for (const { value, size, first, last, pool } of order) {
    const free = slots.find((slot) =>
      slot.pool === pool && slot.spans.every(([from, to]) => last < from || to < first)
    );
    if (free) {
      free.values.push(value);
      free.spans.push([first, last]);
    } else {
      slots.push({ size, pool, values: [value], spans: [[first, last]] });
    }
  }
  return slots;
}
