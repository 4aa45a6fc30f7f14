/**
 * `deno task bench:ranking`: ranks a random gallery, by default of Market-1501's size, for all of its queries. It shows
 * the time, the time of the distances alone, the least time in which the adapter could compute them, and the memory, and
 * checks that sampled queries are ranked exactly as a CPU ranks the same distances.
 */
import assert from "node:assert/strict";
import { runCommand } from "../cli/command.ts";
import { type Command, parseFlags } from "../cli/flags.ts";
import {
  betterPeaks,
  constant,
  constantUint32,
  Device,
  f32,
  gramDistance,
  leastMilliseconds,
  measurePeaks,
  pickColumns,
  Program,
  Random,
  Uint32Tensor,
  wallClock,
} from "../engine/mod.ts";
import { rankGallery, type RankingDetails, type RankingProblem } from "../eval/rank_gallery.ts";
import { distancesOf, rankedOnCpu } from "./ranked_on_cpu.ts";
import { clockInWords, kernelClock } from "./clock.ts";
import { drawProblem, PROBLEM_FLAGS, type ProblemSize, SIZE } from "./ranking_problem.ts";
import { giga, peaksLine } from "./roofline_table.ts";
import { mebibytes, seconds } from "./units.ts";

const COMMAND: Command = {
  usage: "deno task bench:ranking",
  summary:
    "Ranks a random gallery for all of its queries. Shows the time, the time of the distances alone, the least time in " +
    "which the adapter could compute them, and the memory. Compares some queries with their ranking on the CPU.",
  examples: [
    ["deno task bench:ranking", "as large as Market-1501, half a minute to minutes on a CPU"],
    ["deno task bench:ranking --queries 241 --gallery 2000", "a small one"],
  ],
};

/** The most queries of a block in `rankGallery`. */
const ROWS = 241;
const REPEATS = 2;
/** How many ranks to sample. */
const SAMPLES = 100;

/** Milliseconds, by the clock for kernels and by the wall clock. */
interface Timing {
  readonly time: number;
  readonly wall: number;
}

async function main(args: string[]): Promise<number> {
  const size = parseFlags(COMMAND, PROBLEM_FLAGS, args);
  using device = await Device.open();
  await bench(device, size);
  return 0;
}

async function bench(device: Device, size: ProblemSize): Promise<void> {
  const clock = kernelClock(device);
  const problem = drawProblem(size, new Random(1), 0);
  const rows = Math.min(ROWS, size.queries);
  const details: RankingDetails = {
    top: 10,
    sampled: Array.from({ length: SAMPLES }, (_, i) => Math.floor(i * size.gallery / SAMPLES)),
  };
  const timed = async (work: () => Promise<void>): Promise<Timing> => {
    const [start, wallStart] = [clock(), wallClock()];
    await work();
    return { time: clock() - start, wall: wallClock() - wallStart };
  };
  let peaks = await measurePeaks(device, clock);
  const distances: Timing[] = [], ranking: Timing[] = [];
  let ranked = await rankGallery(device, firstQueries(problem, rows), details); // Compiles the kernels.
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    distances.push(await timed(() => distancesAlone(device, problem, rows)));
    ranking.push(await timed(async () => void (ranked = await rankGallery(device, problem, details))));
  }
  peaks = betterPeaks(peaks, await measurePeaks(device, clock));
  const checked = await assertExact(device, problem, rows, details, ranked.queries);

  const { queries, gallery } = size;
  const flops = 2 * queries * gallery * SIZE;
  const bytesRead = 4 * (queries + gallery) * SIZE, bytesWritten = 4 * queries * gallery;
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
  console.log(`${queries} queries × ${gallery} gallery images × ${SIZE}, the quicker of ${REPEATS} runs:`);
  console.log(`  roofline of distances   ${seconds(least)}`);
  line("distances alone", alone);
  line("distances and ranking", whole);
  console.log(`  GPU memory              ${mebibytes(ranked.gpuBytes)} at most`);
  console.log(`  ${checked} queries are ranked exactly as a CPU ranks the same distances`);
}

function firstQueries(problem: RankingProblem, count: number): RankingProblem {
  const { embeddings, labels: { identity, camera } } = problem.queries;
  const labels = { identity: identity.subarray(0, count), camera: camera.subarray(0, count) };
  return { ...problem, queries: { embeddings: embeddings.subarray(0, count * SIZE), labels } };
}

function quickest(timings: readonly Timing[]): Timing {
  return timings.reduce((a, b) => b.time < a.time ? b : a);
}

/** Computes the same blocks of distances and reads back one of each row. */
async function distancesAlone(device: Device, problem: RankingProblem, rows: number): Promise<void> {
  const { queries, gallery, metric } = problem;
  const images = gallery.embeddings.length / SIZE;
  const program = await Program.record(device, { a: f32([rows, SIZE]) }, ({ a }) => {
    const distances = gramDistance(a, constant(gallery.embeddings, [images, SIZE]), metric);
    const first = new Uint32Tensor([rows, 1], constantUint32(new Uint32Array(rows)).value);
    return { y: pickColumns(distances, first) };
  });
  const waiting: Promise<unknown>[] = [];
  for (let first = 0; first < queries.embeddings.length; first += rows * SIZE) {
    const a = new Float32Array(rows * SIZE);
    a.set(queries.embeddings.subarray(first, first + rows * SIZE));
    waiting.push((await program.submit({ a })).outputs);
  }
  await Promise.all(waiting);
  program.destroy();
}

/** Compares some queries of the first, a middle and the last whole block, and returns how many. */
async function assertExact(
  device: Device,
  problem: RankingProblem,
  rows: number,
  details: RankingDetails,
  ranked: Awaited<ReturnType<typeof rankGallery>>["queries"],
): Promise<number> {
  const images = problem.gallery.embeddings.length / SIZE;
  const blocks = Math.floor(problem.queries.embeddings.length / SIZE / rows);
  let checked = 0;
  for (const block of new Set([0, blocks >> 1, blocks - 1])) {
    const distances = await distancesOf(device, problem, block * rows, rows);
    for (let row = 0; row < rows; row += 20, checked++) {
      const q = block * rows + row;
      const expected = rankedOnCpu(problem, q, distances.subarray(row * images, (row + 1) * images), details);
      assert.deepEqual(ranked[q], expected);
    }
  }
  return checked;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
