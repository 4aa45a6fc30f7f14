/**
 * PostgreSQL in this process: PGlite, PostgreSQL compiled to WebAssembly, with its pgvector extension and its files
 * in a folder.
 *
 * What is promised: a transaction whose promise has been fulfilled is in the folder's write-ahead log, by write(2),
 * and survives the end of this process at any moment, SIGKILL included: the next opening replays the log. It is not
 * synced to the disk's platter, as PGlite's file system has no fsync: after a power failure what the system had not
 * written yet may be missing or damaged. Where that matters keep the gallery on a server.
 */
import { type Extension, PGlite, type Transaction } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { join } from "node:path";
import type { Database, Parameter, Statements } from "./database.ts";
import { SearchError } from "./errors.ts";

/** Locked by the process that works in the folder; the system unlocks it however the process ends. */
const LOCK = ".lock";
/** PostgreSQL's own files. */
const FILES = "postgres";
/** What they are called until they are complete. */
const UNFINISHED = `${FILES}.part`;

/** PostgreSQL's code for a disk without space. */
const DISK_FULL = "53100";

/** Whether there is an embedded database in a folder. */
async function hasDatabase(folder: string): Promise<boolean> {
  try {
    return (await Deno.stat(join(folder, FILES))).isDirectory;
  } catch {
    return false;
  }
}

/**
 * Opens the database in a folder.
 *
 * @param create make both where they are not there.
 * @throws {SearchError} when there is none, another process has it open, or the folder cannot be written or holds something else.
 */
export async function openEmbedded(folder: string, { create = false } = {}): Promise<Database> {
  if (!create && !await hasDatabase(folder)) {
    throw new SearchError(
      `There is no index in ${folder}. Give the folder of another, or make one by adding images.`,
      { remedies: [{ kind: "add-images", index: folder }] },
    );
  }
  const lock = await acquire(folder);
  try {
    const files = join(folder, FILES);
    if (!await hasDatabase(folder)) await initialize(folder, files);
    return new EmbeddedDatabase(folder, await start(files), lock);
  } catch (error) {
    lock.close();
    throw new SearchError(
      `The index in ${folder} cannot be opened (${
        (error as Error).message
      }). If the disk is full or the folder ` +
        "write-protected, fix that; otherwise restore it from a copy, or make a new one in another folder.",
      { remedies: [{ kind: "change", settings: ["index"] }] },
    );
  }
}

/** Makes PostgreSQL's files beside their place and moves them there: a kill halfway leaves no half database. */
async function initialize(folder: string, files: string): Promise<void> {
  const unfinished = join(folder, UNFINISHED);
  await Deno.remove(unfinished, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await (await start(unfinished)).close();
  await Deno.rename(unfinished, files);
}

function start(dataDir: string): Promise<PGlite> {
  return PGlite.create({ dataDir, extensions: { vector: vector as Extension } });
}

/** Locks an index's folder for as long as the file is open. */
async function acquire(folder: string): Promise<Deno.FsFile> {
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(folder, { recursive: true });
    const foreign = [...Deno.readDirSync(folder)].find(({ name }) =>
      ![LOCK, FILES, UNFINISHED].includes(name)
    );
    if (foreign !== undefined) throw new Error(`it holds ${foreign.name}, which is no part of an index`);
    file = Deno.openSync(join(folder, LOCK), { create: true, write: true });
  } catch (error) {
    throw new SearchError(
      `The index cannot be kept in ${folder} (${(error as Error).message}). Choose another folder.`,
      { remedies: [{ kind: "change", settings: ["index"] }] },
    );
  }
  if (file.tryLockSync(true)) return file;
  file.close();
  throw new SearchError(
    `Another process has the index in ${folder} open, and an index in a folder is open to one at a time. Wait until ` +
      "it has ended; to have several at once, keep the gallery on a PostgreSQL server.",
    { remedies: [{ kind: "change", settings: ["database"] }] },
  );
}

class EmbeddedDatabase implements Database {
  constructor(readonly place: string, readonly postgres: PGlite, readonly lock: Deno.FsFile) {}

  query<Row>(sql: string, parameters: readonly Parameter[] = []): Promise<Row[]> {
    return run<Row>(this.postgres, sql, parameters);
  }

  transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    return this.postgres.transaction((transaction) =>
      work({
        query: <Row>(sql: string, parameters: readonly Parameter[] = []) =>
          run<Row>(transaction, sql, parameters),
      })
    );
  }

  async close(): Promise<void> {
    await this.postgres.close();
    this.lock.close();
  }
}

async function run<Row>(
  target: PGlite | Transaction,
  sql: string,
  parameters: readonly Parameter[],
): Promise<Row[]> {
  try {
    return (await target.query<Row>(sql, [...parameters])).rows;
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    const remedy = code === DISK_FULL ? ". Free about 100 MB of the disk; what is acknowledged is safe." : "";
    throw new SearchError(`The index's database refused a statement: ${message}${remedy}`);
  }
}
