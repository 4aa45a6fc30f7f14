/**
 * Every kernel at the shapes of MobileNetV2: `deno task bench`. Waiting for the GPU costs milliseconds, so an iteration
 * is many runs in one submit; how many stands in the row's name. At the end comes one table of time per run,
 * held against the peaks of the same adapter measured in the same run.
 */
import assert from "node:assert/strict";
import {
  betterPeaks,
  Device,
  DispatchTimer,
  measurePeaks,
  median,
  runsFor,
  waitFloor,
} from "../engine/mod.ts";
import { clockInWords, kernelClock } from "./clock.ts";
import { type Measured, peaksLine, rooflineTable } from "./roofline_table.ts";
import { type BenchRow, workOf } from "./row.ts";
import { allRows } from "./rows/all_rows.ts";
import { type Ladder, ladders } from "./rows/naive.ts";

/** About how long the runs of one iteration take together. */
const MILLISECONDS = 40;
/** Iterations whose median counts. */
const ITERATIONS = 4;

const device = await Device.open();
const clock = kernelClock(device);
const floor = await waitFloor(device, clock);
let peaks = await measurePeaks(device, clock);
/** Milliseconds of a run, by row, in the order of the bench. */
const timings = new Map<BenchRow, number[]>();
/** The row that is being timed: only its operands are in memory. */
let current: { row: BenchRow; timer: DispatchTimer } | undefined;

for (const ladder of ladders()) {
  await checkAgreement(ladder);
  for (const row of [ladder.naive, ...ladder.variants]) await register(row);
}
for (const row of allRows(device.target)) await register(row);

// Minutes later: on a machine that others use, the first measurement may have met a bad moment.
Deno.bench("peaks once more", { n: 1, warmup: 0 }, async () => {
  peaks = betterPeaks(peaks, await measurePeaks(device, clock));
});

globalThis.addEventListener("unload", () => {
  const measured = [...timings].map(([row, times]): Measured => ({
    kernel: row.dispatch.kernel,
    layer: row.layer,
    milliseconds: median(times.slice(1)), // The first is for warming up.
    work: workOf(row),
  }));
  const what = `${device.adapter.name}, tensors in ${device.storage}s, ${clockInWords(device)}`;
  console.log(`\n${what}: ${peaksLine(peaks)}\n`);
  console.log(rooflineTable(measured, peaks));
  device.destroy();
});

/** Finds out how many runs make an iteration, and has `deno bench` time them. */
async function register(row: BenchRow): Promise<void> {
  const { kernel } = row.dispatch;
  const trial = await DispatchTimer.make(device, row.dispatch, row.operands);
  const runs = await runsFor(trial, peaks.waitFloor, MILLISECONDS);
  trial.destroy();
  Deno.bench({
    name: `${kernel}, ${row.layer}, ${runs} runs`,
    group: kernel,
    n: ITERATIONS,
    warmup: 1,
    async fn(bench) {
      const timer = await timerOf(row);
      bench.start();
      const milliseconds = await timer.run(runs, clock);
      bench.end();
      timings.get(row)!.push((milliseconds - floor) / runs);
    },
  });
}

/** The row's dispatch on its operands, which take the place of the last row's. */
async function timerOf(row: BenchRow): Promise<DispatchTimer> {
  if (current?.row !== row) {
    current?.timer.destroy();
    current = { row, timer: await DispatchTimer.make(device, row.dispatch, row.operands) };
    timings.set(row, []);
  }
  return current.timer;
}

/** A naive kernel is the reference that every variant must agree with before one is timed. */
async function checkAgreement({ naive, variants }: Ladder): Promise<void> {
  const expected = await outputOf(naive);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (const variant of variants) {
    const actual = await outputOf(variant);
    const error = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i])), 0);
    assert.ok(
      largest > 0 && error <= 1e-5 * largest,
      `${variant.dispatch.kernel}, ${variant.layer}, and the naive kernel differ by ${error}`,
    );
  }
}

async function outputOf({ dispatch, operands }: BenchRow): Promise<Float32Array> {
  const timer = await DispatchTimer.make(device, dispatch, operands);
  try {
    await timer.run(1);
    return await timer.read("y");
  } finally {
    timer.destroy();
  }
}
