/**
 * Which distance between two embeddings means the same person. Thresholds belong to a network, and are estimated on people
 * whom it has neither been trained nor tested on.
 */
import type { Metric } from "../kernels/mod.ts";

/** A threshold for comparing two images. */
export interface ComparisonThreshold {
  /** The share of pairs of two people to be accepted. */
  readonly falseAccept: number;
  /** Pairs with at most this distance count as one person. */
  readonly distance: number;
  /** The 95 % interval of the share that is accepted, by resampling the people of the estimate. */
  readonly interval: readonly [low: number, high: number];
}

/** Thresholds for searches of a gallery of some size, by people who are not in it. */
export interface SearchThresholds {
  /** Images of the gallery. */
  readonly gallery: number;
  /**
   * Shares of such searches that find an image, descending, and the distances up to which images are found. The deviation is
   * the standard deviation of the logarithm of the share, over other people; files of older runs lack it.
   */
  readonly points: readonly (readonly [falseAlarm: number, distance: number, deviation?: number])[];
}

/** The thresholds of a network's embeddings, in Euclidean distance. */
export interface Thresholds {
  /** Whether embeddings are means over the image and its mirror image. */
  readonly flip: boolean;
  /** Whether embeddings have length one. */
  readonly unitLength: boolean;
  /** People that they are estimated on. */
  readonly people: number;
  /** Images of these people. */
  readonly images: number;
  /** Pairs that `comparisons` are estimated on: of images by two cameras, or by one where there is only one. */
  readonly pairs: "cross-camera" | "same-camera";
  /** By descending rate. */
  readonly comparisons: readonly ComparisonThreshold[];
  /** By ascending size. */
  readonly searches: readonly SearchThresholds[];
}

/** A Euclidean distance of two embeddings in another metric; undefined where it does not determine the other. */
export function inMetric(distance: number, metric: Metric, unitLength: boolean): number | undefined {
  if (metric === "euclidean") return distance;
  if (metric === "squared") return distance ** 2;
  return unitLength ? distance ** 2 / 2 : undefined; // |a − b|² = 2 − 2 cos for length one.
}

/**
 * Reads the thresholds in a file's metadata.
 *
 * @throws {Error} If they are something else.
 */
export function parseThresholds(value: unknown): Thresholds[] {
  if (Array.isArray(value) && value.every(isThresholds)) return value;
  throw new Error("its thresholds are not those of this program");
}

function isThresholds(value: unknown): value is Thresholds {
  const { flip, unitLength, people, images, pairs, comparisons, searches }: Partial<Record<string, unknown>> =
    Object(value);
  return typeof flip === "boolean" && typeof unitLength === "boolean" && isNumber(people) &&
    isNumber(images) &&
    (pairs === "cross-camera" || pairs === "same-camera") &&
    Array.isArray(comparisons) && comparisons.every(isComparison) &&
    Array.isArray(searches) && searches.every(isSearch);
}

function isComparison(value: unknown): value is ComparisonThreshold {
  const { falseAccept, distance, interval }: Partial<Record<string, unknown>> = Object(value);
  return isNumber(falseAccept) && isNumber(distance) && isNumbers(interval, 2);
}

function isSearch(value: unknown): value is SearchThresholds {
  const { gallery, points }: Partial<Record<string, unknown>> = Object(value);
  return isNumber(gallery) && gallery >= 1 && Array.isArray(points) && points.length > 0 &&
    points.every((point) => isNumbers(point, 2) || isNumbers(point, 3));
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

const isNumbers = (value: unknown, length: number) =>
  Array.isArray(value) && value.length === length && value.every(isNumber);
