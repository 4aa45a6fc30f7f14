/**
 * What a torture is: a promise of this program, and many attempts to break it. `deno task torture` runs each in a
 * process of its own, so that whatever it brings about, an endless loop or a crash, costs its own row only.
 */

/** One row of the table. A module in this folder exports it as `torture`, and a line of tortures.ts names it. */
export interface Torture {
  /** What is promised, in one sentence for the table. */
  readonly promise: string;
  /** Seconds after which the process is ended and counted as a hang; {@link LIMIT_SECONDS} where left out. */
  readonly limitSeconds?: Limits;
  /** Tries to break it. Throws only where the torture itself cannot be carried out. */
  run(context: TortureContext): Promise<Outcome>;
}

/** A number for `--short` and one for the full count. */
export interface Limits {
  readonly short: number;
  readonly full: number;
}

/** Far above what a torture should take, 20 to 30 seconds in short form on two cores: others may be at work there. */
export const LIMIT_SECONDS: Limits = { short: 300, full: 3 * 3600 };

/** What a torture is given. */
export interface TortureContext {
  /** Fewer trials: all tortures together take less than five minutes on two cores. */
  readonly short: boolean;
  /** All that is random follows from this. */
  readonly seed: number;
  /** Prints a line, such as what a failed trial was and how to repeat it. */
  say(text: string): void;
  /** Says that `done` of `total` trials are over. */
  progress(done: number, total: number): void;
}

/** What came of it. Every count but `trials` should be zero. */
export interface Outcome {
  /** How often it was tried. */
  readonly trials: number;
  /** Something of the user's is gone: a checkpoint, a run, the process with all that it had not saved. */
  readonly losses: number;
  /** Something did not come to its end within its bound. */
  readonly hangs: number;
  /** A result differs from what it must be, or an error is not the one that is promised. */
  readonly wrong: number;
  /** What else is worth a cell in the table, such as the worst time or memory. */
  readonly figures?: string;
}
