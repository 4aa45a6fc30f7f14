/** Settings of the learning rate over a run. */
import { type DefaultBy, keysOf, type Rows } from "../../model/settings.ts";
import { type Schedule, scheduleTable } from "../schedule.ts";

const SCHEDULES = keysOf(scheduleTable);

/** A default that the schedule decides. */
function bySchedule<T>(of: (schedule: Schedule) => T): DefaultBy<T> {
  return {
    key: "schedule",
    values: Object.fromEntries(SCHEDULES.map((schedule) => [schedule, of(scheduleTable[schedule])])),
  };
}

const summaries = SCHEDULES.map((schedule) => {
  const { summary, source } = scheduleTable[schedule];
  return `${schedule}: ${summary}${source ? ` (${source}.)` : ""}`;
});

/** The group "Learning rate" of `--help`. */
export const SCHEDULE_SETTINGS = {
  schedule: {
    type: "choice",
    choices: SCHEDULES,
    default: "cosine",
    help: `How the learning rate decreases. ${summaries.join(" ")}`,
  },
  warmUp: {
    type: "number",
    min: 0,
    max: 1,
    default: 0.1,
    value: "SHARE",
    help: "Share of the run in which the learning rate rises from 0 to its highest value.",
  },
  decay: {
    type: "number",
    above: 0,
    max: 1,
    value: "FACTOR",
    defaultBy: bySchedule(({ defaults }) => defaults.decay),
    help: "Factor by which {schedule} multiplies the learning rate.",
  },
  decayAt: {
    type: "string",
    value: "SHARES",
    defaultBy: bySchedule(({ defaults }) => defaults.decayAt),
    help: "When {schedule} multiplies it, as shares of the run.",
  },
} as const satisfies Rows;
