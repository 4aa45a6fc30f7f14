/** PostgreSQL with pgvector on a server: for galleries that many processes use at once, or that outgrow one machine. */
import postgres, { type Sql, type TransactionSql } from "postgres";
import type { Database, Parameter, Statements } from "./database.ts";
import { SearchError } from "./errors.ts";

/** Seconds that a server may take to answer a connection. */
const CONNECT_TIMEOUT = 10;

/** Kinds of TLS that a URL may ask for: encrypted, or encrypted by a server whose certificate is checked. */
const TLS = ["require", "verify-full"] as const;

/**
 * Connects to a database on a server, by one connection.
 *
 * @param url postgres://USER:PASSWORD@HOST:PORT/NAME, with ?sslmode=require or ?sslmode=verify-full for TLS. Without a
 *   password there PGPASSWORD is taken. Messages show nothing of it but host, port and name.
 * @throws {SearchError} when there is no answer within `timeout` seconds, or the server refuses.
 */
export async function connectServer(url: string, timeout = CONNECT_TIMEOUT): Promise<Database> {
  const { place, ...address } = parseUrl(url);
  const sql = postgres({
    ...address,
    max: 1,
    connect_timeout: timeout,
    fetch_types: false, // Statements cast what is not of PostgreSQL's own types.
    prepare: false, // Poolers between here and the server may hand every statement to another connection.
    onnotice: () => {}, // "... already exists, skipping".
    // Said here, these need not be looked for in the environment.
    backoff: (retries: number) => Math.min(3 ** retries / 100, 20),
    debug: false,
    idle_timeout: 0,
    keep_alive: 60,
    max_lifetime: null,
    max_pipeline: 100,
    publications: "alltables",
    sslnegotiation: null,
    target_session_attrs: undefined,
  } as postgres.Options<Record<string, never>>);
  const database = new ServerDatabase(place, sql);
  try {
    await database.query("select 1 as one");
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** Takes a URL apart; `place` is what of it may be shown. */
function parseUrl(text: string) {
  const missing: string[] = [];
  try {
    const { protocol, hostname, host, port, pathname, username, password, searchParams } = new URL(text);
    const database = decodeURIComponent(pathname.slice(1));
    const { sslmode, ...others } = Object.fromEntries(searchParams);
    const ssl = sslmode === undefined ? false : TLS.find((kind) => kind === sslmode);
    if (username === "") missing.push("user");
    if (hostname === "") missing.push("host");
    if (database === "") missing.push("database");
    const known = /^postgres(ql)?:$/.test(protocol) && ssl !== undefined && Object.keys(others).length === 0;
    if (!known || missing.length > 0) throw new Error("not that of a database");
    return {
      place: `postgres://${host}${pathname}`,
      host: hostname.replace(/^\[(.*)\]$/, "$1"), // IPv6.
      port: Number(port || 5432),
      database,
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
      ssl,
    };
  } catch {
    throw new SearchError( // Without the cause, whose message may hold the URL, and so the password.
      "The URL of a database must be postgres://USER:PASSWORD@HOST:PORT/NAME, what is special in it written as %40 is " +
        `for @; for TLS it ends in ${TLS.map((kind) => `?sslmode=${kind}`).join(" or ")}.` +
        (missing.length === 0 ? "" : ` This one names no ${missing.join(" and no ")}.`),
      { remedies: [{ kind: "change", settings: ["database"] }] },
    );
  }
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
      `The database server at ${place} refuses the connection (${message}). Check the user, the password and the name ` +
        "of the database.",
      { remedies: [{ kind: "change", settings: ["database"] }] },
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
