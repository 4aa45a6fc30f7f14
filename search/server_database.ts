/** PostgreSQL with pgvector on a server: for galleries that many processes use at once, or that outgrow one machine. */
import postgres, { type Sql, type TransactionSql } from "postgres";
import type { Database, Parameter, Statements } from "./database.ts";
import { SearchError } from "./errors.ts";

/** Seconds that a server may take to answer a connection. */
const CONNECT_TIMEOUT = 10;

/**
 * Connects to a database on a server, by one connection.
 *
 * @param url postgres://USER:PASSWORD@HOST:PORT/NAME, with ?sslmode=require where the server wants TLS; what it leaves
 *   out is taken from PGHOST, PGUSER, PGPASSWORD and their like. Messages show nothing of it but host, port and name.
 * @throws {SearchError} when there is no answer within `timeout` seconds, or the server refuses.
 */
export async function connectServer(url: string, timeout = CONNECT_TIMEOUT): Promise<Database> {
  const place = placeOf(url);
  let sql: Sql;
  try {
    sql = postgres(url, {
      max: 1,
      connect_timeout: timeout,
      fetch_types: false, // Statements cast what is not of PostgreSQL's own types.
      prepare: false, // Poolers between here and the server may hand every statement to another connection.
      onnotice: () => {}, // "... already exists, skipping".
    });
  } catch {
    throw badUrl(); // Its message may hold the URL, and so the password.
  }
  const database = new ServerDatabase(place, sql);
  try {
    await database.query("select 1 as one");
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** The URL without what is secret. */
function placeOf(url: string): string {
  if (!URL.canParse(url)) throw badUrl();
  const { protocol, host, pathname } = new URL(url);
  if (!/^postgres(ql)?:$/.test(protocol)) throw badUrl();
  return `postgres://${host}${pathname}`;
}

function badUrl(): SearchError {
  return new SearchError(
    "--database must be postgres://USER:PASSWORD@HOST:PORT/NAME, with what is special in it as %40.",
  );
}

class ServerDatabase implements Database {
  constructor(readonly place: string, readonly sql: Sql) {}

  query<Row>(text: string, parameters: readonly Parameter[] = []): Promise<Row[]> {
    return run<Row>(this.place, this.sql, text, parameters);
  }

  async transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    const outcome = await this.sql.begin(async (transaction) => ({
      value: await work({
        query: <Row>(text: string, parameters: readonly Parameter[] = []) =>
          run<Row>(this.place, transaction, text, parameters),
      }),
    })).catch((error) => {
      throw told(this.place, error);
    });
    return outcome.value;
  }

  async close(): Promise<void> {
    await this.sql.end({ timeout: 5 });
  }
}

async function run<Row>(
  place: string,
  sql: Sql | TransactionSql,
  text: string,
  parameters: readonly Parameter[],
): Promise<Row[]> {
  try {
    return [...await sql.unsafe(text, [...parameters])] as Row[];
  } catch (error) {
    throw told(place, error);
  }
}

/** What went wrong, with its remedy. */
function told(place: string, error: unknown): Error {
  if (error instanceof SearchError || !(error instanceof Error)) return error as Error;
  const { message, code = "" } = error as Error & { code?: string };
  if (!(error instanceof postgres.PostgresError)) {
    return new SearchError(
      `The database server at ${place} cannot be reached (${
        code === "CONNECT_TIMEOUT" ? "no answer" : message
      }). ` +
        "Check that it runs, and host, port and firewall. What it has acknowledged is safe.",
    );
  }
  if (/^(28|3D)/.test(code)) {
    return new SearchError(
      `The database server at ${place} refuses the connection (${message}). Check --database.`,
    );
  }
  if (/extension "vector"/.test(message)) {
    return new SearchError(
      `The database server at ${place} has no pgvector for this database (${message}). Install it there, and let its ` +
        "administrator type: create extension vector",
    );
  }
  return new SearchError(`The database server at ${place} refused a statement: ${message}`);
}
