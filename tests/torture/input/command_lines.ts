/** Random arguments for every command, made from the flags that its `--help` lists. */
import { runCommand } from "../../../cli/command.ts";
import { parseAblateFlags } from "../../../cli/ablate/flags.ts";
import { HelpRequest, UsageError } from "../../../cli/flags.ts";
import { parseTrainFlags } from "../../../cli/train_flags.ts";
import config from "../../../deno.json" with { type: "json" };
import { type SeededRandom, seededRandom } from "../../reference/seeded_random.ts";
import type { Torture } from "../torture.ts";
import { pick } from "./malformed_safetensors.ts";
import { notParagraph } from "./paragraph.ts";

type Main = (args: string[]) => Promise<number>;

/** A command, the names of its flags, and the choices that they take. */
interface Command {
  readonly name: string;
  readonly main: Main;
  readonly flags: readonly string[];
  readonly words: readonly string[];
}

/** An unknown flag as the last argument, so that no command starts its work. */
const STOP = "--no-such-flag-anywhere";

/** Values that few or no flags accept. */
const VALUES = [
  ..."0 1 -1 2 16 64 1e9 1e308 1e309 -0 0.5 0x10 NaN Infinity null true -- - --help -h = a=b ../.. /dev/null"
    .split(" "),
  "9".repeat(400),
  "",
  " ",
  "a\nb",
  "\u001b[2J",
  "\u0000",
  "é ü 人",
  "<script>alert(1)</script>",
  "$(touch x)",
  "__proto__",
  "constructor",
  "x".repeat(100_000),
  ..."20260131 2026-02-30 2026-W05-6 2026-01-31T24:00Z 0000-01-01 frame:1 frame:-1 9223372036854775808 cam1 ./a/ e\u0301.jpg"
    .split(" "),
];

/** Runs a command and captures its output. */
async function printed(main: Main, args: string[]): Promise<{ code: number; out: string; error: string }> {
  const { log, error } = console;
  const [outs, errors]: [string[], string[]] = [[], []];
  console.log = (...words) => outs.push(words.map(String).join(" "));
  console.error = (...words) =>
    errors.push(words.map((word) => word instanceof Error ? word.stack : word).join(" "));
  try {
    const code = await runCommand(main, args);
    return { code, out: outs.join("\n"), error: errors.join("\n") };
  } finally {
    console.log = log;
    console.error = error;
  }
}

/** The commands of deno.json that live in cli/. */
async function commands(): Promise<Command[]> {
  const found: Command[] = [];
  for (const [name, { command }] of Object.entries(config.tasks)) {
    const script = /\bcli\/\w+\.ts\b/.exec(command)?.[0];
    if (script === undefined) continue;
    const { main } = await import(new URL(`../../../${script}`, import.meta.url).href) as { main: Main };
    const { out } = await printed(main, ["--help"]);
    // A command with actions, such as "index add|remove", lists its flags under each of them.
    const actions = new RegExp(`deno task ${name} (\\w+(?:\\|\\w+)+)`).exec(out)?.[1]?.split("|");
    for (const action of actions ?? [undefined]) {
      const before = action === undefined ? [] : [action];
      const run = (args: string[]) => main([...before, ...args]);
      const { out: help } = await printed(run, ["--help"]);
      const flags = [...help.matchAll(/^ {2}--(?:\[no-\])?([\w-]+)/gm)].map((match) => match[1]!);
      const words = [...help.matchAll(/[\w.:-]+(?:\|[\w.:-]+)+/g)].flatMap(([list]) => list.split("|"));
      found.push({ name: [name, ...before].join(" "), main: run, flags, words });
    }
  }
  return found;
}

/** Flags with and without values, negated, misspelled or cut off, and stray words. */
function randomArguments({ flags, words }: Command, random: SeededRandom): string[] {
  const args: string[] = [];
  for (let count = random.integer(6); count > 0; count--) {
    const flag = random.integer(10) === 0 ? pick(random, VALUES) : pick(random, flags);
    const value = words.length > 0 && random.integer(3) === 0 ? pick(random, words) : pick(random, VALUES);
    switch (random.integer(8)) {
      case 0:
        args.push(`--${flag}`);
        break;
      case 1:
        args.push(`--no-${flag}`);
        break;
      case 2:
        args.push(`--${flag.slice(0, random.integer(flag.length + 1))}`);
        break;
      case 3:
        args.push(value);
        break;
      case 4:
        args.push(`-${flag}`);
        break;
      case 5:
        args.push(`--${flag}=${value}`);
        break;
      default:
        args.push(`--${flag}`, value);
    }
  }
  return args;
}

/** Parsers that can run without the command's work, so that accepted arguments are counted, too. */
const PARSERS: Readonly<Record<string, (args: string[]) => unknown>> = {
  train: parseTrainFlags,
  ablate: parseAblateFlags,
};

/** The torture. */
export const torture: Torture = {
  promise: "Any arguments of a command are accepted, or refused in one paragraph with exit code 2",
  async run({ short, seed, say, progress }) {
    const trials = short ? 3000 : 50_000;
    const all = await commands();
    const random = seededRandom(seed);
    let [wrong, taken] = [0, 0];
    for (let trial = 0; trial < trials; trial++) {
      const command = pick(random, all);
      const args = randomArguments(command, random);
      const parse = PARSERS[command.name];
      let fault: string | undefined;
      if (parse !== undefined) {
        try {
          parse(args);
          taken++;
        } catch (error) {
          if (!(error instanceof UsageError || error instanceof HelpRequest)) fault = `${error}`;
        }
      }
      const { code, out, error } = await printed(command.main, [...args, STOP]);
      if (code === 0) fault ??= out.startsWith("Usage: ") && error === "" ? undefined : "no help";
      else if (code !== 2) fault ??= `exit code ${code}: ${error}`;
      else fault ??= notParagraph(error);
      if (fault !== undefined) {
        wrong++;
        say(`deno task ${command.name} ${JSON.stringify(args).slice(0, 300)}: ${fault.slice(0, 300)}`);
      }
      if (trial % 500 === 0) progress(trial, trials);
    }
    return {
      trials,
      losses: 0,
      hangs: 0,
      wrong,
      figures: `${all.length} commands, ${taken} argument lists accepted`,
    };
  },
};
