/**
 * The tuner: runs every computation of a program that has several variants as each of them, and keeps the fastest. It
 * changes nothing; {@link Device.choose} takes what it returns.
 */
import { type Choices, shaderText, type Tunable, variantsOf, type VariantWork } from "../../kernels/mod.ts";
import type { Device } from "../device.ts";
import { DispatchTimer, timedStorage, wallClock } from "./dispatch_timer.ts";
import type { Recorded } from "../recorder.ts";
import { median, runsFor, timeDispatch, waitFloor } from "./timing.ts";

/**
 * Milliseconds that the runs of one timing take together. On a GPU many times the wait for them, some 10 ms that vary; a
 * software adapter's variants differ more than that, and are slow enough.
 */
const MILLISECONDS = { software: 4, gpu: 100 };
/** The median of this many timings counts. */
const REPEATS = 3;
/** A variant replaces the default only if it takes at most this share of its time, as timings vary. */
const WORTH_CHANGING = 0.95;

/** Milliseconds that some work takes on a device. */
export type Stopwatch = (device: Device, work: readonly VariantWork[]) => Promise<number>;

/** The computations of a program that have several variants, each once. */
export function tunables(dispatches: readonly Recorded[]): Tunable[] {
  const found = new Map<string, Tunable>();
  for (const { dispatch: { tunable } } of dispatches) {
    if (tunable) found.set(tunable.key, tunable);
  }
  return [...found.values()];
}

/**
 * Everything that decides how fast the variants of a computation are: of each its shaders as they are timed, with their
 * bindings' declarations and their tile, their constants and workgroups. A choice holds as long as this text does.
 */
export function compiledText(device: Device, { key, as }: Tunable): string {
  const work = (variant: string) =>
    as(variant).map(({ dispatch }) => [
      shaderText(dispatch, dispatch.bindings.map((binding) => timedStorage(device, binding))),
      dispatch.constants,
      dispatch.workgroups,
    ]);
  return JSON.stringify(variantsOf(key).map((variant) => [variant, work(variant)]));
}

/**
 * The fastest variant of every computation in `list`, by key; the one in use where none is clearly faster.
 *
 * @param stopwatch times the variants; by default runs them on random numbers for some milliseconds, on a GPU for tenths of a second.
 * @param onProgress called after each computation with the number that are done.
 */
export async function tune(
  device: Device,
  list: readonly Tunable[],
  { stopwatch, onProgress = () => {} }: {
    stopwatch?: Stopwatch;
    onProgress?: (done: number) => void;
  } = {},
): Promise<Choices> {
  const time = stopwatch ?? stopwatchAbove(await waitFloor(device));
  const choices = new Map<string, string>();
  for (const [i, { key, variant, as }] of list.entries()) {
    let best = { variant, milliseconds: WORTH_CHANGING * await time(device, as(variant)) };
    for (const other of variantsOf(key).filter((name) => name !== variant)) {
      const milliseconds = await time(device, as(other));
      if (milliseconds < best.milliseconds) best = { variant: other, milliseconds };
    }
    choices.set(key, best.variant);
    onProgress(i + 1);
  }
  return choices;
}

/** A stopwatch that times each dispatch in its own row of runs; waiting takes at least `floor` milliseconds. */
function stopwatchAbove(floor: number): Stopwatch {
  return async (device, work) => {
    let milliseconds = 0;
    for (const { dispatch, shapes } of work) {
      const timer = await DispatchTimer.make(device, dispatch, shapes);
      try {
        const runs = await runsFor(timer, floor, MILLISECONDS[device.target.adapterClass]);
        milliseconds += median(await timeDispatch(timer, runs, REPEATS, { clock: wallClock, floor }));
      } finally {
        timer.destroy();
      }
    }
    return milliseconds;
  };
}
