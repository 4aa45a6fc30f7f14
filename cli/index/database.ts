/** Where a gallery's index is: the flags that say so, and its opening. */
import type { Database } from "../../search/database.ts";
import { openEmbedded } from "../../search/embedded_database.ts";
import { connectServer } from "../../search/server_database.ts";
import { type FlagTable, type FlagValues, UsageError } from "../flags.ts";

const DEFAULT_FOLDER = "gallery";

/** Flags that say where an index is. */
export const DATABASE_FLAGS = {
  index: {
    type: "string",
    value: "DIR",
    group: "Index",
    help:
      `Folder of the index, open to one process at a time; by default ${DEFAULT_FOLDER}. What is acknowledged there ` +
      "survives the end of the process at any moment; against power failures use --database.",
  },
  database: {
    type: "string",
    value: "URL",
    group: "Index",
    help: "In place of a folder a PostgreSQL server with pgvector: postgres://USER:PASSWORD@HOST:PORT/NAME " +
      "(?sslmode=require or verify-full for TLS). Without a password there PGPASSWORD is taken, which other users cannot see.",
  },
} as const satisfies FlagTable;

/**
 * Calls `use` with the database that the flags name, and closes it.
 *
 * @param create make a folder's where there is none.
 * @throws {SearchError} when it cannot be opened.
 */
export async function withDatabase<T>(
  { index, database: url }: FlagValues<typeof DATABASE_FLAGS>,
  use: (database: Database) => Promise<T>,
  { create = false } = {},
): Promise<T> {
  if (index !== undefined && url !== undefined) {
    throw new UsageError("--index and --database name two places; leave out one of them");
  }
  const database = url === undefined
    ? await openEmbedded(index ?? DEFAULT_FOLDER, { create })
    : await connectServer(url);
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}
