/** The sizes of a program's batches: how many rows a run brings, and what is recorded for each number of them. */
import { DESTROYED, kindOf } from "./checks.ts";
import { EngineError, ShapeError } from "./errors.ts";
import type { InputSpec, ProgramInputs } from "./inputs.ts";

/** How many smaller sizes a program keeps. */
const KEPT = 4;

/** The size that all batches among the inputs are declared with; undefined where there is none. */
export function largestBatch(inputs: ProgramInputs): number | undefined {
  const batches = Object.entries(inputs).filter(([, { batch }]) => batch);
  const [first] = batches;
  for (const [name, { shape }] of batches) {
    if (first && shape[0] !== undefined && shape[0] === first[1].shape[0]) continue;
    throw new ShapeError(
      `All batches among a program's inputs have the same first axis; got ${
        batches.map(([name, { shape }]) => `${name} [${shape}]`).join(", ")
      } (${name})`,
    );
  }
  return first?.[1].shape[0];
}

/** The inputs with batches of so many rows. */
export function withRows<I extends ProgramInputs>(inputs: I, rows: number): I {
  const resized = Object.entries(inputs).map(([name, spec]): [string, InputSpec] => [
    name,
    spec.batch ? { ...spec, shape: spec.shape.with(0, rows) } : spec,
  ]);
  return Object.fromEntries(resized) as I;
}

/**
 * How many rows the host gives, from the lengths of all batches.
 *
 * @throws {ShapeError} when one is missing, not of whole rows, of too few or too many, or of others than another one.
 */
export function rowsOf(
  inputs: ProgramInputs,
  data: Readonly<Record<string, ArrayLike<number>>>,
  largest: number,
): number {
  let first: { name: string; rows: number } | undefined;
  for (const [name, { shape, batch }] of Object.entries(inputs)) {
    if (!batch) continue;
    const given = data?.[name];
    const inRow = shape.slice(1).reduce((a, b) => a * b, 1);
    const rows = (given?.length ?? NaN) / inRow;
    if (!Number.isInteger(rows) || rows < 1 || rows > largest) {
      const got = given === undefined ? "nothing" : given?.length ?? kindOf(given);
      throw new ShapeError(
        `Input ${name} [${shape}] needs 1 to ${largest} rows of ${inRow} numbers; got ${got}`,
      );
    }
    first ??= { name, rows };
    if (rows !== first.rows) {
      throw new ShapeError(
        `All batches of a run have as many rows; got ${first.rows} of ${first.name} and ${rows} of ${name}`,
      );
    }
  }
  return first?.rows ?? largest;
}

/** What is kept for every size. */
interface Kept {
  destroy(): void;
  retire(): Promise<void>;
}

/** What a program has recorded for sizes below its largest; those that were used last are kept. */
export class BatchSizes<R extends Kept> {
  /** By the number of rows, the size that was used last at the end. */
  readonly #kept = new Map<number, R>();
  #destroyed = false;

  /** @param record makes what is kept for a number of rows. */
  constructor(readonly record: (rows: number) => Promise<R>) {}

  /**
   * What is kept for a number of rows, recorded now where it is not. Not to be called again before it has resolved.
   *
   * @throws {EngineError} when everything was destroyed meanwhile.
   */
  async of(rows: number): Promise<R> {
    if (this.#destroyed) throw new EngineError(DESTROYED);
    const found = this.#kept.get(rows) ?? await this.record(rows);
    if (this.#destroyed) {
      found.destroy();
      throw new EngineError(DESTROYED);
    }
    this.#kept.delete(rows);
    this.#kept.set(rows, found);
    for (const [size, oldest] of this.#kept) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(size);
      oldest.retire();
    }
    return found;
  }

  /** Frees all of them. */
  destroy(): void {
    this.#destroyed = true;
    for (const kept of this.#kept.values()) kept.destroy();
    this.#kept.clear();
  }
}
