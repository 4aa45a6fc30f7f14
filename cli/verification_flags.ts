/** Flags of verification and of open-set search. */
import type { FlagTable } from "./flags.ts";

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
    default: FALSE_ALARM,
    value: "RATE",
    group: "Scoring",
    help:
      "With --open-set: the share of searches for people who are not in the gallery that may find somebody, for the " +
      "threshold of the network.",
  },
} as const satisfies FlagTable;
