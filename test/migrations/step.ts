import type { Column, Draw, Model, Table } from './base.js';

/** Statements, those that undo them, and others that nearly do. */
export interface Step {
  readonly up: readonly string[];
  readonly down: readonly string[];
  readonly wrong?: readonly string[];
}

/** What a step is about. */
export interface Place {
  readonly draw: Draw;
  readonly model: Model;
  readonly table: Table;
  readonly column: Column;
  /** A name that nothing has yet. */
  readonly fresh: string;
}

export const alter = ({ name }: Table, text: string): string => `ALTER TABLE ${name} ${text}`;
export const alterColumn = ({ table, column }: Place, text: string): string => alter(table, `ALTER COLUMN ${column.name} ${text}`);
