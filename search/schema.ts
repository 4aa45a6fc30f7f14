/**
 * The tables of a gallery, the same in this process and on a server. They are in the schema `reid`, so that a database
 * can hold other tables too. A database has one gallery.
 */
import { queryRow, type Statements } from "./database.ts";

/** The version of these tables. Each version of the program reads one. */
export const SCHEMA_VERSION = 1;

/** The most dimensions of pgvector's `vector`. */
export const MAX_DIMENSION = 16_000;
/** The most dimensions of pgvector's HNSW index on `vector`. */
export const MAX_HNSW_DIMENSION = 2_000;
/** The most dimensions with which a row fits into a page of 8 KiB, with an id of hundreds of letters. */
const MAX_INLINE_DIMENSION = 1_800;

/** Finds an image by its file. A hash, because a path may be longer than a B-tree allows. */
const PATHS_INDEX = "create index if not exists images_path on reid.images using hash (path)";

/** Adds the index of paths to a gallery of an earlier version of this program, whose other tables are the same. */
export async function addPathsIndex(statements: Statements): Promise<void> {
  const { there } = await queryRow<{ there: boolean }>(
    statements,
    "select to_regclass('reid.images_path') is not null as there",
  );
  if (!there) await statements.query(PATHS_INDEX);
}

/** Any number, the same in all versions: it locks the schema while a process makes the tables. */
const SCHEMA_LOCK = 1_501_2015;

/**
 * Makes the tables if they do not exist.
 *
 * @param statements a transaction.
 */
export async function createTables(statements: Statements, dimension: number): Promise<void> {
  const sql = [
    `select pg_advisory_xact_lock(${SCHEMA_LOCK})`,
    "create extension if not exists vector",
    "create schema if not exists reid",
    // One row: the network of the gallery.
    `create table if not exists reid.gallery (
      only_row boolean primary key default true check (only_row),
      schema_version integer not null,
      model text not null,
      model_summary text not null,
      dimension integer not null,
      flip boolean not null,
      created timestamptz not null default now(),
      thresholds text
    )`,
    // Ids are ordered by their bytes, as everywhere, and not by the language of the server.
    `create table if not exists reid.images (
      id text collate "C" primary key,
      camera text collate "C",
      frame bigint,
      time timestamptz,
      path text,
      embedding vector(${dimension}) not null
    )`,
    "create index if not exists images_camera on reid.images (camera)",
    "create index if not exists images_frame on reid.images (frame)",
    "create index if not exists images_time on reid.images (time)",
    PATHS_INDEX,
  ];
  // PostgreSQL moves values longer than 2 KB into a separate table, and each comparison would fetch them from there.
  if (dimension <= MAX_INLINE_DIMENSION) {
    sql.push("alter table reid.images alter column embedding set storage plain");
  }
  for (const statement of sql) await statements.query(statement);
}
