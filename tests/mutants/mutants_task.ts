/** `deno task mutants`: makes small wrong changes to a copy of this program, one at a time, and runs its tests. */
import { EXIT, runCommand } from "../../cli/command.ts";
import { type FlagTable, parseFlags, UsageError } from "../../cli/flags.ts";
import { STOP_SIGNALS } from "../../cli/interrupt.ts";
import { formatSeconds } from "../../cli/progress.ts";
import { areaTable, type Outcome } from "./area_table.ts";
import { difference, type Mutant, mutated, testsOf } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { copyTree, tryTests } from "./try_tests.ts";

const COMMAND = {
  usage: "deno task mutants",
  summary:
    "Makes small wrong changes to a copy of this program, one at a time, and runs the tests that should " +
    "see them. Prints the changes that no test sees, and exits with 1 if there are any.",
  examples: [
    ["deno task mutants", "all changes, some 25 minutes of CPU"],
    ["deno task mutants --only optimizers/ --jobs 2", "one area, two at a time"],
  ],
} as const;

const FLAGS = {
  only: {
    type: "string",
    value: "NAMES",
    help: "Tries the changes whose names begin so; separated by commas.",
  },
  jobs: { type: "integer", default: 1, min: 1, max: 64, help: "How many are tried at the same time." },
} as const satisfies FlagTable;

/** Tests that run longer than this times their usual time have hung: so has the change been noticed. */
const LIMIT = 6;
const LEAST_LIMIT_SECONDS = 90;
const FIRST_LIMIT_SECONDS = 600;

function chosen(only: string | undefined): readonly Mutant[] {
  if (only === undefined) return MUTANTS;
  const prefixes = only.split(",").map((prefix) => prefix.trim());
  const wanted = MUTANTS.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
  if (wanted.length === 0) {
    const areas = [...new Set(MUTANTS.map(({ area }) => area))];
    throw new UsageError(`No change has a name that begins with '${only}'; areas are ${areas.join(", ")}`);
  }
  return wanted;
}

/** Calls `work` for all items, as many at a time as there are folders. */
async function inFolders<T>(
  folders: readonly string[],
  items: readonly T[],
  work: (item: T, folder: string) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(folders.map(async (folder) => {
    for (const item of queue) await work(item, folder);
  }));
}

export async function main(args: string[]): Promise<number> {
  const { only, jobs } = parseFlags(COMMAND, FLAGS, args);
  const mutants = chosen(only);
  const stop = new AbortController();
  for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, () => stop.abort());
  const began = performance.now();
  const base = await Deno.makeTempDir({ prefix: "mutants-" });
  const folders = Array.from({ length: jobs }, (_, i) => `${base}/${i + 1}`);
  try {
    for (const folder of folders) await copyTree(folder);
    const outcomes = await tryAll(mutants, folders, stop.signal);
    if (stop.signal.aborted) return EXIT.interrupted;
    console.log(`\n${areaTable(outcomes)}\n`);
    const bad = mutants.filter(({ name }) => ["survived", "error"].includes(outcomes.get(name) ?? "error"));
    for (const mutant of bad) {
      console.log(`${outcomes.get(mutant.name)}: ${mutant.name}\n${difference(mutant)}\n`);
    }
    console.error(`${mutants.length} changes in ${formatSeconds((performance.now() - began) / 1000)}`);
    return bad.length === 0 ? EXIT.done : EXIT.failed;
  } finally {
    await Deno.remove(base, { recursive: true });
  }
}

/** Runs the tests without a change, then with each. */
async function tryAll(
  mutants: readonly Mutant[],
  folders: readonly string[],
  stop: AbortSignal,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  for (const { name, equivalent } of mutants) {
    if (equivalent !== undefined) outcomes.set(name, "equivalent");
  }
  const tried = mutants.filter(({ name }) => !outcomes.has(name));

  const usual = new Map<string, number>();
  const commands = [...new Map(tried.map((mutant) => [testsOf(mutant), mutant])).values()];
  console.error(`${commands.length} groups of tests, unchanged`);
  await inFolders(folders, commands, async (mutant, folder) => {
    if (stop.aborted) return;
    const { outcome, seconds, reason } = await tryTests(
      folder,
      mutant.tests,
      mutant.filter,
      FIRST_LIMIT_SECONDS,
      stop,
    );
    if (stop.aborted) return;
    if (outcome !== "passed") throw new Error(`Without a change, this fails: ${testsOf(mutant)}: ${reason}`);
    usual.set(testsOf(mutant), seconds);
    console.error(`${seconds.toFixed(1).padStart(6)} s  ${testsOf(mutant)}`);
  });

  const usualSeconds = (mutant: Mutant) => usual.get(testsOf(mutant)) ?? 0;
  let left = tried.reduce((sum, mutant) => sum + usualSeconds(mutant), 0);
  let done = 0;
  await inFolders(folders, tried, async (mutant, folder) => {
    if (stop.aborted) return;
    const { name } = mutant;
    const file = `${folder}/${mutant.file}`;
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, mutated(text, mutant));
    const limit = Math.max(LEAST_LIMIT_SECONDS, LIMIT * usualSeconds(mutant));
    const { outcome, seconds, reason } = await tryTests(folder, mutant.tests, mutant.filter, limit, stop)
      .finally(() => Deno.writeTextFile(file, text));
    if (stop.aborted) return;
    const said = { passed: "survived", failed: "killed", late: "killed", broken: "error" } as const;
    outcomes.set(name, said[outcome]);
    left -= usualSeconds(mutant);
    const eta = formatSeconds(left / folders.length);
    console.error(
      `${++done} of ${tried.length}, ${eta} left: ${said[outcome]} ${name}, ${seconds.toFixed(1)} s${
        reason === "" ? "" : `: ${reason}`
      }`,
    );
  });
  return outcomes;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
