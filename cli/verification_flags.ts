/** Flags of verification and of open-set search. */
import type { Thresholds } from "../model/thresholds.ts";
import { RunError } from "../train/errors.ts";
import { type FlagTable, type FlagValues, UsageError } from "./flags.ts";

/**
 * How often a search by somebody who is not in the gallery may find an image, by default. A rate needs 10 false alarms among
 * the searches of the people held out: this one, 100 searches, and ten times as many for 1 %.
 */
export const FALSE_ALARM = 0.1;

/** For a command that scores a network. */
export const VERIFICATION_FLAGS = {
  verification: {
    type: "boolean",
    default: true,
    group: "Scoring",
    help:
      "Also says how well a threshold on the distance tells pairs of one person from pairs of two: ROC, equal error rate, " +
      "and true accepts at false-accept rates. --no-verification: only ranks.",
  },
  openSet: {
    type: "boolean",
    group: "Scoring",
    help:
      "Also leaves half of the people out of the gallery, then the other half: how many of the others are found and " +
      "identified, while searches for those left out find nobody (docs/evaluation.md).",
  },
  falseAlarm: {
    type: "number",
    above: 0,
    below: 1,
    value: "RATE",
    group: "Scoring",
    help:
      "With --open-set: the share of searches for people who are not in the gallery that may find somebody, for the " +
      `threshold of the network; ${FALSE_ALARM} by default.`,
  },
} as const satisfies FlagTable;

/**
 * The rate of false alarms to measure.
 *
 * @param kept thresholds of the network for its embeddings; undefined if it keeps none.
 * @throws {UsageError} for a rate without `--open-set`.
 * @throws {RunError} for a rate of a network that keeps no thresholds.
 */
export function askedFalseAlarm(
  { openSet, falseAlarm }: Pick<FlagValues<typeof VERIFICATION_FLAGS>, "openSet" | "falseAlarm">,
  kept: Thresholds | undefined,
): number {
  if (falseAlarm === undefined) return FALSE_ALARM;
  if (!openSet) throw new UsageError("--false-alarm requires --open-set");
  if (kept === undefined) {
    throw new RunError(
      "The network keeps no thresholds for its embeddings: nobody was held out of its training. Train with " +
        "--holdout-people, or leave out --false-alarm.",
    );
  }
  return falseAlarm;
}
