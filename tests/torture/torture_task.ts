/** `deno task torture`: tries to break every promise of the program, and prints one table. */
import { EXIT, runCommand } from "../../cli/command.ts";
import { defineFlags, parseFlags, UsageError } from "../../cli/flags.ts";
import { STOP_SIGNALS } from "../../cli/interrupt.ts";
import { formatSeconds } from "../../cli/progress.ts";
import { isClean, type TortureRow, tortureTable } from "./table.ts";
import { runTorture } from "./torture_process.ts";
import { moduleOf, TORTURES } from "./tortures.ts";

const COMMAND = {
  usage: "deno task torture",
  summary: "Tries to break what this program promises: crashes, faults, bad input, long runs. Prints one " +
    "table, and exits with 1 if anything was lost, hung or wrong.",
  examples: [
    ["deno task torture --short", "what CI runs, less than five minutes on two cores"],
    ["deno task torture --out torture.md", "everything, some hours"],
    ["deno task torture --only safetensors --seed 7", "one of them, with other random numbers"],
  ],
} as const;

const FLAGS = defineFlags({
  short: { type: "boolean", help: "Fewer trials of each." },
  only: {
    type: "string",
    value: "NAMES",
    help: `Some of them, with commas in between: ${Object.keys(TORTURES).join(", ")}.`,
  },
  seed: { type: "integer", default: 1, min: 0, max: 2 ** 32 - 1, help: "All random numbers follow from it." },
  out: { type: "string", value: "FILE", help: "Writes the table there, too." },
});

function chosen(only: string | undefined): string[] {
  const names = Object.keys(TORTURES);
  if (only === undefined) return names;
  const wanted = only.split(",").map((name) => name.trim());
  const unknown = wanted.find((name) => !Object.hasOwn(TORTURES, name));
  if (unknown === undefined) return wanted;
  throw new UsageError(`There is no torture '${unknown}'; there are ${names.join(", ")}`);
}

async function main(args: string[]): Promise<number> {
  const { short, only, seed, out } = parseFlags(COMMAND, FLAGS, args);
  const names = chosen(only);
  const stop = new AbortController();
  for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, () => stop.abort());
  const rows: TortureRow[] = [];
  const began = performance.now();
  for (const [i, name] of names.entries()) {
    console.error(`${i + 1} of ${names.length}: ${name}`);
    const row = await runTorture(name, moduleOf(TORTURES[name]!), { short, seed, signal: stop.signal });
    if (stop.signal.aborted) {
      if (rows.length > 0) console.log(tortureTable(rows));
      return EXIT.interrupted;
    }
    rows.push(row);
    // After each: the next one may take hours.
    if (out !== undefined) await Deno.writeTextFile(out, `${tortureTable(rows)}\n`);
    if (!isClean(row.outcome)) {
      const again = `deno task torture${short ? " --short" : ""} --only ${name} --seed ${seed}`;
      console.error(`${name} failed; ${again} repeats it`);
    }
  }
  console.log(tortureTable(rows));
  const failed = rows.filter(({ outcome }) => !isClean(outcome)).map(({ name }) => name);
  const took = formatSeconds((performance.now() - began) / 1000);
  console.error(failed.length === 0 ? `All held, in ${took}` : `Broken: ${failed.join(", ")}`);
  return failed.length === 0 ? EXIT.done : EXIT.failed;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
