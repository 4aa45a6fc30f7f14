/** What a gallery needs of a PostgreSQL database, in this process or on a server. */

/** A parameter of a statement. Casts in the SQL settle its type, so that both kinds of database agree. */
export type Parameter = string | number | boolean | null;

/** Runs SQL statements. */
export interface Statements {
  /**
   * Runs one statement.
   *
   * @param sql with parameters as $1, $2, ...
   * @returns its rows: columns by name.
   * @throws {SearchError} when the database refuses it or is gone.
   */
  query<Row>(sql: string, parameters?: readonly Parameter[]): Promise<Row[]>;
}

/** A PostgreSQL database with pgvector. */
export interface Database extends Statements {
  /** How messages name it: a folder, or the URL of a server without user and password. */
  readonly location: string;
  /** Runs statements that take effect together or, when `work` throws, not at all. */
  transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T>;
  /** Ends the connection. An embedded database is written out and its folder unlocked. */
  close(): Promise<void>;
}

/** Runs a statement that returns one row, such as a count. */
export async function queryRow<Row>(
  statements: Statements,
  sql: string,
  parameters?: readonly Parameter[],
): Promise<Row> {
  const [row] = await statements.query<Row>(sql, parameters);
  if (row === undefined) throw new Error(`This statement returned no row: ${sql}`);
  return row;
}
