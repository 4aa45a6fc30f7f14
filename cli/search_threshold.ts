/** From which distance on a search says that nobody in the gallery is meant. */
import type { FoundImage } from "../search/gallery_types.ts";
import { lowestFalseAlarm, searchThreshold } from "../model/search_threshold.ts";
import type { Thresholds } from "../model/thresholds.ts";
import { RunError } from "../train/errors.ts";
import { type FlagTable, type FlagValues, UsageError } from "./flags.ts";
import { FALSE_ALARM } from "./verification_flags.ts";

/** Flags of the threshold. */
export const THRESHOLD_FLAGS = {
  threshold: {
    type: "string",
    value: "auto|DISTANCE",
    help:
      "Finds no image that is farther, and says so if that leaves nobody. auto: the threshold that the network keeps for " +
      "a gallery of this size (train --holdout-people; docs/evaluation.md).",
  },
  falseAlarm: {
    type: "number",
    above: 0,
    below: 1,
    value: "RATE",
    help:
      "With --threshold auto: the share of searches for people who are not in the gallery that may find somebody; " +
      `${FALSE_ALARM} by default.`,
  },
} as const satisfies FlagTable;

/** A distance, or a rate of false alarms for the network's threshold. */
export type AskedThreshold = { readonly distance: number } | { readonly falseAlarm: number };

/**
 * What the flags ask for; undefined without a threshold.
 *
 * @throws {UsageError} for a threshold that is no distance, and for a rate without `--threshold auto`.
 */
export function askedThreshold(
  { threshold, falseAlarm }: FlagValues<typeof THRESHOLD_FLAGS>,
): AskedThreshold | undefined {
  if (threshold === "auto") return { falseAlarm: falseAlarm ?? FALSE_ALARM };
  if (falseAlarm !== undefined) throw new UsageError("--false-alarm requires --threshold auto");
  if (threshold === undefined) return undefined;
  const distance = Number(threshold);
  if (distance > 0 && distance < Infinity) return { distance };
  throw new UsageError(`--threshold must be auto or a distance above 0; got '${threshold}'`);
}

/** The threshold of a search. */
export interface SearchLimit {
  /** Images that are farther are not found. */
  readonly distance: number;
  /** The rate of false alarms that it was chosen for, and the images of the gallery; undefined for a distance of the user's. */
  readonly falseAlarm?: number;
  readonly gallery?: number;
  /** Whether that rate is below those that the people of the estimate were enough for. */
  readonly extrapolated?: boolean;
}

/** What there is to say about an extrapolated threshold. */
export const EXTRAPOLATED =
  "few people were held out of training for such a rate and such a gallery: the threshold is extrapolated. A higher " +
  "--false-alarm, or more people (train --holdout-people), make it surer.";

/** What there is to say about a query of several images. */
export const OF_SINGLE_IMAGES =
  "the network's threshold was estimated on single images, and this query is the mean of several, so its rate of false " +
  "alarms can be another one";

/**
 * The threshold for a gallery.
 *
 * @param kept those of the gallery's network; undefined if it keeps none.
 * @param gallery images that are compared with the query.
 * @throws {RunError} if there is none for this rate.
 */
export function limitOf(asked: AskedThreshold, kept: Thresholds | undefined, gallery: number): SearchLimit {
  if ("distance" in asked) return asked;
  if (kept === undefined) {
    throw new RunError(
      "The network of the gallery keeps no thresholds for its embeddings: nobody was held out of its training. Train with " +
        "--holdout-people, or give a distance with --threshold.",
    );
  }
  const { falseAlarm } = asked;
  const images = Math.max(1, gallery);
  const found = searchThreshold(kept, falseAlarm, images);
  if (found) return { distance: found.distance, extrapolated: found.extrapolated, falseAlarm, gallery };
  const lowest = lowestFalseAlarm(kept, images) ?? 1;
  throw new RunError(
    `The ${kept.people} people held out of training are too few for false alarms in ${
      falseAlarm * 100
    } % of the searches of ${gallery} images${
      lowest < 1 ? `: they are enough for ${Number((100 * lowest).toPrecision(2))} %` : ""
    }. Give a higher --false-alarm, a distance with --threshold, or train with more ` +
      "--holdout-people.",
  );
}

/**
 * Why nobody is found; undefined if somebody is, or no image meets the conditions.
 *
 * @param compared images that the query was compared with.
 * @param selected which images these are, to follow "images"; empty for the whole gallery.
 */
export function nobody(
  found: readonly FoundImage[],
  all: readonly FoundImage[],
  { distance, falseAlarm, gallery }: SearchLimit,
  compared: number,
  selected: string,
): string | undefined {
  const [nearest] = all;
  if (found.length > 0 || nearest === undefined) return undefined;
  const chosen = falseAlarm === undefined
    ? ""
    : `, which is for false alarms in ${
      Number((100 * falseAlarm).toPrecision(3))
    } % of searches of ${gallery} images`;
  const where = selected === ""
    ? "in the gallery"
    : `among the ${compared} image${compared === 1 ? "" : "s"} ${selected}`;
  return `Nobody ${where}: the nearest image, ${nearest.id}, is at ${
    nearest.distance.toFixed(4)
  }, farther than the ` +
    `threshold of ${distance.toFixed(4)}${chosen}`;
}
