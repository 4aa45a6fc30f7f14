/**
 * A torture is a promise of this program and many attempts to break it. `deno task torture` runs each torture in a
 * separate process, so that an endless loop or a crash affects one row only.
 */

/** One row of the table. Its module exports it as `torture` and is listed in tortures.ts. */
export interface Torture {
  /** The promise, one sentence for the table. */
  readonly promise: string;
  /** Seconds after which the process is killed and counted as a hang; default {@link LIMIT_SECONDS}. */
  readonly limitSeconds?: Limits;
  /** Tries to break the promise. Throws only if the torture itself cannot run. */
  run(context: TortureContext): Promise<Outcome>;
}

/** One number for `--short` and one for the full form. */
export interface Limits {
  readonly short: number;
  readonly full: number;
}

/** Far more than a torture should take (short form: 20 to 30 seconds on two cores), because the machine may be busy. */
export const LIMIT_SECONDS: Limits = { short: 300, full: 3 * 3600 };

/** The settings of a torture, and where it reports progress. */
export interface TortureContext {
  /** Fewer trials: all tortures together take less than five minutes on two cores. */
  readonly short: boolean;
  /** Seed of all random numbers. */
  readonly seed: number;
  /** Prints a line, such as which trial failed and how to repeat it. */
  say(text: string): void;
  /** Reports that `done` of `total` trials have finished. */
  progress(done: number, total: number): void;
}

/** The counts of a torture. All except `trials` should be zero. */
export interface Outcome {
  /** Number of trials. */
  readonly trials: number;
  /** How often user data was lost: a checkpoint, a run, or a process with its unsaved work. */
  readonly losses: number;
  /** How often something did not finish within its time limit. */
  readonly hangs: number;
  /** How often a result was wrong, or an error was not the promised one. */
  readonly wrong: number;
  /** Further figures for the table, such as the longest time. */
  readonly figures?: string;
}
