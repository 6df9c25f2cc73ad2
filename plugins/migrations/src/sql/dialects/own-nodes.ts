import type { ColumnDef, CreateStmt, IndexStmt, Node, RangeVar } from 'libpg-query';

/** MODIFY and CHANGE of MySQL: a column as it is from now on, with all that it has. */
export interface RestateColumn {
  readonly relation: RangeVar;
  readonly column: string;
  readonly def: ColumnDef;
}

/**
 * A table of SQLite that is made anew: CREATE TABLE of another one, INSERT of the rows, DROP TABLE, RENAME. There is no
 * other way to change a column there.
 */
export interface Rebuild {
  readonly relation: RangeVar;
  readonly create: CreateStmt;
  /** What the rows get: the columns of the new table, each with an expression over the old one. */
  readonly copied: readonly { readonly column: string; readonly value: Node }[];
  /** The indexes that are made after it. */
  readonly indexes: readonly IndexStmt[];
  /** Foreign keys are off while it is done, and outside of a transaction, in which they could not be. */
  readonly isGuarded: boolean;
}

/** What PostgreSQL's language has no node for. */
export type OwnNode = { readonly RestateColumnStmt: RestateColumn } | { readonly RebuildStmt: Rebuild };

export const asNode = (node: OwnNode): Node => node as unknown as Node;
