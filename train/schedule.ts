/**
 * The learning rate at every step of a run: a linear warm-up, then one of the schedules of the table. Pure functions, so
 * that a schedule can be plotted without a run.
 */

/** The settings that decide the learning rate. */
export interface LearningRateOptions {
  /** A key of {@link scheduleTable}. */
  readonly schedule: string;
  /** The highest rate: at the end of the warm-up. */
  readonly learningRate: number;
  /** Share of the run over which the rate rises from 0. */
  readonly warmUp: number;
  /** By what the rate is multiplied: at each of the marks (step), or over the whole of its fall (the others). */
  readonly decay: number;
  /** The marks of the schedule as shares of the run, separated by commas: see {@link parseShares}. */
  readonly decayAt: string;
}

/** Where a run is, in steps counted from 0. */
interface Place {
  readonly step: number;
  readonly steps: number;
  /** The first step after the warm-up. */
  readonly start: number;
  /** The schedule's marks. */
  readonly marks: readonly number[];
  readonly decay: number;
}

/** A schedule: what the highest rate is multiplied by. */
export interface Schedule {
  /** Its name on the command line. */
  readonly key: string;
  /** One sentence for `--help`. */
  readonly summary: string;
  /** The paper; undefined where there is nothing to cite. */
  readonly source: string | undefined;
  readonly defaults: Pick<LearningRateOptions, "decay" | "decayAt">;
  /** How many marks it takes, at most. */
  readonly marks: number;
  /** Adam's beta1 from the first mark on; undefined where it stays. */
  readonly laterBeta1: number | undefined;
  /** The factor at a step after the warm-up. */
  factor(place: Place): number;
}

const entries: readonly Schedule[] = [
  {
    key: "cosine",
    summary: "half a cosine from the end of the warm-up down to --decay of the rate.",
    source: "Loshchilov and Hutter, SGDR, 2017",
    defaults: { decay: 0.01, decayAt: "" },
    marks: 0,
    laterBeta1: undefined,
    factor({ step, steps, start, decay }) {
      const progress = (step - start) / Math.max(1, steps - start);
      return decay + (1 - decay) * 0.5 * (1 + Math.cos(Math.PI * progress));
    },
  },
  {
    key: "step",
    summary: "times --decay at each mark; by default after 40 and 70 of 120 epochs.",
    source: "Luo et al., Bag of Tricks and a Strong Baseline for Deep Person Re-identification, 2019",
    defaults: { decay: 0.1, decayAt: "0.3333,0.5833" },
    marks: Infinity,
    laterBeta1: undefined,
    factor: ({ step, marks, decay }) => decay ** marks.filter((mark) => step >= mark).length,
  },
  {
    key: "exponential",
    summary:
      "constant up to the mark, then exponentially down to --decay of the rate at the end; from the mark " +
      "on Adam's beta1 is 0.5.",
    source: "Hermans et al., In Defense of the Triplet Loss for Person Re-Identification, 2017",
    defaults: { decay: 0.001, decayAt: "0.6" },
    marks: 1,
    laterBeta1: 0.5,
    factor: ({ step, steps, marks: [from], decay }) =>
      step < from ? 1 : decay ** ((step - from) / Math.max(1, steps - from)),
  },
  {
    key: "constant",
    summary: "stays after the warm-up.",
    source: undefined,
    defaults: { decay: 1, decayAt: "" },
    marks: 0,
    laterBeta1: undefined,
    factor: () => 1,
  },
];

/** The schedules by their key. */
export const scheduleTable: Readonly<Record<string, Schedule>> = Object.fromEntries(
  entries.map((entry) => [entry.key, entry]),
);

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
 * Settings that a schedule has a meaning for.
 *
 * @throws {Error} when there is no such schedule, or its marks are not those that it takes; the message says which are.
 */
export function checkSchedule({ schedule: key, decayAt }: LearningRateOptions): void {
  if (!Object.hasOwn(scheduleTable, key)) throw new Error(`there is no schedule ${key}`);
  const { marks } = scheduleTable[key];
  const given = parseShares(decayAt).length;
  if (given <= marks && (given > 0 || marks === 0)) return;
  const takes = marks === 0
    ? "no share of the run"
    : marks === 1
    ? "one share of the run"
    : "at least one share of the run";
  throw new Error(`the schedule ${key} takes ${takes} to decay at; got '${decayAt}'`);
}

/**
 * The learning rate at a step of a run of so many.
 *
 * @param step from 0 to steps - 1.
 */
export function learningRateAt(step: number, steps: number, options: LearningRateOptions): number {
  const { learningRate, warmUp, decay } = options;
  const start = Math.round(steps * warmUp);
  if (step < start) return learningRate * (step + 1) / start;
  const marks = marksOf(steps, options);
  return learningRate * scheduleTable[options.schedule].factor({ step, steps, start, marks, decay });
}

/** Adam's beta1 where the schedule changes it, and from which step on, counted from 0; undefined where it does not. */
export function laterBeta1(
  steps: number,
  options: LearningRateOptions,
): { readonly beta1: number; readonly from: number } | undefined {
  const beta1 = scheduleTable[options.schedule].laterBeta1;
  return beta1 === undefined ? undefined : { beta1, from: marksOf(steps, options)[0] };
}

function marksOf(steps: number, { decayAt }: LearningRateOptions): number[] {
  return parseShares(decayAt).map((share) => Math.round(share * steps));
}
