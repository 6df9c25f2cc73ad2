import type { Dialect } from '../migration.js';

/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** A connection to a database. */
export interface Connection {
  readonly dialect: Dialect;
  /** One statement, and its rows. Values stand for `$1`, `$2`, … Throws what the database answers, as it is. */
  query(statement: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** A text of statements, as a tool sends it: all at once; in MySQL a single one. Throws what the database answers, as it is. */
  run(text: string): Promise<void>;
  close(): Promise<void>;
}

/** How a connection is made. */
export interface Wanted {
  /** For `query` alone: the database refuses what would change anything. */
  readonly readOnly?: true;
  /** How long one query may take where it is read only, in milliseconds; PostgreSQL alone. Default: as long as it takes. */
  readonly timeoutMs?: number;
  /** Where relative paths of SQLite begin. Default: the working directory. */
  readonly base?: string;
}

/** A statement with `$1`, `$2`, … as one with `?`, and the values in the order in which they stand there. */
export function inOrder(statement: string, values: readonly unknown[]): { text: string; ordered: unknown[] } {
  const ordered: unknown[] = [];
  const text = statement.replace(/\$(\d+)/g, (_, number: string) => {
    ordered.push(values[Number(number) - 1]);
    return '?';
  });
  return { text, ordered };
}
