import type { Dialect } from '../migration.js';

/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** A connection to a database. */
export interface Connection {
  readonly dialect: Dialect;
  /** One statement, and its rows. Values stand for `$1`, `$2`, … Throws what the database answers, as it is. */
  query(statement: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** A text of statements, as a tool sends it: all at once. Throws what the database answers, as it is. */
  run(text: string): Promise<void>;
  close(): Promise<void>;
}

/** How a connection is made. */
export interface Wanted {
  /** For `query` alone: the database refuses what would change anything. */
  readonly readOnly?: true;
  /** How long one query may take where it is read only, in milliseconds. Default: as long as it takes. */
  readonly timeoutMs?: number;
}
