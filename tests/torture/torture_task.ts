/** `deno task torture`: tries to break the promises of this program and prints one table. */
import { EXIT, runCommand } from "../../cli/command.ts";
import { type FlagTable, parseFlags, UsageError } from "../../cli/flags.ts";
import { STOP_SIGNALS } from "../../cli/interrupt.ts";
import { formatSeconds } from "../../cli/progress.ts";
import { writeWhole } from "../../train/write_whole.ts";
import { isClean, type TortureRow, tortureTable, withTortureTable } from "./table.ts";
import { runTorture } from "./torture_process.ts";
import { moduleOf, TORTURES } from "./tortures.ts";

const COMMAND = {
  usage: "deno task torture",
  summary: "Tries to break what this program promises: crashes, faults, bad input, long runs. Prints one " +
    "table, and exits with 1 if anything was lost, hung or wrong.",
  examples: [
    ["deno task torture --short --jobs 2", "what CI runs, less than five minutes on two cores"],
    ["deno task torture --out torture.md", "all trials, some hours"],
    ["deno task torture --only safetensors --seed 7", "one torture, with other random numbers"],
    [
      "deno task torture --only long --markdown docs/reliability.md",
      "updates one row of the table in the docs",
    ],
  ],
} as const;

const FLAGS = {
  short: { type: "boolean", help: "Fewer trials of each." },
  jobs: { type: "integer", default: 1, min: 1, max: 64, help: "Tortures that run at the same time." },
  only: {
    type: "string",
    value: "NAMES",
    help: `Runs these tortures only, separated by commas: ${Object.keys(TORTURES).join(", ")}.`,
  },
  seed: { type: "integer", default: 1, min: 0, max: 2 ** 32 - 1, help: "Seed of all random numbers." },
  out: { type: "string", value: "FILE", help: "Writes the table to this file, too." },
  markdown: {
    type: "string",
    value: "FILE",
    help:
      "Updates the table in a Markdown file, in a section that is added where there is none. Rows of tortures that " +
      "do not run stay as they are.",
  },
} as const satisfies FlagTable;

function chosen(only: string | undefined): string[] {
  const names = Object.keys(TORTURES);
  if (only === undefined) return names;
  const wanted = only.split(",").map((name) => name.trim());
  const unknown = wanted.find((name) => !Object.hasOwn(TORTURES, name));
  if (unknown === undefined) return wanted;
  throw new UsageError(`Unknown torture '${unknown}'; choose from ${names.join(", ")}`);
}

/** Writes the rows into the table of a Markdown file, all at once. Without rows it checks the file. */
async function updateMarkdown(file: string, rows: readonly TortureRow[]): Promise<void> {
  const text = await Deno.readTextFile(file).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  try {
    const updated = withTortureTable(text, rows, Object.keys(TORTURES));
    if (rows.length > 0) await writeWhole(file, new TextEncoder().encode(updated));
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`Cannot update ${file}: ${error.message}`);
    throw error;
  }
}

async function main(args: string[]): Promise<number> {
  const { short, jobs, only, seed, out, markdown } = parseFlags(COMMAND, FLAGS, args);
  const names = chosen(only);
  if (markdown !== undefined) await updateMarkdown(markdown, []); // Not after hours.
  const stop = new AbortController();
  for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, () => stop.abort());
  const rows: TortureRow[] = [];
  const inOrder = () => rows.toSorted((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
  // After each torture, as the next one may take hours; one after another, as they write the same files.
  let written = Promise.resolve();
  const keep = async (row: TortureRow) => {
    rows.push(row);
    if (out !== undefined) await Deno.writeTextFile(out, `${tortureTable(inOrder())}\n`);
    if (markdown !== undefined) await updateMarkdown(markdown, [row]);
  };
  const began = performance.now();
  const queue = names.entries();
  await Promise.all(Array.from({ length: jobs }, async () => {
    for (const [i, name] of queue) {
      console.error(`${i + 1} of ${names.length}: ${name}`);
      const row = await runTorture(name, moduleOf(TORTURES[name]!), { short, seed, signal: stop.signal });
      if (stop.signal.aborted) return;
      await (written = written.then(() => keep(row)));
      if (isClean(row.outcome)) continue;
      const again = `deno task torture${short ? " --short" : ""} --only ${name} --seed ${seed}`;
      console.error(`${name} failed; ${again} repeats it`);
    }
  })).catch((error) => {
    stop.abort(); // Ends what runs beside it.
    throw error;
  });
  if (stop.signal.aborted) {
    if (rows.length > 0) console.log(tortureTable(inOrder()));
    return EXIT.interrupted;
  }
  console.log(tortureTable(inOrder()));
  const failed = inOrder().filter(({ outcome }) => !isClean(outcome)).map(({ name }) => name);
  const took = formatSeconds((performance.now() - began) / 1000);
  console.error(failed.length === 0 ? `All held, in ${took}` : `Broken: ${failed.join(", ")}`);
  return failed.length === 0 ? EXIT.done : EXIT.failed;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
