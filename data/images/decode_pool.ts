import type { DecodeReply, DecodeRequest } from "./decode_worker.ts";
import { DataError } from "../errors.ts";

/** Options of decoding; every image is resized to [height, width]. */
export interface DecodeOptions {
  /** Pixels down after resizing. */
  height: number;
  /** Pixels across after resizing. */
  width: number;
  /** Threads that decode. */
  workers: number;
  /** Whether replies describe the picture before it was resized; false by default. */
  describe?: boolean;
  /** Milliseconds that each attempt at an image may take; see `TIMEOUTS`, the default. */
  timeouts?: readonly number[];
}

/** Requests that a worker holds: one in progress and one waiting, so that it is never idle. */
const IN_FLIGHT = 2;

/** Milliseconds that a worker may take to load the decoder, on a busy machine. */
const START_TIMEOUT = 600_000;

/**
 * Milliseconds of the first attempt at an image and of the second one, by a new worker. The first may be late because the
 * machine is busy with other work; a decoder that hangs is late both times, and the image is given up.
 */
const TIMEOUTS = [30_000, 300_000] as const;

interface Job {
  readonly path: string;
  /** Attempts that took too long. */
  late: number;
  readonly resolve: (decoded: DecodeReply) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Worker threads that decode files. No file can end the process: a worker that dies or hangs loses the image in
 * progress, and is replaced.
 */
export class DecodePool {
  readonly #waiting: Job[] = [];
  readonly #lanes: Lane[];

  /** Workers start with the first images. At least one worker is used. */
  constructor(readonly options: DecodeOptions) {
    const next = () => this.#waiting.shift();
    this.#lanes = Array.from({ length: Math.max(1, options.workers) }, () => new Lane(options, next));
  }

  /** Images that can be in progress at once; more of them wait. */
  get lanes(): number {
    return this.#lanes.length * IN_FLIGHT;
  }

  /**
   * Decodes one file. Images start in the order of the calls and finish in any order.
   *
   * @throws {DataError} When the decoder itself cannot start.
   */
  decode(path: string): Promise<DecodeReply> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ path, late: 0, resolve, reject });
      // The least busy lane, so that the work spreads over all threads.
      this.#lanes.reduce((a, b) => b.held < a.held ? b : a).refill();
    });
  }

  /** Ends the threads; images in progress never resolve. */
  close(): void {
    this.#waiting.length = 0;
    for (const lane of this.#lanes) lane.close();
  }
}

/** One worker, which is replaced when it fails. */
class Lane {
  #worker: Worker | undefined;
  #ready = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Images that the worker was sent or will be sent, oldest first. */
  #held: Job[] = [];
  #sent = 0;

  constructor(readonly options: DecodeOptions, readonly next: () => Job | undefined) {}

  /** Images that this lane holds. */
  get held(): number {
    return this.#held.length;
  }

  /** Takes as many waiting images as the worker may hold. */
  refill(): void {
    while (this.#held.length < IN_FLIGHT) {
      const job = this.next();
      if (job === undefined) break;
      this.#held.push(job);
    }
    if (this.#held.length === 0) return clearTimeout(this.#timer);
    if (this.#worker === undefined) this.#start();
    else if (this.#ready) this.#send(this.#worker);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#ready = false;
    this.#sent = 0;
  }

  #start(): void {
    const worker = new Worker(new URL("./decode_worker.ts", import.meta.url), { type: "module" });
    this.#worker = worker;
    this.#limit(START_TIMEOUT, (reason) => this.#giveUp(reason));
    worker.onmessage = ({ data }: MessageEvent<DecodeReply | string>) => {
      if (this.#worker !== worker) return; // The worker was ended after it sent this.
      if (typeof data === "string") {
        this.#ready = true;
      } else {
        this.#sent--;
        this.#held.shift()?.resolve(data);
        if (this.#sent > 0) this.#watch();
        else clearTimeout(this.#timer);
      }
      this.refill();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.#worker !== worker) return;
      if (this.#ready) this.#replace(`the decoder failed on it (${event.message})`);
      else this.#giveUp(event.message);
    };
  }

  #send(worker: Worker): void {
    const { height, width, describe = false } = this.options;
    if (this.#sent === 0) this.#watch();
    for (const { path } of this.#held.slice(this.#sent)) {
      worker.postMessage({ path, height, width, describe } satisfies DecodeRequest);
    }
    this.#sent = this.#held.length;
  }

  /** Starts the time limit of the oldest image. */
  #watch(): void {
    const [job] = this.#held;
    if (job === undefined) return;
    const timeouts = this.options.timeouts ?? TIMEOUTS;
    this.#limit(timeouts[job.late] ?? START_TIMEOUT, (reason) => {
      if (++job.late === timeouts.length) return this.#replace(reason);
      this.close();
      this.refill(); // A new worker begins with the same image.
    });
  }

  #limit(milliseconds: number, onLate: (reason: string) => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => onLate(`gave no result within ${milliseconds / 1000} s`), milliseconds);
  }

  /** Gives up the oldest image; a new worker continues with the others. */
  #replace(reason: string): void {
    this.close();
    this.#held.shift()?.resolve({ reason });
    this.refill();
  }

  #giveUp(reason: string): void {
    this.close();
    for (const { reject } of this.#held.splice(0)) reject(new DataError(couldNotStart(reason)));
  }
}

/**
 * Decodes files in worker threads, a bounded number at a time, and passes each result on as it arrives, in any order.
 *
 * @param onImage Called once for every path with its pixels [height, width, 3], or the reason why it has none.
 * @throws {DataError} When the decoder itself cannot start.
 */
export async function decodeAll(
  paths: readonly string[],
  options: DecodeOptions,
  onImage: (reply: { index: number } & DecodeReply) => void,
): Promise<void> {
  const workers = Math.max(1, Math.min(options.workers, Math.ceil(paths.length / IN_FLIGHT)));
  const pool = new DecodePool({ ...options, workers });
  const remaining = paths.entries();
  const work = async () => {
    for (const [index, path] of remaining) onImage({ index, ...await pool.decode(path) });
  };
  try {
    await Promise.all(Array.from({ length: pool.lanes }, work));
  } finally {
    pool.close();
  }
}

function couldNotStart(message: string): string {
  return `The image decoder could not start: ${message}. It is the package imagescript, which runs in worker ` +
    "threads and needs the permissions to read files and the environment; `deno install` fetches it.";
}
