/** Commands on the ranks of a job: what the others do not print, and how the failure of one ends all. */
import process from "node:process";
import { ALONE, type Distributed, gatherValues, openRanks, type Ranks, RanksError } from "../ranks/mod.ts";
import { failure, RUN_AGAIN } from "./command.ts";
import type { FlagTable } from "./flags.ts";

/** `--distributed`: whether processes work together. */
export const DISTRIBUTED_FLAG = {
  type: "choice",
  choices: ["auto", "off"],
  default: "auto",
  help:
    "auto: where mpirun or srun started several processes, they share the work; off: each works alone, whatever started " +
    "it.",
} as const satisfies FlagTable[string];

/** Milliseconds for a launcher to pass on what a rank printed; MPICH's drops what it has not read when a job is aborted. */
const PRINT_MS = 300;

/**
 * Does work on the ranks of the job, or alone. Rank 0 prints for all. What a rank throws, also outside of the work, it
 * prints with its number, and ends the whole job with its exit code.
 *
 * @param whenLost advice if the GPU was lost or out of memory.
 * @throws {RanksError} when the ranks cannot be opened.
 */
export async function onRanks(
  distributed: Distributed,
  work: (ranks: Ranks) => Promise<number>,
  whenLost = RUN_AGAIN,
): Promise<number> {
  const ranks = openRanks({ distributed });
  if (ranks === ALONE) return await work(ranks);
  const printError = console.error;
  const end = (error: unknown): never => {
    const { code, message } = failure(error, whenLost);
    printError(`rank ${ranks.rank} of ${ranks.size}: ${message}`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PRINT_MS);
    return ranks.abort(code);
  };
  addEventListener("error", (event) => end(event.error));
  addEventListener("unhandledrejection", (event) => end(event.reason));
  endWithParent(end);
  if (ranks.rank > 0) beSilent();
  try {
    const code = await work(ranks);
    await ranks.finish();
    return code;
  } catch (error) {
    return end(error);
  }
}

/** Milliseconds between looks at the parent process. */
const PARENT_LOOK_MS = 1000;

/**
 * Ends the job when the process that started this one is gone. MPICH's launcher does not notice the death of a task
 * runner between it and this process, which would go on unseen.
 */
function endWithParent(end: (error: unknown) => never): void {
  const parent = Deno.ppid;
  const timer = setInterval(() => {
    if (Deno.ppid !== parent) end(new RanksError("The process that started this rank has ended."));
  }, PARENT_LOOK_MS);
  Deno.unrefTimer(timer);
}

/** Leaves printing to rank 0. */
function beSilent(): void {
  console.log = console.error = console.warn = () => {};
  process.stdout.write = process.stderr.write = () => true;
}

/** Prints the adapter of every rank, and which ranks may share one. */
export async function sayAdapters(ranks: Ranks, adapter: string): Promise<void> {
  if (ranks === ALONE) return;
  const places = await gatherValues(ranks, `${adapter} on ${ranks.host}`);
  places.forEach((place, rank) => console.error(`rank ${rank} of ${ranks.size}: ${place}`));
  for (const [place, sharing] of Map.groupBy(places.keys(), (rank) => places[rank]!)) {
    if (sharing.length === 1) continue;
    console.error(`note: ranks ${sharing.join(", ")} have ${place}: unless there are several, they share it`);
  }
}
