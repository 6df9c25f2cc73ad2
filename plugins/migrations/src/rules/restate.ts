import type { ColumnDef, Node } from 'libpg-query';
import type { RestateColumn } from '../sql/dialects/own-nodes.js';
import { relationName } from '../sql/names.js';
import { changeDefault, changeGenerated, changeNotNull, changeType, columnOf } from './columns.js';
import type { Walk } from './walk.js';

/** MODIFY and CHANGE: what is not said of the column any more is not so any more. */
export const restateColumn = (walk: Walk, { relation, column, def }: RestateColumn): void =>
  restate(walk, relationName(relation), column, def);

/** Judges what is different in a column that is stated anew. */
export function restate(walk: Walk, table: string, name: string, definition: ColumnDef): void {
  const { by: _, ...made } = columnOf(definition, walk.migration);
  const before = walk.schema.column(table, name);
  const isKey = [...walk.schema.table(table).constraints.values()].some(
    ({ kind, columns }) => kind === 'primary' && columns.includes(name),
  );
  // What SQLite has beside a primary key may be NULL.
  const notNull = made.notNull || (isKey && (walk.dialect === 'mysql' || before?.notNull === true));
  changeType(walk, table, name, definition);
  if (before?.notNull !== notNull) changeNotNull(walk, table, name, notNull);
  if (before?.default !== made.default) changeDefault(walk, table, name, defaultIn(definition));
  if (before?.generated !== made.generated) changeGenerated(walk, table, name, made.generated);
}

function defaultIn({ constraints = [] }: ColumnDef): Node | undefined {
  const found = constraints.find((each) => 'Constraint' in each && each.Constraint.contype === 'CONSTR_DEFAULT');
  return found !== undefined && 'Constraint' in found ? found.Constraint.raw_expr : undefined;
}
