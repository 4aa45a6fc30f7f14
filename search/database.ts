/** What a gallery needs of a PostgreSQL database, wherever it runs. */

/** A parameter of a statement. Types are settled by casts in the SQL, so that both kinds of database agree. */
export type Parameter = string | number | boolean | null;

/** Something that statements can be sent to. */
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

/** A PostgreSQL database with pgvector: in this process, or on a server. */
export interface Database extends Statements {
  /** What messages call it: a folder, or a server's name without its password. */
  readonly place: string;
  /** Runs statements that take effect together or, when `work` throws, not at all. */
  transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T>;
  /** Ends the connection; the embedded database is written out and its folder unlocked. */
  close(): Promise<void>;
}
