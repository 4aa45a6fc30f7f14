/** `deno task index stats`: shows the contents of a gallery. */
import { Gallery } from "../../search/gallery.ts";
import type { GalleryStats } from "../../search/gallery_types.ts";
import { EXIT, printable } from "../command.ts";
import { type FlagTable, parseFlags } from "../flags.ts";
import { JSON_FLAG } from "../shared_flags.ts";
import { table } from "../table.ts";
import { DATABASE_FLAGS, withDatabase } from "./database.ts";

/** What `--help` says. */
export const STATS = {
  usage: "deno task index stats",
  summary: "Shows the contents of the gallery: images by camera, times, network, size, index.",
} as const;

const FLAGS = {
  json: JSON_FLAG,
  ...DATABASE_FLAGS,
} as const satisfies FlagTable;

/** Parses the flags, prints, and returns the exit code. */
export async function stats(args: string[]): Promise<number> {
  const flags = parseFlags(STATS, FLAGS, args);
  const found = await withDatabase(flags, async (database) => await (await Gallery.open(database)).stats());
  console.log(flags.json ? JSON.stringify(found) : describe(found));
  return EXIT.done;
}

function describe({ model, images, cameras, frames, times, bytes, hnsw }: GalleryStats): string {
  const count = (value: number) => value.toLocaleString("en");
  const rows = [
    ["images", count(images)],
    ...cameras.map(({ camera, images }) => [`  camera ${camera ?? "unknown"}`, count(images)]),
    ...(frames ? [["frames", frames.join(" to ")]] : []),
    ...(times ? [["dates", times.join(" to ")]] : []),
    ["network", `${model.summary}, ${model.identity.slice(0, 12)}`],
    ["embeddings", `${model.dimension} numbers${model.flip ? ", averaged over mirror images" : ""}`],
    ["size", `${(bytes / 1e6).toFixed(1)} MB`],
    ["search", hnsw === undefined ? "exact" : `approximate, by an HNSW index (${hnsw})`],
  ];
  return table(rows.map((row) => row.map(printable)));
}
