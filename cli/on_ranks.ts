/** Commands on the ranks of a job: what the others do not print, and how the failure of one ends all. */
import process from "node:process";
import {
  ALONE,
  type Distributed,
  gatherValues,
  openRanks,
  type Ranks,
  RanksError,
  sameOnAllRanks,
} from "../ranks/mod.ts";
import { failure, RUN_AGAIN } from "./command.ts";
import { flagName, type FlagTable, HelpRequest } from "./flags.ts";

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
/** Milliseconds that other ranks leave rank 0 to end the job for all, where the same fails on each. */
const RANK_ZERO_MS = 5 * PRINT_MS;

/**
 * What `--distributed` says in the arguments, before they are parsed: a mistake in those of one rank must end the job, for
 * which its ranks are to be connected.
 */
export function distributedIn(args: readonly string[]): Distributed {
  const last = args.join(" ").match(/--distributed[= ]\S+/g)?.at(-1);
  return last?.endsWith("off") ? "off" : "auto";
}

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
    if (ranks.rank > 0) wait(RANK_ZERO_MS);
    printError(`rank ${ranks.rank} of ${ranks.size}: ${message}`);
    wait(PRINT_MS);
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
    if (!(error instanceof HelpRequest)) return end(error);
    if (ranks.rank === 0) console.log(error.message);
    await ranks.finish();
    return 0;
  }
}

/** Stops this thread: what comes next ends the process. */
function wait(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/**
 * Compares the flags of all ranks.
 *
 * @param flags by key.
 * @param paths keys of those that may differ, as places of files are other ones on other machines.
 * @throws {RanksError} on every rank where others differ: which, and in what.
 */
export async function requireSameFlags(
  ranks: Ranks,
  flags: Readonly<Record<string, unknown>>,
  paths: readonly string[],
): Promise<void> {
  const compared = Object.entries(flags).filter(([key]) => !paths.includes(key));
  await sameOnAllRanks(
    ranks,
    Object.fromEntries(compared.map(([key, value]) => [`--${flagName(key)}`, JSON.stringify(value) ?? ""])),
  );
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

/** Prints the adapter of every rank, which ranks may share one, and whether they are of several kinds. */
export async function sayAdapters(ranks: Ranks, adapter: string): Promise<void> {
  if (ranks === ALONE) return;
  const places = await gatherValues(ranks, `${adapter} on ${ranks.host}`);
  places.forEach((place, rank) => console.error(`rank ${rank} of ${ranks.size}: ${place}`));
  for (const [place, sharing] of Map.groupBy(places.keys(), (rank) => places[rank]!)) {
    if (sharing.length === 1) continue;
    console.error(`note: ranks ${sharing.join(", ")} have ${place}: unless there are several, they share it`);
  }
  const kinds = new Set(await gatherValues(ranks, adapter));
  if (kinds.size === 1) return;
  console.error(
    "note: the ranks have adapters of several kinds, which round otherwise: results differ from those of one kind in " +
      "their last digits",
  );
}
