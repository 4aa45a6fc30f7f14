/** Where a program's time goes, kernel by kernel, from GPU timestamps. */
import type { Recorded, Work } from "../engine/mod.ts";
import { recordedWork } from "./program_work.ts";
import type { Measured } from "./roofline_table.ts";

/** One dispatch and how long it took. */
export interface ProfiledDispatch {
  readonly recorded: Recorded;
  readonly milliseconds: number;
}

/** Dispatches added up by kernel, the most expensive kernel first. */
export function byKernel(profile: readonly ProfiledDispatch[]): Measured[] {
  const groups = Map.groupBy(profile, ({ recorded }) => recorded.dispatch.kernel);
  const total = profile.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return [...groups].map(([kernel, runs]): Measured => {
    const milliseconds = runs.reduce((sum, run) => sum + run.milliseconds, 0);
    const share = `${Math.round(100 * milliseconds / total)} % of all`;
    return { kernel, layer: `${runs.length} ×, ${share}`, milliseconds, work: sum(runs) };
  }).sort((a, b) => b.milliseconds - a.milliseconds);
}

function sum(runs: readonly ProfiledDispatch[]): Work {
  const works = runs.map(({ recorded }) => recordedWork(recorded));
  const total = (key: keyof Work) => works.reduce((sum, work) => sum + work[key], 0);
  return { flops: total("flops"), bytesRead: total("bytesRead"), bytesWritten: total("bytesWritten") };
}

/**
 * The profiles, a row each, in Chrome's trace format: open it in chrome://tracing or ui.perfetto.dev. Dispatches stand
 * one after another as long as they took; copies and gaps between them are not shown.
 *
 * Format: "Trace Event Format", complete events ("X"), times in microseconds.
 */
export function chromeTrace(profiles: Readonly<Record<string, readonly ProfiledDispatch[]>>): string {
  const events = Object.entries(profiles).flatMap(([name, profile], row) => {
    let time = 0;
    const title = { name: "thread_name", ph: "M", pid: 1, tid: row, args: { name } };
    const complete = profile.map(({ recorded, milliseconds }) => {
      const { kernel, constants, bindings, cost } = recorded.dispatch;
      const shapes = Object.fromEntries(bindings.map((b, i) => [b.name, recorded.values[i].shape.join("×")]));
      const event = {
        name: kernel,
        ph: "X",
        pid: 1,
        tid: row,
        ts: 1000 * time,
        dur: 1000 * milliseconds,
        args: { ...shapes, ...constants, "GFLOP/s": cost.flops / milliseconds / 1e6 },
      };
      time += milliseconds;
      return event;
    });
    return [title, ...complete];
  });
  return JSON.stringify({ displayTimeUnit: "ms", traceEvents: events });
}
