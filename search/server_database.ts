/** PostgreSQL with pgvector on a server: for galleries that several processes use, or that outgrow one machine. */
import postgres, { type Sql, type TransactionSql } from "postgres";
import type { Database, Parameter, Statements } from "./database.ts";
import { SearchError } from "./errors.ts";

/** How long to wait for a connection, in seconds. */
const CONNECT_TIMEOUT = 10;

/** TLS modes that a URL may name: encrypted, or encrypted with a check of the server's certificate. */
const TLS = ["require", "verify-full"] as const;

/**
 * Opens one connection to a database on a server.
 *
 * @param url postgres://USER:PASSWORD@HOST:PORT/NAME, with ?sslmode=require or ?sslmode=verify-full for TLS. If it has
 *   no password, PGPASSWORD is used. Messages show only host, port and name.
 * @throws {SearchError} when the server does not answer within `timeout` seconds, or refuses.
 */
export async function connectServer(url: string, timeout = CONNECT_TIMEOUT): Promise<Database> {
  const { location, ...address } = parseUrl(url);
  const sql = postgres({
    ...address,
    max: 1,
    connect_timeout: timeout,
    fetch_types: false, // Statements cast all other types to those of PostgreSQL itself.
    prepare: false, // A pooler in between may send each statement over another connection.
    onnotice: () => {}, // "... already exists, skipping".
    // The defaults, given so that the driver does not read environment variables.
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
  const database: Database = {
    ...statementsFor(sql, location),
    location,
    async transaction(work) {
      try {
        const begun = sql.begin(async (transaction) => ({
          value: await work(statementsFor(transaction, location)),
        }));
        return (await begun).value;
      } catch (error) {
        throw explained(error, location);
      }
    },
    close: () => sql.end({ timeout: 5 }),
  };
  try {
    await database.query("select 1 as one");
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** Splits a URL; `location` is the part that may be shown. */
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
      location: `postgres://${host}${pathname}`,
      host: hostname.replace(/^\[(.*)\]$/, "$1"), // IPv6.
      port: Number(port || 5432),
      database,
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
      ssl,
    };
  } catch {
    throw new SearchError( // Without the cause, whose message may hold the URL, and so the password.
      "The URL of a database must be postgres://USER:PASSWORD@HOST:PORT/NAME, with special characters escaped (@ as " +
        `%40); for TLS it ends in ${TLS.map((kind) => `?sslmode=${kind}`).join(" or ")}.` +
        (missing.length === 0 ? "" : ` This one has no ${missing.join(" and no ")}.`),
      { remedies: [{ kind: "change", settings: ["database"] }] },
    );
  }
}

/** Statements for the connection itself, or for a transaction on it. */
function statementsFor(sql: Sql | TransactionSql, location: string): Statements {
  return {
    async query<Row>(text: string, parameters: readonly Parameter[] = []) {
      try {
        return [...await sql.unsafe<Row[] & object[]>(text, [...parameters])];
      } catch (error) {
        throw explained(error, location);
      }
    },
  };
}

/** What the driver throws, as an error that says what helps; anything else as it is. */
function explained(error: unknown, location: string): unknown {
  if (error instanceof SearchError || !(error instanceof Error)) return error;
  const { message, code = "" }: Error & { code?: string } = error;
  if (!(error instanceof postgres.PostgresError)) {
    return new SearchError(
      `The database server at ${location} cannot be reached (${
        code === "CONNECT_TIMEOUT" ? "no answer" : message
      }). ` +
        "Check that it runs, and check host, port and firewall. Acknowledged images are safe.",
    );
  }
  if (/^(28|3D)/.test(code)) {
    return new SearchError(
      `The database server at ${location} refuses the connection (${message}). Check the user, the password and the name ` +
        "of the database.",
      { remedies: [{ kind: "change", settings: ["database"] }] },
    );
  }
  if (/extension "vector"/.test(message)) {
    return new SearchError(
      `The database server at ${location} has no pgvector for this database (${message}). Install it there, and let its ` +
        "administrator type: create extension vector",
    );
  }
  return new SearchError(`The database server at ${location} refused a statement: ${message}`);
}
