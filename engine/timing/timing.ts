/** How long one dispatch takes, when only rows of them can be timed. */
import type { Device } from "../device.ts";
import { type Clock, type DispatchTimer, wallClock } from "./dispatch_timer.ts";

/** No more runs than this in one submit. */
const MOST_RUNS = 4096;

/**
 * Milliseconds that waiting for an idle GPU takes, the median of a few waits: to be subtracted from timings.
 */
export async function waitFloor(device: Device, clock: Clock = wallClock): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 9; i++) {
    const start = clock();
    device.attempt(
      "Cannot wait for the GPU",
      () => device.gpu.queue.submit([device.gpu.createCommandEncoder().finish()]),
    );
    await device.idle();
    times.push(clock() - start);
  }
  return median(times);
}

/**
 * How many runs in a row make a timing: enough that they take about `milliseconds` and that the wait for them,
 * at least `floor` milliseconds of the wall, does not blur it. Runs the dispatch a few times; the first run compiles it.
 */
export async function runsFor(
  timer: DispatchTimer,
  floor: number,
  milliseconds: number,
  clock: Clock = wallClock,
): Promise<number> {
  await timer.run(1);
  let count = 1;
  for (;;) {
    const spent = await timer.run(count, clock) - floor;
    if (spent >= milliseconds / 2 || count >= MOST_RUNS) {
      return Math.min(MOST_RUNS, Math.max(1, Math.ceil(count * milliseconds / Math.max(spent, 0.01))));
    }
    count = Math.min(MOST_RUNS, count * 4);
  }
}

/** Milliseconds of one run of the dispatch, from each of `repeats` rows of `count` runs. */
export async function timeDispatch(
  timer: DispatchTimer,
  count: number,
  repeats: number,
  { clock, floor }: { clock: Clock; floor: number },
): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) times.push((await timer.run(count, clock) - floor) / count);
  return times;
}

/** The middle of some numbers, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}
