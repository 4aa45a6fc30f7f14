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

/**
 * Decodes files in worker threads, a bounded number of them at a time, and hands each result over as it comes,
 * in no particular order. No file can take the process down: a worker that dies or hangs costs the image that it
 * was working on, and is replaced.
 *
 * @param onImage Called once for every path with its pixels, [height, width, 3], or the reason why it has none.
 * @throws {DataError} When the decoder itself cannot start.
 */
export async function decodeAll(
  paths: readonly string[],
  options: DecodeOptions,
  onImage: (reply: DecodeReply) => void,
): Promise<void> {
  const remaining = paths.keys();
  const lanes = Math.max(1, Math.min(options.workers, Math.ceil(paths.length / IN_FLIGHT)));
  const stopped = new AbortController();
  const results = await Promise.allSettled(
    Array.from({ length: lanes }, () => runLane(paths, remaining, options, onImage, stopped)),
  );
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Keeps one worker busy, and puts another in its place where it fails, until nothing remains. */
async function runLane(
  paths: readonly string[],
  remaining: Iterator<number>,
  options: DecodeOptions,
  onImage: (reply: DecodeReply) => void,
  stopped: AbortController,
): Promise<void> {
  const held: number[] = [];
  const refill = () => {
    while (held.length < IN_FLIGHT && !stopped.signal.aborted) {
      const { done, value } = remaining.next();
      if (done) break;
      held.push(value);
    }
    return held.length > 0;
  };
  try {
    while (refill()) {
      const reason = await runWorker(paths, held, refill, options, onImage);
      if (reason !== undefined) onImage({ index: held.shift()!, reason });
    }
  } catch (error) {
    stopped.abort(); // The other lanes end after what they hold.
    throw error;
  }
}

/**
 * Works through `held`, oldest first, until nothing is left, or until the worker fails.
 *
 * @returns Why the worker failed on the oldest of `held`, or undefined when all is done.
 */
function runWorker(
  paths: readonly string[],
  held: number[],
  refill: () => boolean,
  { height, width, timeout = 30_000 }: DecodeOptions,
  onImage: (reply: DecodeReply) => void,
): Promise<string | undefined> {
  const worker = new Worker(new URL("./decode_worker.ts", import.meta.url), { type: "module" });
  let timer: ReturnType<typeof setTimeout> | undefined;
  return new Promise<string | undefined>((resolve, reject) => {
    let ready = false;
    let sent = 0;
    const limit = (milliseconds: number, onLate: (what: string) => void) => {
      clearTimeout(timer);
      timer = setTimeout(() => onLate(`gave no result within ${milliseconds / 1000} s`), milliseconds);
    };
    limit(START_TIMEOUT, (what) => reject(new DataError(couldNotStart(what))));
    const send = () => {
      for (; sent < held.length; sent++) {
        const index = held[sent]!;
        worker.postMessage({ index, path: paths[index]!, height, width } satisfies DecodeRequest);
      }
    };
    worker.onmessage = ({ data }: MessageEvent<DecodeReply | string>) => {
      try {
        if (typeof data === "string") {
          ready = true;
        } else {
          held.shift();
          sent--;
          onImage(data);
          if (!refill()) return resolve(undefined);
        }
        send();
        limit(timeout, resolve);
      } catch (error) {
        reject(error);
      }
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (ready) resolve(`the decoder failed on it (${event.message})`);
      else reject(new DataError(couldNotStart(event.message)));
    };
  }).finally(() => {
    clearTimeout(timer);
    worker.terminate();
  });
}

function couldNotStart(message: string): string {
  return `The image decoder could not start: ${message}. It is the package imagescript, which runs in worker ` +
    `threads and needs the permissions --allow-read and --allow-env; \`deno install\` fetches it.`;
}
