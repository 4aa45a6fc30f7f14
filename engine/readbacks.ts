/**
 * The way of a program's outputs back to the host: runs fill places in a buffer, which is mapped once for all of them.
 *
 * Some runtimes, Deno among them, stop the thread that waits for a buffer until the GPU has done all that was submitted,
 * so that it idles while the next run is prepared. Where more runs are announced several are submitted before any is
 * waited for, as many as take up to {@link GROUP_MS}.
 */
import type { Device } from "./device.ts";

/** Runs of a group take no longer together, if there are several: a caller may wait so long for the first of them. */
const GROUP_MS = 500;
/** For so long a run that was announced is waited for: it may be that no image is there. */
const PATIENCE_MS = 10;

/** Takes the mapped bytes of a whole group, in which its own begin at `offset`. */
type Read<T> = (bytes: ArrayBuffer, offset: number) => T;

interface Waiting {
  read(bytes: ArrayBuffer): void;
  fail(error: unknown): void;
  settle(): void;
}

interface Group {
  readonly buffer: GPUBuffer;
  /** When its first run was submitted. */
  begunAt: number;
  /** The runs that have filled a place, in order. */
  waiting: Waiting[];
  /** Resolves when all of them have come back; undefined while places are free. */
  busy: Promise<void> | undefined;
}

/** Places for the outputs of the runs of one program. */
export class Readbacks {
  /** Two: one is filled while the other is on its way. */
  readonly #groups: readonly [Group, Group];
  #filling = 0;
  #wanted = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When a group came back last. */
  #backAt = 0;
  /** Resolves when the latest group has come back, or failed to. */
  #latest: Promise<void> = Promise.resolve();

  /**
   * @param bytes of one run's outputs.
   * @param places most runs of a group.
   * @param allocate makes a buffer of so many bytes to be mapped for reading.
   */
  constructor(
    readonly device: Device,
    readonly bytes: number,
    readonly places: number,
    allocate: (bytes: number) => GPUBuffer,
  ) {
    const group = (): Group => ({
      buffer: allocate(places * bytes),
      begunAt: 0,
      waiting: [],
      busy: undefined,
    });
    this.#groups = [group(), group()];
  }

  /** What the next run has to wait for; undefined where there is a place for it. */
  get busy(): Promise<void> | undefined {
    return this.#group.busy;
  }

  /** Where the next run's outputs belong. */
  get place(): { readonly buffer: GPUBuffer; readonly offset: number } {
    const { buffer, waiting } = this.#group;
    return { buffer, offset: waiting.length * this.bytes };
  }

  /**
   * The run that fills {@link place} is submitted.
   *
   * @param more whether another run follows at once, so that its outputs may be waited for together with this one's.
   * @returns what `read` makes of the bytes; runs come back in their order.
   */
  submitted<T>(read: Read<T>, more: boolean): Promise<T> {
    const group = this.#group;
    const { waiting } = group;
    if (waiting.length === 0) group.begunAt = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    promise.catch(() => {}); // Outputs that nobody waits for must not end the process.
    const { offset } = this.place;
    let settle = () => {};
    waiting.push({
      read: (bytes) => {
        const result = read(bytes, offset);
        settle = () => resolve(result);
      },
      fail: (error) => settle = () => reject(error),
      settle: () => settle(),
    });
    clearTimeout(this.#timer);
    if (!more || waiting.length >= Math.min(this.#wanted, this.places)) this.send();
    else this.#timer = setTimeout(() => this.send(), PATIENCE_MS);
    return promise;
  }

  /** Sends for the outputs of all runs that are not on their way yet. */
  send(): void {
    clearTimeout(this.#timer);
    const group = this.#group;
    const { waiting } = group;
    if (waiting.length === 0) return;
    this.#filling = 1 - this.#filling;
    group.waiting = [];
    const earlier = this.#latest;
    const mapped = this.device.readBack(group.buffer, (bytes) => waiting.forEach((run) => run.read(bytes)));
    // WebGPU promises nothing about the order in which buffers are mapped.
    group.busy = this.#latest = (async () => {
      await mapped.catch((error) => waiting.forEach((run) => run.fail(error)));
      await earlier;
      this.#measure(group.begunAt, waiting.length);
      group.busy = undefined;
      for (const run of waiting) run.settle();
    })();
  }

  /** Runs that were begun then are back: how many more may share a wait. */
  #measure(begunAt: number, runs: number): void {
    const now = performance.now();
    const each = (now - Math.max(begunAt, this.#backAt)) / runs;
    this.#wanted = Math.max(1, Math.min(2 * runs, Math.floor(GROUP_MS / each)));
    this.#backAt = now;
  }

  get #group(): Group {
    return this.#groups[this.#filling]!;
  }
}
