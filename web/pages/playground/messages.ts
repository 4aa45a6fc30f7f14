/** Messages between the page and the worker that runs the code. */

/** The most lines that a message and the page hold; earlier ones are left out. */
export const MOST_LINES = 500;

/** What the code printed with one call of the console. */
export interface Line {
  readonly kind: "log" | "warn" | "error";
  readonly text: string;
}

/** A dispatch in the order of the program. */
export interface PlannedDispatch {
  readonly kernel: string;
  readonly pass: string;
  readonly workgroups: readonly number[];
  readonly flops: number;
  /** The least that it must move. */
  readonly bytes: number;
}

/** A program that the code recorded. */
export interface PlannedProgram {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly dispatches: readonly PlannedDispatch[];
  /** Bytes by purpose; `total` is their sum. */
  readonly memory: Readonly<Record<"temporaries" | "inputs" | "constants" | "readback" | "total", number>>;
  readonly adapter: { readonly name: string; readonly software: boolean };
}

/** Message from the page to a new worker, the only one: the code. */
export type Command = string;

/** Messages from the worker to the page. */
export type Report =
  | { readonly is: "printed"; readonly lines: readonly Line[]; readonly leftOut: number }
  | { readonly is: "program"; readonly program: PlannedProgram }
  /** The module and what it awaits have run. */
  | { readonly is: "done" }
  | { readonly is: "failure"; readonly text: string; readonly line?: number; readonly noAdapter: boolean };
