/** The share of one of several processes that rank together, each with all embeddings. */
import { itemAt } from "../engine/item_at.ts";
import type { Range } from "./ranges.ts";

/** A process's share of work on lists, and how it gets the results of the others. */
export interface Share {
  /**
   * This process's part of a list: those of all processes follow one another.
   *
   * @param unit Items that stay together; 1 by default.
   */
  range(count: number, unit?: number): Range;

  /** What every process has, in the order of their ranges. All call it, in the same order. */
  gather<T>(own: T): Promise<T[]>;
}

/** That of one process, which does everything. */
export const WHOLE: Share = { range: (count) => [0, count], gather: (own) => Promise.resolve([own]) };

/** Arrays one after the other, at least one; the array itself where there is one. */
export function joined<T extends Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>>(
  parts: readonly T[],
): T {
  const first = itemAt(parts, 0);
  if (parts.length === 1) return first;
  const all = new (first.constructor as new (length: number) => T)(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
