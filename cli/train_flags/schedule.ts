/** Flags of `deno task train`: how the learning rate goes up and down. */
import { type LearningRateOptions, parseShares, scheduleTable } from "../../train/schedule.ts";
import { defineFlags, UsageError } from "../flags.ts";

const schedules = Object.values(scheduleTable);
const summaries = schedules.map(({ key, summary, source }) =>
  `${key}: ${summary}${source ? ` (${source}.)` : ""}`
);

/** The schedules that take marks, each with the default of a setting. */
const defaultsOf = (name: "decay" | "decayAt") =>
  schedules.filter(({ defaults }) => defaults[name] !== "" && defaults[name] !== 1)
    .map(({ key, defaults }) => `${defaults[name]} for ${key}`).join(", ");

/** The group "Learning rate" of `--help`. */
export const SCHEDULE_FLAGS = defineFlags({
  schedule: {
    type: "choice",
    choices: Object.keys(scheduleTable),
    default: "cosine",
    group: "Learning rate",
    help: `How the learning rate goes down. ${summaries.join(" ")}`,
  },
  "warm-up": {
    type: "number",
    min: 0,
    max: 1,
    default: 0.1,
    value: "SHARE",
    group: "Learning rate",
    help: "Share of the run over which the learning rate rises from 0; then it goes by --schedule.",
  },
  decay: {
    type: "number",
    above: 0,
    max: 1,
    value: "FACTOR",
    group: "Learning rate",
    help: `What --schedule multiplies the learning rate by; by default ${defaultsOf("decay")}.`,
  },
  "decay-at": {
    type: "string",
    value: "SHARES",
    group: "Learning rate",
    help: `Marks of --schedule, as shares of the run; by default ${defaultsOf("decayAt")}.`,
  },
});

/**
 * The settings of the schedule's fall.
 *
 * @throws {UsageError} for settings that the schedule has no use for.
 */
export function decayOptions(
  { schedule: key, decay, decayAt }: {
    schedule: string;
    decay: number | undefined;
    decayAt: string | undefined;
  },
): Pick<LearningRateOptions, "decay" | "decayAt"> {
  const { defaults, marks } = scheduleTable[key];
  if (decay !== undefined && key === "constant") {
    throw new UsageError("--schedule constant does not go down: leave out --decay");
  }
  if (decayAt === undefined) return { decay: decay ?? defaults.decay, decayAt: defaults.decayAt };
  if (marks === 0) throw new UsageError(`--schedule ${key} has no marks: leave out --decay-at`);
  let shares: number[];
  try {
    shares = parseShares(decayAt);
  } catch (error) {
    throw new UsageError(`--decay-at ${(error as Error).message}`);
  }
  if (shares.length > marks) {
    throw new UsageError(`--schedule ${key} takes one share of the run as --decay-at; got '${decayAt}'`);
  }
  return { decay: decay ?? defaults.decay, decayAt: shares.join(",") };
}
