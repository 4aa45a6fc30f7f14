/** Watches the metrics of a run for what goes wrong most often, and says so once, with the remedy. */
import type { RunRemedy } from "./errors.ts";
import type { StepMetrics } from "./metrics.ts";

/** Steps in a row that count as a collapse. */
const PATIENCE = 30;
/** Steps in a row with a mean loss above the margin that count as a plateau. */
const PLATEAU = 300;
/** What a step leaves of the mean loss before it. */
const MEAN_DECAY = 0.95;
/** Spread below which embeddings of length one have collapsed. */
const COLLAPSED_SPREAD = 0.05;

/** What goes wrong and, in general words and as data, what helps. */
export interface Warning {
  readonly message: string;
  readonly remedies: readonly RunRemedy[];
}

/** Counts and sentences about a run's batches. */
export class Watch {
  /** Batches in which no image had a positive, so that the triplet loss taught nothing. */
  withoutTriplets = 0;
  /** Batches in which no image had a negative. */
  onePersonOnly = 0;
  #flat = 0;
  #saidCollapse = false;
  #meanLoss: number | undefined;
  #above = 0;
  #steps = 0;
  #firstStep: number | undefined;

  /**
   * @param normalized whether embeddings have length one.
   * @param mines whether the loss selects the hardest triplets from the first step on.
   */
  constructor(readonly loss: { margin: number; softMargin: boolean; normalized: boolean; mines: boolean }) {}

  /** Takes one step's metrics; returns a warning when there is something new to say. */
  step({ step, triplet, spread, triplets, withoutNegative }: StepMetrics): Warning | undefined {
    this.#firstStep ??= step;
    this.#steps++;
    if (withoutNegative > 0) this.onePersonOnly++; // No negative for an anchor: the batch shows one person.
    if (triplets === 0 && withoutNegative === 0) {
      this.withoutTriplets++;
      if (this.withoutTriplets === 1) {
        return {
          message:
            "A batch had no two images of one person, so the triplet loss learned nothing from it (the final " +
            "count follows). Larger batches help, or the sampler that always draws K images of each person.",
          remedies: [
            { kind: "change", settings: ["batchSize"] },
            { kind: "set", settings: { sampler: "pk" } },
          ],
        };
      }
      return undefined;
    }
    const { margin, softMargin, normalized } = this.loss;
    const atMargin = softMargin ? Math.abs(triplet - Math.LN2) < 0.01 : triplet > 0.97 * margin && margin > 0;
    this.#flat = atMargin && spread < (normalized ? COLLAPSED_SPREAD : 1e-3) ? this.#flat + 1 : 0;
    if (this.#flat < PATIENCE || this.#saidCollapse) return this.#plateau(triplet);
    this.#saidCollapse = true;
    const stood = softMargin ? "0.693" : "the margin";
    return {
      message:
        `The embeddings have collapsed: for ${PATIENCE} steps all of them were nearly equal and the loss stood ` +
        `at ${stood}. A lower learning rate, a longer warm-up, smaller P and K at first, or an identity loss help.`,
      remedies: [
        { kind: "change", settings: ["learningRate", "warmUp", "p", "k"] },
        { kind: "set", settings: { idLoss: 1 } },
      ],
    };
  }

  /** A warning when the mean loss has stood above the margin (above log 2 with soft margin) for long. */
  #plateau(triplet: number): Warning | undefined {
    const { margin, softMargin, mines } = this.loss;
    if (!mines) return undefined;
    this.#meanLoss = MEAN_DECAY * (this.#meanLoss ?? triplet) + (1 - MEAN_DECAY) * triplet;
    this.#above = this.#meanLoss >= (softMargin ? Math.LN2 : margin) ? this.#above + 1 : 0;
    if (this.#above !== PLATEAU || this.#saidCollapse) return undefined;
    return {
      message:
        `For ${PLATEAU} steps the mean loss has stood above ${
          softMargin ? "0.693" : "the margin"
        }: the nearest ` +
        "negatives are still nearer than the farthest positives, and such a run may not learn at all. A warm-up of mining " +
        "or an identity loss helps.",
      remedies: [{ kind: "set", settings: { miningWarmUp: 0.2 } }, { kind: "set", settings: { idLoss: 1 } }],
    };
  }

  /** Sentences for the end of the run. */
  summary(): string[] {
    const of = `of ${this.#steps} batches${this.#firstStep ? " since the run was resumed" : ""}`;
    return [
      ...(this.withoutTriplets > 0
        ? [
          `${this.withoutTriplets} ${of} had no two images of one person: the triplet loss learned nothing from them.`,
        ]
        : []),
      ...(this.onePersonOnly > 0
        ? [`${this.onePersonOnly} ${of} showed one person only: nobody was told apart from them.`]
        : []),
    ];
  }
}
