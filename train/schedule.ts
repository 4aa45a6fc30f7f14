/**
 * The learning rate at every step of a run: a linear warm-up, then one of the schedules of the table. Pure functions, so
 * that a schedule can be plotted without a run.
 */
import { messageOf } from "../data/errors.ts";

/** The settings that decide the learning rate. */
export interface LearningRateOptions {
  readonly schedule: ScheduleName;
  /** The highest rate, at the end of the warm-up. */
  readonly learningRate: number;
  /** Share of the run over which the rate rises from 0. */
  readonly warmUp: number;
  /** By what the rate is multiplied: at each of the marks (step), or over the whole of its fall (the others). */
  readonly decay: number;
  /** The marks of the schedule as shares of the run, separated by commas: see {@link parseShares}. */
  readonly decayAt: string;
}

/** A point in a run, in steps counted from 0. */
interface Position {
  readonly step: number;
  readonly steps: number;
  /** The first step after the warm-up. */
  readonly start: number;
  /** The schedule's marks. */
  readonly marks: readonly number[];
  readonly decay: number;
}

/** A schedule: the factor of the highest rate at every step. */
export interface Schedule {
  /** One sentence for `--help`. */
  readonly summary: string;
  /** The paper, if there is one to cite. */
  readonly source?: string;
  readonly defaults: Pick<LearningRateOptions, "decay" | "decayAt">;
  /** Largest number of marks that it takes. */
  readonly marks: number;
  /** Adam's beta1 from the first mark on, if it changes. */
  readonly laterBeta1?: number;
  /** The factor at a step after the warm-up. */
  factor(position: Position): number;
}

const schedules = {
  cosine: {
    summary: "half a cosine from the end of the warm-up down to {decay} of the rate.",
    source: "Loshchilov and Hutter, SGDR, 2017",
    defaults: { decay: 0.01, decayAt: "" },
    marks: 0,
    factor({ step, steps, start, decay }) {
      const progress = (step - start) / Math.max(1, steps - start);
      return decay + (1 - decay) * 0.5 * (1 + Math.cos(Math.PI * progress));
    },
  },
  step: {
    summary: "times {decay} at each mark; by default after 40 and 70 of 120 epochs.",
    source: "Luo et al., Bag of Tricks and a Strong Baseline for Deep Person Re-identification, 2019",
    defaults: { decay: 0.1, decayAt: "0.3333,0.5833" },
    marks: Infinity,
    factor: ({ step, marks, decay }) => decay ** marks.filter((mark) => step >= mark).length,
  },
  exponential: {
    summary:
      "constant up to the mark, then exponentially down to {decay} of the rate at the end; from the mark " +
      "on Adam's beta1 is 0.5.",
    source: "Hermans et al., In Defense of the Triplet Loss for Person Re-Identification, 2017",
    defaults: { decay: 0.001, decayAt: "0.6" },
    marks: 1,
    laterBeta1: 0.5,
    factor: ({ step, steps, marks: [from = steps], decay }) =>
      step < from ? 1 : decay ** ((step - from) / Math.max(1, steps - from)),
  },
  constant: {
    summary: "stays after the warm-up.",
    defaults: { decay: 1, decayAt: "" },
    marks: 0,
    factor: () => 1,
  },
} satisfies Record<string, Schedule>;

/** A key of {@link scheduleTable}. */
export type ScheduleName = keyof typeof schedules;

/** The schedules by name. */
export const scheduleTable: Readonly<Record<ScheduleName, Schedule>> = schedules;

/**
 * Shares of a run from their text, such as "0.3333,0.5833"; none from an empty one.
 *
 * @throws {Error} unless all are numbers above 0 and below 1, each larger than the one before.
 */
export function parseShares(text: string): number[] {
  const shares = text === "" ? [] : text.split(",").map((share) => share.trim() === "" ? NaN : Number(share));
  if (!shares.every((share, i) => share > (shares[i - 1] ?? 0) && share < 1)) {
    throw new Error(
      `'${text}' should be shares of the run, above 0, below 1 and rising, separated by commas: 0.3333,0.5833`,
    );
  }
  return shares;
}

/**
 * Why a schedule does not take its settings, or undefined if it does.
 *
 * @param name how the user writes a setting's key, such as a flag.
 */
export function scheduleFault(
  { schedule, decay, decayAt }: LearningRateOptions,
  name = (key: string) => key,
): string | undefined {
  if (schedule === "constant" && decay !== 1) {
    return `${name("schedule")} constant keeps the learning rate: leave out ${name("decay")}`;
  }
  let given: number;
  try {
    given = parseShares(decayAt).length;
  } catch (error) {
    return `${name("decayAt")} ${messageOf(error)}`;
  }
  const { marks } = scheduleTable[schedule];
  if (given <= marks && (given > 0 || marks === 0)) return undefined;
  const takes = marks === 0 ? "no share" : marks === 1 ? "one share" : "at least one share";
  return `${name("schedule")} ${schedule} takes ${takes} of the run as ${name("decayAt")}; got '${decayAt}'`;
}

/**
 * The learning rate at a step.
 *
 * @param step from 0 to steps - 1.
 * @param steps of the whole run.
 */
export function learningRateAt(step: number, steps: number, options: LearningRateOptions): number {
  const { learningRate, warmUp, decay } = options;
  const start = Math.round(steps * warmUp);
  if (step < start) return learningRate * (step + 1) / start;
  const marks = marksOf(steps, options);
  return learningRate * scheduleTable[options.schedule].factor({ step, steps, start, marks, decay });
}

/** Adam's later beta1 and its first step, counted from 0; undefined if the schedule does not change it. */
export function laterBeta1(
  steps: number,
  options: LearningRateOptions,
): { readonly beta1: number; readonly from: number } | undefined {
  const { laterBeta1: beta1 } = scheduleTable[options.schedule];
  const [from] = marksOf(steps, options);
  return beta1 === undefined || from === undefined ? undefined : { beta1, from };
}

function marksOf(steps: number, { decayAt }: LearningRateOptions): number[] {
  return parseShares(decayAt).map((share) => Math.round(share * steps));
}
