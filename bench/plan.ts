/** `deno task plan`: what a training step and a forward pass ask of an adapter, counted without one. */
import { runCommand } from "../cli/command.ts";
import { type Command, type FlagTable, parseFlags, UsageError } from "../cli/flags.ts";
import { JSON_FLAG } from "../cli/shared_flags.ts";
import { keysOf } from "../model/settings.ts";
import { completeOptions } from "../train/options.ts";
import { planForward, planStep } from "./plan/count.ts";
import { type Profile, profileOf, PROFILES } from "./plan/profiles.ts";
import { summarize } from "./plan/summary.ts";
import { planText } from "./plan/text.ts";
import { BATCH_FLAG, checkBatch, STEP_SETTINGS } from "./step_programs.ts";

const COMMAND: Command = {
  usage: "deno task plan",
  summary:
    "Counts what one training step and one forward pass of MobileNetV2 ask of an adapter, without one: dispatches, " +
    "pipelines, bytes, arithmetic, memory, and the least time that its rates allow.",
  examples: [
    ["deno task plan", "the default network on a laptop's GPU"],
    [
      "deno task plan --profile server --width 1 --image-height 256 --image-width 128 --batch 64",
      "the paper's full width on an H100",
    ],
    ["deno task plan --peaks adapter.json", "this machine's adapter, from doctor --json > adapter.json"],
  ],
};

const FLAGS = {
  ...STEP_SETTINGS,
  batch: BATCH_FLAG,
  profile: {
    type: "choice",
    choices: keysOf(PROFILES),
    help: `The adapter: ${
      Object.entries(PROFILES).map(([name, { title }]) => `${name} (${title})`).join("; ")
    }. By default laptop.`,
  },
  peaks: {
    type: "string",
    value: "FILE",
    help: "The output of doctor --json: plans for that adapter, with its limits and its measured rates.",
  },
  json: JSON_FLAG,
} as const satisfies FlagTable;

/** Runs the command. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { batch, profile: name, peaks, json, ...settings } = parseFlags(COMMAND, FLAGS, args);
  checkBatch({ loss: settings.loss, batch });
  if (name !== undefined && peaks !== undefined) {
    throw new UsageError("--profile and --peaks both name an adapter; give one of them");
  }
  const profile: Profile = peaks === undefined ? PROFILES[name ?? "laptop"] : await readProfile(peaks);
  const options = completeOptions(settings);
  const plans = [await planStep(profile, options, batch), await planForward(profile, options, batch)];
  const programs = plans.map((plan) => summarize(plan, profile));
  const precision = plans[0].precision;
  if (json) {
    console.log(JSON.stringify({ profile, settings: { ...settings, precision, batch }, programs }, null, 2));
    return 0;
  }
  console.log(`${profile.title}. Counted, not run.`);
  const size = `${options.imageHeight}×${options.imageWidth}`;
  console.log(
    `MobileNetV2 ${options.width}, ${size}, ${batch} images, loss ${options.loss}, Adam, ${precision}`,
  );
  for (const program of programs) console.log(planText(program, profile));
  return 0;
}

/** @throws {UsageError} when the file cannot be read, or holds no measured adapter. */
async function readProfile(file: string): Promise<Profile> {
  try {
    return profileOf(JSON.parse(await Deno.readTextFile(file)));
  } catch (error) {
    throw new UsageError(
      `--peaks ${file} cannot be used: ${(error as Error).message}. Write it with deno task doctor --json`,
    );
  }
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
