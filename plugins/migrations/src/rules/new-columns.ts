import type { Constraint as ConstraintNode, IndexStmt, Node } from 'libpg-query';
import type { Column, Constraint, Table, Thing } from '../schema.js';
import { isVolatile } from '../sql/functions.js';
import { textsOf } from '../sql/names.js';
import { holds, valueLeft } from './expressions.js';
import { pointingAt, pointingOf } from './uses.js';
import type { Walk } from './walk.js';

/**
 * Judges, at the end of an up, what the old code's rows have in the columns that it does not know: NULL, or the default that
 * is left to them then. A default may be lent only, and names may have changed, so this comes last.
 */
export function judgeNewColumns(walk: Walk): void {
  const indexes = [...walk.schema.things.values()].filter(({ by, kind }) => by === walk.migration && kind === 'index');
  for (const [name, table] of walk.schema.tables) {
    for (const constraint of table.constraints.values())
      if (constraint.by === walk.migration && constraint.kind === 'foreign') judgeForeign(walk, name, table, constraint);
    if (walk.isOwn(name)) continue;
    for (const [column, each] of table.columns)
      if (each.by === walk.migration || (each.isMaybe && !walk.before.table(name).columns.has(column))) judgeRequired(walk, column, each);
    for (const constraint of table.constraints.values())
      if (constraint.by === walk.migration && isOfNewColumns(walk, name, constraint.columns)) judgeConstraint(walk, table, constraint);
    for (const index of indexes) if (index.table === name) judgeIndex(walk, name, table, index);
  }
}

/** Are all of them columns that the old code neither reads nor writes? */
export const isOfNewColumns = (walk: Walk, table: string, columns: readonly string[]): boolean =>
  columns.length > 0 && columns.every((each) => walk.isNewColumn(table, each));

/** By itself, or by its domain. */
const mustHaveValue = ({ schema }: Walk, { notNull, type }: Column): boolean =>
  notNull || schema.things.get(`type public.${type}`)?.shape.includes('CONSTR_NOTNULL') === true;

function judgeRequired(walk: Walk, name: string, column: Column): void {
  const { default: value, generated, at } = column;
  if (at !== undefined && mustHaveValue(walk, column) && value === undefined && generated === undefined)
    walk.say('add-required-column', { up: ['O'] }, `${name} must have a value, and the old code gives it none`, at);
}

function judgeConstraint(walk: Walk, { columns }: Table, { kind, shape, columns: names, at }: Constraint): void {
  const node = JSON.parse(shape) as ConstraintNode;
  const values = new Map(names.map((each) => [each, knownTo(walk, columns.get(each)!)]));
  const twice = `rows of the old code may have the same ${names.join(', ')}`;
  if (
    (kind === 'unique' || kind === 'primary') &&
    !areDistinct(
      names.map((each) => columns.get(each)!),
      node.nulls_not_distinct === true,
    )
  )
    walk.say('add-unique', { up: ['O', 'L'] }, twice, at);
  if (kind === 'check' && !(node.raw_expr !== undefined && holds(node.raw_expr, values)))
    walk.say('lock-constraint', { up: ['O'] }, 'the old code may write what it forbids', at);
  if (kind === 'exclude' && ![...values.values()].includes(null))
    walk.say('lock-constraint', { up: ['O'] }, 'the old code may write what it forbids', at);
}

/** Other databases turn values into each other, and take texts for equal that are not: only what is not there is the same. */
const knownTo = ({ dialect }: Walk, column: Column): ReturnType<typeof valueLeft> => {
  const value = valueLeft(column);
  return dialect === 'postgres' || value === null ? value : undefined;
};

function judgeIndex(walk: Walk, name: string, table: Table, { shape, columns: names = [], at }: Thing): void {
  const { unique, indexParams = [], nulls_not_distinct } = JSON.parse(shape) as IndexStmt;
  if (!unique || !isOfNewColumns(walk, name, names)) return;
  const keys = indexParams.map((each) => ('IndexElem' in each && each.IndexElem.name ? table.columns.get(each.IndexElem.name) : undefined));
  if (!keys.every((each) => each !== undefined) || !areDistinct(keys, nulls_not_distinct === true))
    walk.say('add-unique', { up: ['O'] }, `rows of the old code may have the same ${names.join(', ')}`, at);
}

/** Is a key another one in every row, though nobody has given it a value? Each NULL is another one, too. */
const areDistinct = (columns: readonly Column[], nullsNotDistinct: boolean): boolean =>
  columns.some((each) => (!nullsNotDistinct && valueLeft(each) === null) || givesItself(each));

function givesItself({ default: value = '', generated = '' }: Column): boolean {
  if (generated === 'serial' || generated.startsWith('identity')) return true;
  const node = value.startsWith('{') ? (JSON.parse(value) as Node) : undefined;
  const called = node !== undefined && 'FuncCall' in node ? (textsOf(node.FuncCall.funcname).at(-1) ?? '') : '';
  return called !== '' && called !== 'random' && isVolatile(called) && /uuid|nextval/.test(called);
}

/** What rows that are there already point at cannot be deleted any more; and what a default points at may go, or is not there. */
function judgeForeign(walk: Walk, name: string, table: Table, constraint: Constraint): void {
  const key = pointingOf(name, constraint);
  const { columns, at } = constraint;
  const isOwn = walk.isOwn(name);
  if (key === undefined || walk.isOwn(key.at) || !(isOwn || isOfNewColumns(walk, name, columns))) return;
  const isLeft = !isOwn && columns.every((each) => valueLeft(table.columns.get(each)!) !== null);
  if (isLeft) walk.say('add-foreign-key', { up: ['O'] }, `what the default of ${columns.join(', ')} points at may not be there`, at);
  else if (table.filledBy === walk.migration && !letsGo(walk, key))
    walk.say('add-foreign-key', { up: ['O'] }, `the old code may delete what rows in ${columns.join(', ')} point at`, at);
}

/** Can what a row points at be deleted, since the row goes with it, or points at nothing then? */
export function letsGo(walk: Walk, { table, action, set }: ReturnType<typeof pointingAt>[number], seen: readonly string[] = []): boolean {
  if (action === 'c') {
    // Rows of the old code would go along.
    if (!walk.isOwn(table)) return false;
    const others = pointingAt(walk.schema, table).filter((each) => each.table !== table && !seen.includes(each.table));
    return others.every((each) => letsGo(walk, each, [...seen, table]));
  }
  if (action !== 'n' && action !== 'd') return false;
  const { columns: known, constraints } = walk.schema.table(table);
  const mayBeNull = (each: string) => {
    const column = known.get(each);
    return column !== undefined && !mustHaveValue(walk, column) && (action === 'n' || valueLeft(column) === null);
  };
  const isChecked = [...constraints.values()].some(({ kind, columns }) => kind === 'check' && columns.some((each) => set.includes(each)));
  return set.every(mayBeNull) && !isChecked;
}
