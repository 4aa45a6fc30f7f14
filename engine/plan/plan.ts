/**
 * Planning: which dispatches are needed, when each value is alive, and which values may share memory.
 * Pure bookkeeping over indices, so that it can be tested without a device.
 */

/** What the planner sees of a dispatch: the values it reads and writes, by number. */
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
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i];
    if (!step.effect && !step.writes.some((value) => needed.has(value))) continue;
    for (const value of step.reads) needed.add(value);
    live.push(i);
  }
  return live.reverse();
}

/** A value to place: its size and the first and last step that touch it, both included. */
export interface Lifetime {
  readonly value: number;
  readonly size: number;
  readonly first: number;
  readonly last: number;
  /** Values of different pools never share: textures and buffers. */
  readonly pool: string;
}

/** One piece of real memory, as large as the largest value in it. */
export interface Slot {
  readonly size: number;
  readonly pool: string;
  readonly values: readonly number[];
}

/**
 * Gives values slots such that no two of a slot are alive at the same step: largest first, each into the first
 * slot that is free during its life (the greedy-by-size order of Pisarchyk and Lee, 2020).
 */
export function assignSlots(lifetimes: readonly Lifetime[]): Slot[] {
  const slots: { size: number; pool: string; values: number[]; spans: [number, number][] }[] = [];
  const order = [...lifetimes].sort((a, b) => b.size - a.size || a.first - b.first || a.value - b.value);
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
