/** `deno task index remove`: removes images from a gallery. */
import { inGroup } from "../../model/settings.ts";
import { Gallery } from "../../search/gallery.ts";
import { EXIT } from "../command.ts";
import { type FlagTable, parseFlags, UsageError } from "../flags.ts";
import { FILTER_FLAGS, galleryFilter } from "./filter.ts";
import { DATABASE_FLAGS, withDatabase } from "./database.ts";

/** What `--help` says. */
export const REMOVE = {
  usage: "deno task index remove",
  summary: "Removes images from the gallery: one by its id, or all that meet the given conditions.",
  examples: [
    ["deno task index remove --id door_0001.jpg", "one image"],
    ["deno task index remove --before 2026-01-01", "all that are older; images without a date stay"],
    ["deno task index remove --all", "every image; the gallery keeps its network"],
  ],
} as const;

const FLAGS = {
  id: { type: "string", value: "ID", group: "Which images", help: "The image with this id." },
  all: { type: "boolean", group: "Which images", help: "All images." },
  ...inGroup("Which images", FILTER_FLAGS),
  ...DATABASE_FLAGS,
} as const satisfies FlagTable;

/** Parses the flags, removes, and returns the exit code. */
export async function remove(args: string[]): Promise<number> {
  const flags = parseFlags(REMOVE, FLAGS, args);
  const filter = galleryFilter(flags);
  const ways = [flags.id !== undefined, flags.all, Object.keys(filter).length > 0].filter(Boolean).length;
  if (ways !== 1) {
    throw new UsageError(
      "Say which images to remove: --id, or conditions such as --camera and --before, or --all",
    );
  }
  const { removed, left } = await withDatabase(flags, async (database) => {
    const gallery = await Gallery.open(database);
    const removed = flags.id === undefined
      ? await gallery.remove(filter)
      : await gallery.removeIds([flags.id]);
    return { removed, left: (await gallery.stats()).images };
  });
  console.log(`${removed.toLocaleString("en")} images removed, ${left.toLocaleString("en")} left`);
  return EXIT.done;
}
