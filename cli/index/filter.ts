/** Flags that select images of a gallery. */
import { SearchError } from "../../search/errors.ts";
import type { GalleryFilter } from "../../search/filter.ts";
import { type Moment, readMoment } from "../../search/moment.ts";
import { type FlagTable, type FlagValues, UsageError } from "../flags.ts";

/** The flags. */
export const FILTER_FLAGS = {
  camera: {
    type: "string",
    value: "NAME",
    help:
      "Only images by this camera, written exactly as deno task index stats shows it: 1, cam1 and Cam1 are three cameras.",
  },
  notCamera: {
    type: "string",
    value: "NAME",
    help: "No images by this camera.",
  },
  after: {
    type: "string",
    value: "DATE|FRAME",
    help:
      "Only images at this time or later: a date such as 2026-01-31, 20260131 or 2026-01-31T18:30:05+01:00 (ISO 8601, UTC " +
      "without a time zone), for images with a date in their names (door_20260131T183005.jpg); or a frame number, as in " +
      "names of Market-1501 and DukeMTMC-reID. Eight digits are a date; frame:20260131 is a frame. Images without a date, " +
      "or without a frame, are left out.",
  },
  before: {
    type: "string",
    value: "DATE|FRAME",
    help: "Only images before this time.",
  },
} as const satisfies FlagTable;

/** The filter of the flags. @throws {UsageError} for a time that does not exist, and for times that exclude each other. */
export function galleryFilter(
  { camera, notCamera, after, before }: FlagValues<typeof FILTER_FLAGS>,
): GalleryFilter {
  const [first, end] = [moment("after", after), moment("before", before)];
  if (first !== undefined && end !== undefined) {
    if (typeof first !== typeof end) {
      throw new UsageError(
        `--after ${after} and --before ${before} are a date and a frame number; give both in the same way`,
      );
    }
    if (first >= end) {
      throw new UsageError(
        `--after ${after} is not before --before ${before}, so no image can be between them`,
      );
    }
  }
  if (camera !== undefined && camera === notCamera) {
    throw new UsageError(`--camera and --not-camera both name ${camera}, so no image can meet both`);
  }
  return {
    ...(camera !== undefined && { camera }),
    ...(notCamera !== undefined && { notCamera }),
    ...(first !== undefined && { after: first }),
    ...(end !== undefined && { before: end }),
  };
}

/** Which images the flags select, to follow "images": "by camera 1, before 2026-01-31"; empty for all of them. */
export function selectedImages(
  { camera, notCamera, after, before }: FlagValues<typeof FILTER_FLAGS>,
): string {
  return [
    camera === undefined ? [] : `by camera ${camera}`,
    notCamera === undefined ? [] : `not by camera ${notCamera}`,
    after === undefined ? [] : `not before ${after}`,
    before === undefined ? [] : `before ${before}`,
  ].flat().join(", ");
}

function moment(flag: string, text: string | undefined): Moment | undefined {
  if (text === undefined) return undefined;
  try {
    return readMoment(text);
  } catch (error) {
    if (error instanceof SearchError) throw new UsageError(`--${flag}: ${error.message}`);
    throw error;
  }
}
