/** `deno task index remove`: removes images from a gallery. */
import { ImageIds } from "../../embed/image_files.ts";
import { inGroup } from "../../model/settings.ts";
import { Gallery } from "../../search/gallery.ts";
import type { GalleryFilter } from "../../search/filter.ts";
import { checkedFilter, knownId } from "../../search/known_values.ts";
import { EXIT } from "../command.ts";
import { type FlagTable, parseFlags, UsageError } from "../flags.ts";
import { FILTER_FLAGS, galleryFilter } from "./filter.ts";
import { DATABASE_FLAGS, withDatabase } from "./database.ts";

/** What `--help` says. */
export const REMOVE = {
  usage: "deno task index remove",
  summary: "Removes images from the gallery: one by its id, or all that meet the given conditions.",
  examples: [
    ["deno task index remove --id crops/door_0001.jpg", "one image"],
    [
      "deno task index remove --before 2026-01-01 --dry-run",
      "how many are older; images without a date stay",
    ],
    ["deno task index remove --all", "every image; the gallery keeps its network"],
  ],
} as const;

const FLAGS = {
  id: {
    type: "string",
    value: "ID",
    group: "Which images",
    help: "The image with this id: see deno task index add --help.",
  },
  all: { type: "boolean", group: "Which images", help: "All images." },
  ...inGroup("Which images", FILTER_FLAGS),
  dryRun: { type: "boolean", help: "Only says how many images would be removed." },
  ...DATABASE_FLAGS,
} as const satisfies FlagTable;

/** Parses the flags, removes, and returns the exit code. */
export async function remove(args: string[]): Promise<number> {
  const flags = parseFlags(REMOVE, FLAGS, args);
  const conditions = galleryFilter(flags);
  const { id, dryRun } = flags;
  const ways = [id !== undefined, flags.all, Object.keys(conditions).length > 0].filter(Boolean).length;
  if (ways !== 1) {
    throw new UsageError(
      "Say which images to remove: --id, or conditions such as --camera and --before, or --all",
    );
  }
  const { removed, left } = await withDatabase(flags, async (database) => {
    const gallery = await Gallery.open(database);
    const removed = id === undefined
      ? await removeWhere(gallery, await checkedFilter(database, conditions), dryRun)
      : await removeOne(gallery, await spellings(id), dryRun);
    return { removed, left: (await gallery.stats()).images - (dryRun ? removed : 0) };
  });
  const [gone, rest] = [removed, left].map((count) => count.toLocaleString("en"));
  console.log(
    dryRun
      ? `Would remove ${gone} images and leave ${rest}. Nothing was changed`
      : `${gone} images removed, ${rest} left`,
  );
  return EXIT.done;
}

async function removeWhere(gallery: Gallery, filter: GalleryFilter, dryRun: boolean): Promise<number> {
  return dryRun ? await gallery.count(filter) : await gallery.remove(filter);
}

async function removeOne(
  gallery: Gallery,
  ids: readonly [string, ...string[]],
  dryRun: boolean,
): Promise<number> {
  const id = await knownId(gallery.database, ids);
  return dryRun ? 1 : await gallery.removeIds([id]);
}

/** An id as given, and as it would be if it is the path of the file. */
async function spellings(id: string): Promise<[string, ...string[]]> {
  return [id, id.normalize("NFC"), (await new ImageIds().of(id)).id];
}
