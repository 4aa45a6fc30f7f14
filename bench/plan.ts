/** `deno task plan`: what a training step and a forward pass ask of an adapter, counted without one. */
import { runCommand } from "../cli/command.ts";
import { type Command, type FlagTable, parseFlags, UsageError } from "../cli/flags.ts";
import { JSON_FLAG } from "../cli/shared_flags.ts";
import { keysOf } from "../model/settings.ts";
import { completeOptions, type TrainingOptions } from "../train/options.ts";
import { LimitError } from "../engine/mod.ts";
import { type Plan, planForward, planStep } from "./plan/count.ts";
import { type Profile, profileOf, PROFILES } from "./plan/profiles.ts";
import { type Links, partTimes, stepOnRanks } from "./plan/scaling.ts";
import { scalingText } from "./plan/scaling_text.ts";
import { planShards } from "./plan/shards.ts";
import { summarize } from "./plan/summary.ts";
import { planText } from "./plan/text.ts";
import { BATCH_FLAG, checkBatch, checkShards, RANK_SHARDS_FLAG, STEP_SETTINGS } from "./step_programs.ts";

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
    [
      "deno task plan --profile server --batch 512 --ranks 8 --micro-batches 16 --network 25 --latency 2",
      "the step on 1, 2, 4 and 8 ranks, two shards of 32 images on each of the eight",
    ],
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
  microBatches: { ...RANK_SHARDS_FLAG, group: "Ranks" },
  ranks: {
    type: "integer",
    min: 1,
    max: 4096,
    default: 1,
    group: "Ranks",
    help:
      "Also predicts the step in shards on 1, 2, 4, ... ranks, up to this number, each with such an adapter.",
  },
  network: {
    type: "number",
    min: 0.001,
    max: 10_000,
    default: 12.5,
    value: "GB/s",
    group: "Ranks",
    help: "What a rank sends a second, while it receives as much. 100 Gbit/s are 12.5.",
  },
  latency: {
    type: "number",
    min: 0,
    max: 1e6,
    default: 5,
    value: "µs",
    group: "Ranks",
    help: "How long a message of no bytes takes.",
  },
  bus: {
    type: "number",
    min: 0.001,
    max: 10_000,
    value: "GB/s",
    group: "Ranks",
    help:
      "What goes between GPU and host a second; by default that of the profile, and 16 (PCIe 4.0, 8 lanes) with --peaks.",
  },
  stepTime: {
    type: "number",
    min: 0.001,
    max: 1e7,
    value: "MS",
    group: "Ranks",
    help:
      "The measured time of the whole batch as one step on one rank, to which all predicted times of kernels are scaled.",
  },
  json: JSON_FLAG,
} as const satisfies FlagTable;

/** Runs the command. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const flags = parseFlags(COMMAND, FLAGS, args);
  const {
    batch,
    profile: name,
    peaks,
    json,
    ranks,
    microBatches,
    network,
    latency,
    bus,
    stepTime,
    ...settings
  } = flags;
  checkBatch({ loss: settings.loss, batch });
  const shards = microBatches ?? ranks;
  checkShards(batch, ranks, shards);
  if (name !== undefined && peaks !== undefined) {
    throw new UsageError("--profile and --peaks both name an adapter; give one of them");
  }
  const profile: Profile = peaks === undefined ? PROFILES[name ?? "laptop"] : await readProfile(peaks);
  const options = completeOptions(settings);
  const whole = await planWhole(profile, options, batch, shards);
  if (stepTime !== undefined && whole instanceof LimitError) {
    throw new UsageError(
      `--step-time is that of a whole batch, which does not fit this adapter: ${whole.message}`,
    );
  }
  const forward = await planForward(profile, options, batch);
  const step = whole instanceof LimitError ? whole : summarize(whole, profile);
  const programs = [...(step instanceof LimitError ? [] : [step]), summarize(forward, profile)];
  const links: Links = {
    network: 1e9 * network,
    latency: latency / 1000,
    bus: bus === undefined ? profile.bus : 1e9 * bus,
    wait: profile.peaks.waitFloor,
  };
  const plan = shards > 1
    ? await planShards(profile, options, batch, { count: shards, isExchanged: ranks > 1 })
    : undefined;
  const factor = stepTime === undefined || step instanceof LimitError ? 1 : stepTime / step.total.expected;
  const scaling = plan && {
    links,
    batch,
    whole: step instanceof LimitError
      ? step.message
      : { time: factor * step.total.expected, memory: step.memory.total },
    memory: plan.memory,
    measured: stepTime,
    steps: rankCounts(ranks, shards).map((ranks) =>
      stepOnRanks(partTimes(plan, profile, factor), plan.bytes, { ranks, shards }, links)
    ),
  };
  const precision = plan?.precision ?? programs[0].precision;
  if (json) {
    const settled = { ...settings, precision, batch };
    console.log(JSON.stringify({ profile, settings: settled, programs, ranks: scaling }, null, 2));
    return 0;
  }
  console.log(`${profile.title}. Counted, not run.`);
  const size = `${options.imageHeight}×${options.imageWidth}`;
  console.log(
    `MobileNetV2 ${options.width}, ${size}, ${batch} images, loss ${options.loss}, Adam, ${precision}`,
  );
  for (const program of programs) console.log(planText(program, profile));
  if (scaling) console.log(scalingText(scaling));
  return 0;
}

/** A step on the whole batch, or why it does not fit, where it may be divided. */
async function planWhole(
  profile: Profile,
  options: TrainingOptions,
  batch: number,
  shards: number,
): Promise<Plan | LimitError> {
  try {
    return await planStep(profile, options, batch);
  } catch (error) {
    if (error instanceof LimitError && shards > 1) return error;
    throw error;
  }
}

/** 1, 2, 4, ... and the last: those that divide the shards. */
function rankCounts(last: number, shards: number): number[] {
  const counts = [];
  for (let ranks = 1; ranks < last; ranks *= 2) if (shards % ranks === 0) counts.push(ranks);
  return [...counts, last];
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
