/**
 * `deno task bench:reranking`: re-ranks a random gallery, by default of Market-1501's size, for all of its queries. It
 * shows the time, the least time in which the adapter could compute the distances, the memory, and the scores before and
 * after, for people whose images have little in common.
 */
import process from "node:process";
import { runCommand } from "../cli/command.ts";
import { type Command, parseFlags } from "../cli/flags.ts";
import { betterPeaks, Device, leastMilliseconds, measurePeaks, Random, wallClock } from "../engine/mod.ts";
import { evaluate } from "../eval/evaluate.ts";
import { evaluateRows } from "../eval/evaluate_rows.ts";
import { RERANK_DEFAULTS } from "../eval/rerank/options.ts";
import { rerank } from "../eval/rerank/rerank.ts";
import { clockInWords, kernelClock } from "./clock.ts";
import { drawProblem, PROBLEM_FLAGS, type ProblemSize, SIZE } from "./ranking_problem.ts";
import { peaksLine } from "./roofline_table.ts";
import { mebibytes, percent, seconds } from "./units.ts";

const COMMAND: Command = {
  usage: "deno task bench:reranking",
  summary:
    "Re-ranks a random gallery for all of its queries. Shows the time, the least time in which the adapter could " +
    "compute the distances, the memory, and the scores before and after.",
  examples: [
    ["deno task bench:reranking", "as large as Market-1501, minutes on a CPU"],
    ["deno task bench:reranking --queries 200 --gallery 2000", "a small one"],
  ],
};

/** With this little, images of a person are often nearer to other people than to each other. */
const LIKENESS = 0.1;

async function main(args: string[]): Promise<number> {
  const problemSize = parseFlags(COMMAND, PROBLEM_FLAGS, args);
  using device = await Device.open();
  await bench(device, problemSize);
  return 0;
}

async function bench(device: Device, problemSize: ProblemSize): Promise<void> {
  const clock = kernelClock(device);
  const problem = drawProblem(problemSize, new Random(1), LIKENESS);
  const { queries, gallery, size, metric } = problem;
  const drawn = Deno.memoryUsage().rss;
  let peaks = await measurePeaks(device, clock);
  let gpuBytes = 0, neighborsKnown = 0;
  const [start, wallStart] = [clock(), wallClock()];
  const rows = rerank(device, problem, RERANK_DEFAULTS, (progress) => {
    gpuBytes = progress.gpuBytes;
    if (progress.done <= progress.total - problemSize.queries) neighborsKnown = clock();
  });
  const reranked = await evaluateRows(rows, queries.labels, gallery.labels);
  const [end, wall] = [clock(), wallClock() - wallStart];
  const resident = 1024 * process.resourceUsage().maxRSS;
  peaks = betterPeaks(peaks, await measurePeaks(device, clock));
  const plain = await evaluate(device, queries, gallery, size, metric);

  const images = problemSize.queries + problemSize.gallery;
  const least = (m: number, n: number) =>
    leastMilliseconds(
      { flops: 2 * m * n * SIZE, bytesRead: 4 * (m + n) * SIZE, bytesWritten: 4 * m * n },
      peaks,
    );
  const roofline = least(images, images) + least(problemSize.queries, problemSize.gallery);
  console.log(
    `${device.adapter.name}, tensors in ${device.storage}s, ${clockInWords(device)}: ${peaksLine(peaks)}`,
  );
  console.log(
    `${problemSize.queries} queries + ${problemSize.gallery} gallery images × ${SIZE}, ${
      JSON.stringify(RERANK_DEFAULTS)
    }:`,
  );
  console.log(
    `  roofline of distances   ${seconds(roofline)}: all images to all, then queries to gallery images`,
  );
  console.log(`  nearest of all images   ${seconds(neighborsKnown - start)}`);
  console.log(`  encoding and re-ranking ${seconds(end - neighborsKnown)}`);
  console.log(
    `  both                    ${seconds(end - start)}, ${
      ((end - start) / roofline).toFixed(2)
    } times the least; ` +
      `${seconds(wall)} passed`,
  );
  console.log(`  GPU memory              ${mebibytes(gpuBytes)} at most`);
  console.log(
    `  process memory          ${mebibytes(resident)} at most, ${mebibytes(drawn)} before` +
      (device.adapter.software ? "; that of the software adapter is part of it" : ""),
  );
  for (const [name, { scores }] of Object.entries({ plain, "re-ranked": reranked })) {
    console.log(`  ${name.padEnd(24)}rank-1 ${percent(scores.rank[1])}, mAP ${percent(scores.mAP)}`);
  }
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
