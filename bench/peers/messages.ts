/** What the runner and the processes of the peers tell each other: lines of JSON. */
import type { GpuUse } from "./gpu_meter.ts";

/** Lines of a peer's standard output that begin with this are messages; libraries may write other lines. */
export const MESSAGE = "@@peer ";

/** One run of a task. */
export interface Run {
  readonly milliseconds: number;
  /** CPU time of the process, all threads added up; the software adapter's threads are among them. */
  readonly cpuMilliseconds: number;
  /** Dispatches and submits of this run. */
  readonly dispatches: number;
  readonly submits: number;
  /** The loss [1], or the embeddings, row-major. */
  readonly result: readonly number[];
}

/** After the peer was started: loading and compiling included in `open`, not in `first`. */
export interface Opened {
  readonly kind: "opened";
  /** From loading the library to being ready, in milliseconds. */
  readonly openMilliseconds: number;
  /** The first run, in which shaders are compiled. */
  readonly first: Run;
  /** The adapter's name, for peers on WebGPU. */
  readonly adapter: string | undefined;
}

/** After each request for a turn. */
export interface Turn {
  readonly kind: "turn";
  readonly runs: readonly Run[];
  readonly gpu: GpuUse;
}

/** Instead of either, what the library said. */
export interface Failed {
  readonly kind: "failed";
  readonly message: string;
}

/** What a peer's process answers. */
export type Answer = Opened | Turn | Failed;

/** A library's message in one line of at most `most` characters. */
export function shortened(message: string, most = 200): string {
  const line = message.replace(/\s+/g, " ")
    .trim();
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}
