/**
 * PostgreSQL in this process: PGlite, PostgreSQL compiled to WebAssembly, with its pgvector extension and its files
 * in a folder.
 *
 * The promise: when the promise of a transaction is fulfilled, write(2) has put the transaction into the write-ahead
 * log of the folder. It survives the end of this process at any moment, SIGKILL included: the next opening replays the
 * log. PGlite's file system has no fsync, so after a power failure recent writes may be missing or damaged. If that
 * matters, keep the gallery on a server.
 */
import { type Extension, PGlite, type Transaction } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { join } from "node:path";
import { messageOf } from "../data/errors.ts";
import type { Database, Parameter, Statements } from "./database.ts";
import { SearchError } from "./errors.ts";

/** The process that uses the folder locks this file; the system unlocks it when the process ends in any way. */
const LOCK = ".lock";
/** The folder of PostgreSQL's files. */
const FILES = "postgres";
/** Its name until the files are complete. */
const UNFINISHED = `${FILES}.part`;

/** PostgreSQL's code for a full disk. */
const DISK_FULL = "53100";

/** Whether a folder holds an embedded database. */
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
 * @param create makes the folder and the database if they do not exist.
 * @throws {SearchError} when there is no database, another process has it open, the folder cannot be written, or it
 *   holds other files.
 */
export async function openEmbedded(folder: string, { create = false } = {}): Promise<Database> {
  if (!create && !await hasDatabase(folder)) {
    throw new SearchError(
      `There is no index in ${folder}. Give the folder of another index, or add images to make one.`,
      { remedies: [{ kind: "add-images", index: folder }] },
    );
  }
  const lock = await acquire(folder);
  try {
    const files = join(folder, FILES);
    if (!await hasDatabase(folder)) await initialize(folder, files);
    const postgres = await start(files);
    return {
      ...statementsFor(postgres),
      location: folder,
      transaction: (work) => postgres.transaction((transaction) => work(statementsFor(transaction))),
      async close() {
        await postgres.close();
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw new SearchError(
      `The index in ${folder} cannot be opened (${messageOf(error)}). If the disk is full or the folder ` +
        "write-protected, fix that. Otherwise restore the folder from a copy, or make a new index in another folder.",
      { remedies: [{ kind: "change", settings: ["index"] }] },
    );
  }
}

/** Makes PostgreSQL's files under another name and renames them, so that a kill leaves no partial database. */
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

/** Locks the folder of an index while the returned file is open. */
async function acquire(folder: string): Promise<Deno.FsFile> {
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(folder, { recursive: true });
    const foreign = [...Deno.readDirSync(folder)].find(({ name }) =>
      ![LOCK, FILES, UNFINISHED].includes(name)
    );
    if (foreign !== undefined) throw new Error(`it holds ${foreign.name}, which does not belong to an index`);
    file = Deno.openSync(join(folder, LOCK), { create: true, write: true });
  } catch (error) {
    throw new SearchError(
      `The index cannot be kept in ${folder} (${messageOf(error)}). Choose another folder.`,
      { remedies: [{ kind: "change", settings: ["index"] }] },
    );
  }
  if (file.tryLockSync(true)) return file;
  file.close();
  throw new SearchError(
    `Another process has the index in ${folder} open, and only one process can use an index in a folder. Wait until ` +
      "that process ends. For several processes at once keep the gallery on a PostgreSQL server.",
    { remedies: [{ kind: "change", settings: ["database"] }] },
  );
}

/** Statements for the database itself, or for a transaction in it. */
function statementsFor(target: PGlite | Transaction): Statements {
  return {
    async query<Row>(sql: string, parameters: readonly Parameter[] = []) {
      try {
        return (await target.query<Row>(sql, [...parameters])).rows;
      } catch (error) {
        const { message, code } = error as Error & { code?: string };
        const remedy = code === DISK_FULL
          ? ". Free about 100 MB of the disk; acknowledged images are safe"
          : "";
        throw new SearchError(`The index's database refused a statement: ${message}${remedy}`);
      }
    },
  };
}
