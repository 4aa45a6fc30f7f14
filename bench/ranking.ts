/**
 * Ranks a random gallery of Market-1501's size for all of its queries, `deno task bench:ranking`: the time beside
 * that of its distances alone and the least in which the adapter could compute them, the memory, and whether sampled
 * queries are ranked exactly as a CPU ranks the same distances.
 */
import assert from "node:assert/strict";
import {
  betterPeaks,
  constant,
  constantWords,
  Device,
  f32,
  gramDistance,
  leastMilliseconds,
  measurePeaks,
  pickColumns,
  Program,
  Random,
  wallClock,
  Words,
} from "../engine/mod.ts";
import { rankGallery, type RankingProblem } from "../eval/rank_gallery.ts";
import { distancesOf, rankedOnCpu } from "../tests/reference/ranking.ts";
import { clockInWords, kernelClock } from "./clock.ts";
import { drawProblem, GALLERY, QUERIES, SIZE } from "./ranking_problem.ts";
import { giga, peaksLine } from "./roofline_table.ts";

/** Queries of a block, as `rankGallery` shares them out. */
const ROWS = 241;
const REPEATS = 2;
const DETAILS = { top: 10, sampled: Array.from({ length: 100 }, (_, i) => 159 * i) };

/** Milliseconds, by the clock for kernels and of the wall. */
interface Timing {
  readonly time: number;
  readonly wall: number;
}

const device = await Device.open();
const clock = kernelClock(device);
try {
  await main();
} finally {
  device.destroy();
}

async function main(): Promise<void> {
  const problem = drawProblem(new Random(1), 0);
  let peaks = await measurePeaks(device, clock);
  const distances: Timing[] = [], ranking: Timing[] = [];
  let ranked = await rankGallery(device, firstQueries(problem, ROWS), DETAILS); // Compiles the kernels.
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    distances.push(await timed(() => distancesAlone(problem)));
    ranking.push(await timed(async () => void (ranked = await rankGallery(device, problem, DETAILS))));
  }
  peaks = betterPeaks(peaks, await measurePeaks(device, clock));
  const checked = await assertExact(problem, ranked.queries);

  const flops = 2 * QUERIES * GALLERY * SIZE;
  const bytesRead = 4 * (QUERIES + GALLERY) * SIZE, bytesWritten = 4 * QUERIES * GALLERY;
  const least = leastMilliseconds({ flops, bytesRead, bytesWritten }, peaks);
  const [alone, whole] = [quickest(distances), quickest(ranking)];
  const line = (what: string, { time, wall }: Timing) =>
    console.log(
      `  ${what.padEnd(24)}${seconds(time)}, ${(time / least).toFixed(2)} times the least, ${
        giga(1000 * flops / time)
      } GFLOP/s; ${seconds(wall)} passed`,
    );
  console.log(
    `${device.adapter.name}, tensors in ${device.storage}s, ${clockInWords(device)}: ${peaksLine(peaks)}`,
  );
  console.log(`${QUERIES} queries × ${GALLERY} gallery images × ${SIZE}, the quicker of ${REPEATS} runs:`);
  console.log(`  roofline of distances   ${seconds(least)}`);
  line("distances alone", alone);
  line("distances and ranking", whole);
  console.log(`  GPU memory              ${(ranked.gpuBytes / 2 ** 20).toFixed(1)} MiB at most`);
  console.log(`  ${checked} queries are ranked exactly as a CPU ranks the same distances`);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

function firstQueries(problem: RankingProblem, count: number): RankingProblem {
  const { embeddings, labels: { identity, camera } } = problem.queries;
  const labels = { identity: identity.subarray(0, count), camera: camera.subarray(0, count) };
  return { ...problem, queries: { embeddings: embeddings.subarray(0, count * SIZE), labels } };
}

async function timed(work: () => Promise<void>): Promise<Timing> {
  const [start, wallStart] = [clock(), wallClock()];
  await work();
  return { time: clock() - start, wall: wallClock() - wallStart };
}

function quickest(timings: readonly Timing[]): Timing {
  return timings.reduce((a, b) => b.time < a.time ? b : a);
}

/** The same blocks of distances, of which one a row comes back. */
async function distancesAlone({ queries, gallery, metric }: RankingProblem): Promise<void> {
  const program = await Program.record(device, { a: f32([ROWS, SIZE]) }, ({ a }) => {
    const distances = gramDistance(a, constant(gallery.embeddings, [GALLERY, SIZE]), metric);
    const first = new Words([ROWS, 1], constantWords(new Uint32Array(ROWS)).value);
    return { y: pickColumns(distances, first) };
  });
  const waiting: Promise<unknown>[] = [];
  for (let first = 0; first < QUERIES; first += ROWS) {
    const a = new Float32Array(ROWS * SIZE);
    a.set(queries.embeddings.subarray(first * SIZE, (first + ROWS) * SIZE));
    waiting.push((await program.submit({ a })).outputs);
  }
  await Promise.all(waiting);
  program.destroy();
}

/** Compares a few queries of three blocks, and says how many. */
async function assertExact(
  problem: RankingProblem,
  ranked: Awaited<ReturnType<typeof rankGallery>>["queries"],
): Promise<number> {
  let checked = 0;
  for (const block of [0, 6, 12]) {
    const distances = await distancesOf(device, problem, block * ROWS, ROWS);
    for (let row = 0; row < ROWS; row += 20, checked++) {
      const q = block * ROWS + row;
      const expected = rankedOnCpu(
        problem,
        q,
        distances.subarray(row * GALLERY, (row + 1) * GALLERY),
        DETAILS,
      );
      assert.deepEqual(ranked[q], expected);
    }
  }
  return checked;
}
