/** Conditions on a gallery's images, by camera and time. */
import type { Parameter } from "./database.ts";
import { frameNumber, isoDate, type Moment } from "./moment.ts";

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
      ? `frame ${operator} ${parameters.add(frameNumber(moment))}::bigint`
      : `time ${operator} ${parameters.add(isoDate(moment))}::text::timestamptz`;
  if (after !== undefined) conditions.push(bound(after, ">="));
  if (before !== undefined) conditions.push(bound(before, "<"));
  return conditions.join(" and ") || "true";
}
