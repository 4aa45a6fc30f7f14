/** Conditions on a gallery's images, by camera and time. */
import type { Parameter } from "./database.ts";
import { SearchError } from "./errors.ts";

/**
 * A moment: a frame number, as in image names of Market-1501 and DukeMTMC-reID, or a date in ISO 8601. An image without
 * a frame meets no bound by frame, and one without a date no bound by date.
 */
export type Moment = number | string;

/** Conditions; an image must meet all that are given. */
export interface GalleryFilter {
  /** Only images by this camera. */
  readonly camera?: string;
  /** No images by this camera; images of unknown cameras stay. */
  readonly notCamera?: string;
  /** Only images at this moment or later. */
  readonly after?: Moment;
  /** Only images before this moment. */
  readonly before?: Moment;
}

/** The parameters of a statement, numbered as they are added. */
export class Parameters {
  /** In the order of their numbers. */
  readonly values: Parameter[] = [];

  /** Adds a value and returns its placeholder, such as $1. */
  add(value: Parameter): string {
    return `$${this.values.push(value)}`;
  }
}

/** The filter as a SQL condition; "true" for none. */
export function condition(filter: GalleryFilter, parameters: Parameters): string {
  const { camera, notCamera, after, before } = filter;
  const conditions: string[] = [];
  if (camera !== undefined) conditions.push(`camera = ${parameters.add(camera)}::text`);
  if (notCamera !== undefined) conditions.push(`camera is distinct from ${parameters.add(notCamera)}::text`);
  const bound = (moment: Moment, operator: string) =>
    typeof moment === "number"
      ? `frame ${operator} ${parameters.add(moment)}::bigint`
      : `time ${operator} ${parameters.add(isoDate(moment))}::text::timestamptz`;
  if (after !== undefined) conditions.push(bound(after, ">="));
  if (before !== undefined) conditions.push(bound(before, "<"));
  return conditions.join(" and ") || "true";
}

const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Completes a date, in UTC. A date without a time zone is taken as UTC.
 *
 * @param text such as 2026-01-31, 2026-01-31T18:30 or 2026-01-31T18:30:05+01:00.
 * @throws {SearchError} for anything else.
 */
export function isoDate(text: string): string {
  const match = DATE.exec(text);
  const zone = match?.[4] === undefined && match?.[1] !== undefined ? "Z" : "";
  const date = new Date(text.replace(" ", "T") + zone);
  // Date moves a day that the month does not have into the next month.
  const day = match && new Date(`${text.slice(0, 10)}T00:00Z`);
  if (day && !Number.isNaN(date.getTime()) && day.toISOString().startsWith(text.slice(0, 10))) {
    return date.toISOString();
  }
  throw new SearchError(
    `'${text}' is no moment: give a date such as 2026-01-31 or 2026-01-31T18:30:00Z (UTC if it has no time zone), or a ` +
      "frame number.",
  );
}
