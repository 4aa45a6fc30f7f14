/** Flags that select images of a gallery. */
import { SearchError } from "../../search/errors.ts";
import { type GalleryFilter, isoDate, type Moment } from "../../search/filter.ts";
import { type FlagTable, type FlagValues, UsageError } from "../flags.ts";

/** The flags. */
export const FILTER_FLAGS = {
  camera: {
    type: "string",
    value: "NAME",
    help: "Only images by this camera: its number, or the part of its images' names before the first _.",
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
      "Only images at this time or later: a date such as 2026-01-31 or 2026-01-31T18:30 (UTC), for images with a date " +
      "in their names (door_20260131T183005.jpg), or a frame number, as in names of Market-1501 and DukeMTMC-reID. " +
      "Images without a date, or without a frame, are left out.",
  },
  before: {
    type: "string",
    value: "DATE|FRAME",
    help: "Only images before this time.",
  },
} as const satisfies FlagTable;

/** The filter of the flags. */
export function galleryFilter(
  { camera, notCamera, after, before }: FlagValues<typeof FILTER_FLAGS>,
): GalleryFilter {
  return {
    ...(camera !== undefined && { camera }),
    ...(notCamera !== undefined && { notCamera }),
    ...(after !== undefined && { after: moment("after", after) }),
    ...(before !== undefined && { before: moment("before", before) }),
  };
}

function moment(flag: string, text: string): Moment {
  if (/^\d+$/.test(text)) return Number(text);
  try {
    return isoDate(text);
  } catch (error) {
    if (error instanceof SearchError) throw new UsageError(`--${flag}: ${error.message}`);
    throw error;
  }
}
