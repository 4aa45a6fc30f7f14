/** Messages between the runner and the peers' processes: lines of JSON. */
import type { GpuUse } from "./gpu_meter.ts";

/** Lines of a peer's standard output that begin with this are messages; libraries may write other lines. */
export const MESSAGE = "@@peer ";

/** One run of a task. */
export interface Run {
  readonly milliseconds: number;
  /** CPU time of all threads of the process, those of a software adapter included. */
  readonly cpuMilliseconds: number;
  /** Dispatches and submits of this run. */
  readonly dispatches: number;
  readonly submits: number;
  /** The loss [1], or the embeddings, row-major. */
  readonly result: readonly number[];
}

/** The first answer, once the library is loaded and has run the task once. */
export interface Opened {
  readonly kind: "opened";
  /** From loading the library to being ready, in milliseconds. */
  readonly openMilliseconds: number;
  /** The first run, in which shaders are compiled. */
  readonly first: Run;
  /** The adapter's name, for peers on WebGPU. */
  readonly adapter: string | undefined;
}

/** The answer to each request for a turn. */
export interface Turn {
  readonly kind: "turn";
  readonly runs: readonly Run[];
  readonly gpu: GpuUse;
}

/** The library's error message, sent instead of either. */
export interface Failed {
  readonly kind: "failed";
  readonly message: string;
}

/** All answers of a peer's process. */
export type Answer = Opened | Turn | Failed;

/** Shortens a library's message to one line of at most `most` characters. */
export function shortened(message: string, most = 200): string {
  const line = message.replace(/\s+/g, " ")
    .trim();
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}
