/** What a visitor chooses of a run. */

/** The losses that the page offers, keys of the engine's table of losses. */
export const LOSSES = ["hard", "semi-hard", "basic"] as const;

/** Settings of a run in the page. */
export interface RunSettings {
  readonly loss: typeof LOSSES[number];
  /** Of Adam; may change from step to step. */
  readonly learningRate: number;
  /** How much farther than the positive a negative should be. */
  readonly margin: number;
  /** People in a batch. */
  readonly p: number;
  /** Pictures of each. */
  readonly k: number;
  /** People to learn from. */
  readonly people: number;
  /** Decides first weights and batches. */
  readonly seed: number;
}

/** Whether the step must be recorded anew for other settings. */
export function changesStep(from: RunSettings, to: RunSettings): boolean {
  return from.loss !== to.loss || from.margin !== to.margin || from.p !== to.p || from.k !== to.k;
}

/**
 * What is wrong with settings, in a sentence, or undefined.
 *
 * @param settings numbers as they were typed, NaN where nothing was.
 */
export function fault({ learningRate, margin, p, k, people, seed }: RunSettings): string | undefined {
  const whole = (n: number, least: number, most: number) => Number.isInteger(n) && n >= least && n <= most;
  if (!(learningRate >= 0 && learningRate < Infinity)) return "The learning rate is a number of at least 0.";
  if (!(margin >= 0 && margin <= 2)) {
    return "The margin is a number from 0 to 2: embeddings have length one, so no two are farther apart.";
  }
  if (!whole(p, 2, 16)) return "P is a whole number from 2 to 16.";
  if (!whole(k, 2, 8)) return "K is a whole number from 2 to 8.";
  if (!whole(people, 2, 200)) return "The people to learn from are a whole number from 2 to 200.";
  if (p > people) return `A batch cannot have ${p} people where there are ${people} to learn from.`;
  if (!whole(seed, 0, 999_999_999)) return "The seed is a whole number from 0 to 999999999.";
}
