/** The flags that name the database of a gallery, and its opening. */
import type { Database } from "../../search/database.ts";
import { openEmbedded } from "../../search/embedded_database.ts";
import { connectServer } from "../../search/server_database.ts";
import { printable } from "../command.ts";
import { type FlagTable, type FlagValues, UsageError } from "../flags.ts";

const DEFAULT_FOLDER = "gallery";

/** Flags that name a database. */
export const DATABASE_FLAGS = {
  index: {
    type: "string",
    value: "DIR",
    group: "Index",
    help:
      `Folder of the index, which one process can open at a time; by default ${DEFAULT_FOLDER}. Acknowledged images ` +
      "survive the end of the process at any moment; against power failures use --database.",
  },
  database: {
    type: "string",
    value: "URL",
    group: "Index",
    help: "A PostgreSQL server with pgvector, instead of a folder: postgres://USER:PASSWORD@HOST:PORT/NAME " +
      "(?sslmode=require or verify-full for TLS). If the URL has no password, PGPASSWORD is used, which other users cannot see.",
  },
} as const satisfies FlagTable;

/**
 * Calls `use` with the database that the flags name, and closes it.
 *
 * @param create makes the database of a folder if there is none.
 * @throws {SearchError} when the database cannot be opened.
 */
export async function withDatabase<T>(
  { index, database: url }: FlagValues<typeof DATABASE_FLAGS>,
  use: (database: Database) => Promise<T>,
  { create = false } = {},
): Promise<T> {
  if (index !== undefined && url !== undefined) {
    throw new UsageError("--index and --database name two databases; leave out one of them");
  }
  if (url === undefined) console.error(`Opening the gallery in ${printable(index ?? DEFAULT_FOLDER)}`);
  const database = url === undefined
    ? await openEmbedded(index ?? DEFAULT_FOLDER, { create })
    : await connectServer(url);
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}
