/**
 * The tables of a gallery, the same in this process and on a server. They live in a schema of their own, `reid`, so
 * that a database may hold other things too; there is one gallery in a database.
 */
import type { Statements } from "./database.ts";

/** The version of these tables. Another one needs another program. */
export const SCHEMA_VERSION = 1;

/** pgvector's `vector` holds no more dimensions. */
export const MAX_DIMENSION = 16_000;
/** pgvector's HNSW index takes `vector`s of no more dimensions. */
export const MAX_HNSW_DIMENSION = 2_000;
/** Embeddings of no more dimensions fit into a page of 8 KiB beside all else, ids of hundreds of letters included. */
const MAX_INLINE_DIMENSION = 1_800;

/** Any number, the same in all versions: processes that make the tables at once wait for each other by it. */
const SCHEMA_LOCK = 1_501_2015;

/**
 * Makes the tables where they are not there.
 *
 * @param statements a transaction.
 */
export async function createTables(statements: Statements, dimension: number): Promise<void> {
  const sql = [
    `select pg_advisory_xact_lock(${SCHEMA_LOCK})`,
    "create extension if not exists vector",
    "create schema if not exists reid",
    // One row: what the gallery is of.
    `create table if not exists reid.gallery (
      only_row boolean primary key default true check (only_row),
      schema_version integer not null,
      model text not null,
      model_summary text not null,
      dimension integer not null,
      flip boolean not null,
      created timestamptz not null default now()
    )`,
    // Ids are ordered by their bytes, as everywhere, and not by the language that the server speaks.
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
  ];
  // PostgreSQL moves what is longer than 2 KB into a table of its own, from where every comparison would fetch it.
  if (dimension <= MAX_INLINE_DIMENSION) {
    sql.push("alter table reid.images alter column embedding set storage plain");
  }
  for (const statement of sql) await statements.query(statement);
}

/** Whether the tables are there. */
export async function hasTables(statements: Statements): Promise<boolean> {
  const [{ found }] = await statements.query<{ found: boolean }>(
    "select to_regclass('reid.gallery') is not null as found",
  );
  return found;
}
