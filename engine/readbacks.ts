/**
 * Reading a program's outputs back to the host: each run of a group fills one slot of a buffer, which is mapped once for
 * all of them.
 *
 * Some runtimes, Deno among them, block the thread that waits for a buffer until the GPU has done all submitted work; the
 * GPU then idles while the next run is prepared. If the caller announces more runs, several are submitted before the first
 * wait: as many as take up to {@link GROUP_MS}.
 */
import type { Device } from "./device.ts";

/** The longest time that several runs of a group take together: a caller may wait that long for the first of them. */
const GROUP_MS = 500;
/** How long a group waits for an announced run, which may never come. */
const PATIENCE_MS = 10;

/** Takes the mapped bytes of a whole group; those of this run begin at `offset`. */
type Read<T> = (bytes: ArrayBuffer, offset: number) => T;

interface Waiting {
  read(bytes: ArrayBuffer): void;
  fail(error: unknown): void;
  settle(): void;
}

interface Group {
  readonly buffer: GPUBuffer;
  /** Time at which its first run was submitted. */
  begunAt: number;
  /** The runs that have filled a slot, in order. */
  waiting: Waiting[];
  /** Resolves when all of them have come back; undefined while slots are free. */
  busy: Promise<void> | undefined;
}

/** Slots for the outputs of the runs of one program. */
export class Readbacks {
  /** Two: one is filled while the other is read. */
  readonly #groups: readonly [Group, Group];
  #filling = 0;
  #wanted = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Time at which the latest group came back. */
  #backAt = 0;
  /** Resolves when the latest group has come back, or failed to. */
  #latest: Promise<void> = Promise.resolve();

  /**
   * @param bytes of one run's outputs.
   * @param slots most runs of a group.
   * @param allocate makes a buffer of that many bytes to be mapped for reading.
   */
  constructor(
    readonly device: Device,
    readonly bytes: number,
    readonly slots: number,
    allocate: (bytes: number) => GPUBuffer,
  ) {
    const group = (): Group => ({
      buffer: allocate(slots * bytes),
      begunAt: 0,
      waiting: [],
      busy: undefined,
    });
    this.#groups = [group(), group()];
  }

  /** Resolves when there is a slot for the next run; undefined if there is one now. */
  get busy(): Promise<void> | undefined {
    return this.#group.busy;
  }

  /** The slot for the next run's outputs: a buffer, and an offset in bytes. */
  get nextSlot(): { readonly buffer: GPUBuffer; readonly offset: number } {
    const { buffer, waiting } = this.#group;
    return { buffer, offset: waiting.length * this.bytes };
  }

  /**
   * Call when the run that fills {@link nextSlot} is submitted.
   *
   * @param more whether another run follows at once, so that one wait serves both.
   * @returns the result of `read`; runs come back in their order.
   */
  submitted<T>(read: Read<T>, more: boolean): Promise<T> {
    const group = this.#group;
    const { waiting } = group;
    if (waiting.length === 0) group.begunAt = performance.now();
    const { offset } = this.nextSlot;
    const promise = new Promise<T>((resolve, reject) => {
      let settle = () => {};
      waiting.push({
        read: (bytes) => {
          const result = read(bytes, offset);
          settle = () => resolve(result);
        },
        fail: (error) => settle = () => reject(error),
        settle: () => settle(),
      });
    });
    promise.catch(() => {}); // Outputs that nobody waits for must not end the process.
    clearTimeout(this.#timer);
    if (!more || waiting.length >= Math.min(this.#wanted, this.slots)) this.send();
    else this.#timer = setTimeout(() => this.send(), PATIENCE_MS);
    return promise;
  }

  /** Starts to read the outputs of all runs of the group that is being filled. */
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

  /** Resolves when all runs have come back, or failed to; sends those that wait for others. */
  async flush(): Promise<void> {
    this.send();
    await this.#latest;
  }

  /** From the time that a group took: how many runs may share a wait. */
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
