/** `deno task index build`: builds or drops the HNSW index of a gallery. */
import { Gallery } from "../../search/gallery.ts";
import { EXIT } from "../command.ts";
import { type FlagTable, parseFlags } from "../flags.ts";
import { formatSeconds } from "../progress.ts";
import { DATABASE_FLAGS, withDatabase } from "./database.ts";

/** What `--help` says. */
export const BUILD = {
  usage: "deno task index build",
  summary:
    "Builds an HNSW index over the gallery: searches become approximate, and stay fast in a large gallery.",
  examples: [
    ["deno task index build", "with the defaults of pgvector"],
    ["deno task index build --no-hnsw", "drops it: searches are exact again"],
  ],
} as const;

const FLAGS = {
  hnsw: {
    type: "boolean",
    default: true,
    help:
      "Builds the index (Malkov and Yashunin 2018), which the database keeps up to date; --no-hnsw drops it.",
  },
  m: {
    type: "integer",
    min: 2,
    max: 100,
    default: 16,
    help: "Links of an image to its neighbors on each layer.",
  },
  efConstruction: {
    type: "integer",
    min: 4,
    max: 1000,
    default: 64,
    help: "Candidates for those links, at least twice as many: more give better links and take longer.",
  },
  memory: {
    type: "integer",
    min: 1,
    max: 100_000,
    default: 256,
    value: "MIB",
    help: "Memory for building. Building a graph that does not fit takes much longer.",
  },
  ...DATABASE_FLAGS,
} as const satisfies FlagTable;

/** Parses the flags, builds, and returns the exit code. */
export async function build(args: string[]): Promise<number> {
  const flags = parseFlags(BUILD, FLAGS, args);
  const start = performance.now();
  await withDatabase(flags, async (database) => {
    const gallery = await Gallery.open(database);
    if (!flags.hnsw) return await gallery.dropIndex();
    await gallery.buildIndex({
      m: flags.m,
      efConstruction: Math.max(flags.efConstruction, 2 * flags.m),
      memoryMebibytes: flags.memory,
    });
  });
  console.log(
    flags.hnsw
      ? `HNSW index built in ${
        formatSeconds((performance.now() - start) / 1000)
      }; searches use it, except with --scan exact`
      : "There is no HNSW index now; searches are exact",
  );
  return EXIT.done;
}
