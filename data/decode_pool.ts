import type { DecodeReply, DecodeRequest } from "./decode_worker.ts";
import { DataError } from "./errors.ts";

/** How to decode: every image is resized to [height, width]. */
export interface DecodeOptions {
  /** Pixels down after resizing. */
  height: number;
  /** Pixels across after resizing. */
  width: number;
  /** Threads that decode. */
  workers: number;
  /** An image that takes longer than this is given up, in milliseconds. Default 30,000. */
  timeout?: number;
}

/** Requests that a worker holds: one that it works on and one that waits, so that it is never idle. */
const IN_FLIGHT = 2;

/** What a worker may take to load the decoder, in milliseconds. */
const START_TIMEOUT = 60_000;

interface Job {
  readonly path: string;
  readonly resolve: (decoded: DecodeReply) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Worker threads that decode files. No file can take the process down: a worker that dies or hangs costs the image
 * that it was working on, and is replaced.
 */
export class DecodePool {
  readonly #waiting: Job[] = [];
  readonly #lanes: Lane[];

  /** Workers start with the first images. */
  constructor(readonly options: DecodeOptions) {
    const next = () => this.#waiting.shift();
    this.#lanes = Array.from({ length: Math.max(1, options.workers) }, () => new Lane(options, next));
  }

  /** Images that can be under way at once; more of them wait for their turn. */
  get lanes(): number {
    return this.#lanes.length * IN_FLIGHT;
  }

  /**
   * Decodes one file; images are begun in the order of the calls and end in any order.
   *
   * @throws {DataError} When the decoder itself cannot start.
   */
  decode(path: string): Promise<DecodeReply> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ path, resolve, reject });
      // One that is at rest, lest the first threads take all there is to do.
      const lane = this.#lanes.reduce((a, b) => b.held < a.held ? b : a);
      lane.refill();
    });
  }

  /** Ends the threads; images that are still under way never come. */
  close(): void {
    this.#waiting.length = 0;
    for (const lane of this.#lanes) lane.close();
  }
}

/** One worker, and another in its place where it fails. */
class Lane {
  #worker: Worker | undefined;
  #ready = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What the worker has been sent or is to be sent, oldest first. */
  #held: Job[] = [];
  #sent = 0;

  constructor(readonly options: DecodeOptions, readonly next: () => Job | undefined) {}

  /** Images that wait for this worker. */
  get held(): number {
    return this.#held.length;
  }

  /** Takes from what waits as much as the worker may hold. */
  refill(): void {
    while (this.#held.length < IN_FLIGHT) {
      const job = this.next();
      if (job === undefined) break;
      this.#held.push(job);
    }
    if (this.#held.length === 0) return clearTimeout(this.#timer);
    if (this.#worker === undefined) this.#start();
    else if (this.#ready) this.#send();
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
    this.#limit(START_TIMEOUT, (what) => this.#giveUp(what));
    worker.onmessage = ({ data }: MessageEvent<DecodeReply | string>) => {
      if (this.#worker !== worker) return; // It was ended while this was on its way.
      if (typeof data === "string") {
        this.#ready = true;
      } else {
        this.#sent--;
        this.#held.shift()!.resolve(data);
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

  #send(): void {
    const { height, width } = this.options;
    if (this.#sent === 0) this.#watch();
    for (; this.#sent < this.#held.length; this.#sent++) {
      const { path } = this.#held[this.#sent]!;
      this.#worker!.postMessage({ path, height, width } satisfies DecodeRequest);
    }
  }

  /** Gives the oldest image its time. */
  #watch(): void {
    this.#limit(this.options.timeout ?? 30_000, (what) => this.#replace(what));
  }

  #limit(milliseconds: number, onLate: (what: string) => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => onLate(`gave no result within ${milliseconds / 1000} s`), milliseconds);
  }

  /** Gives up the oldest image; a new worker goes on with the others. */
  #replace(reason: string): void {
    this.close();
    this.#held.shift()!.resolve({ reason });
    this.refill();
  }

  #giveUp(what: string): void {
    this.close();
    for (const { reject } of this.#held.splice(0)) reject(new DataError(couldNotStart(what)));
  }
}

/**
 * Decodes files in worker threads, a bounded number of them at a time, and hands each result over as it comes,
 * in no particular order.
 *
 * @param onImage Called once for every path with its pixels, [height, width, 3], or the reason why it has none.
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
    `threads and needs the permissions --allow-read and --allow-env; \`deno install\` fetches it.`;
}
