import type { ColumnDef, Constraint as ConstraintNode, Node } from 'libpg-query';
import type { Column } from '../schema.js';
import { isVolatile } from '../sql/functions.js';
import { shapeOf, textsOf, typeText } from '../sql/names.js';
import { visit } from '../sql/parser.js';
import { typeChange } from '../sql/types.js';
import { addConstraint } from './constraints.js';
import type { Walk } from './walk.js';

const SERIAL: Readonly<Record<string, string>> = { serial: 'integer', bigserial: 'bigint', smallserial: 'smallint' };

/** The constraints that a column has beside it. */
const constraintsOf = ({ constraints = [] }: ColumnDef): ConstraintNode[] =>
  constraints.flatMap((each) => ('Constraint' in each ? [each.Constraint] : []));

/** What a definition says of a column. */
export function columnOf(definition: ColumnDef, migration: string): Column {
  const type = typeText(definition.typeName);
  const constraints = constraintsOf(definition);
  const of = (kind: ConstraintNode['contype']) => constraints.find(({ contype }) => contype === kind);
  const value = of('CONSTR_DEFAULT')?.raw_expr;
  const generated =
    SERIAL[type] !== undefined
      ? 'serial'
      : of('CONSTR_IDENTITY')
        ? 'identity'
        : of('CONSTR_GENERATED')
          ? shapeOf(of('CONSTR_GENERATED')!.raw_expr)
          : undefined;
  const notNull =
    [of('CONSTR_NOTNULL'), of('CONSTR_PRIMARY'), of('CONSTR_IDENTITY')].some((each) => each !== undefined) || SERIAL[type] !== undefined;
  return {
    type: SERIAL[type] ?? type,
    notNull,
    // A default of NULL is none.
    ...(value === undefined || isNull(value) ? {} : { default: shapeOf(value) }),
    ...(generated === undefined ? {} : { generated }),
    by: migration,
  };
}

const isNull = (node: Node): boolean => 'A_Const' in node && node.A_Const.isnull === true;

/** Constraints that are written beside a column. */
export function addInlineConstraints(walk: Walk, table: string, definition: ColumnDef): void {
  for (const constraint of constraintsOf(definition)) addConstraint(walk, table, constraint, definition.colname);
}

/** ALTER TABLE … ADD COLUMN. Whether it has to have a value is judged at the end of the up: a default may be lent only. */
export function addColumn(walk: Walk, table: string, definition: ColumnDef, isMaybe: boolean): void {
  const name = definition.colname ?? '';
  const column = columnOf(definition, walk.migration);
  const was = walk.before.column(table, name);
  if (!walk.isOwn(table)) {
    if (walk.side === 'down' && was !== undefined && was.type !== 'gone')
      walk.say(
        'down-restores-guess',
        { down: ['B'] },
        `${name} was there before the up, and what it held is gone: it comes back empty, or by a guess`,
      );
    if (walk.side === 'down' && column.notNull && column.default === undefined && column.generated === undefined)
      walk.say('add-required-column', { down: ['F'] }, `${name} must have a value, and the rows that are there have none`);
    if (column.generated !== undefined || isVolatileDefault(definition))
      walk.say('lock-rewrite', { up: ['L'], down: ['L'] }, 'every row is written anew, and nobody can use the table meanwhile');
    if (isMaybe) walk.say('if-not-exists', { down: ['B'] }, `${name} may have been there already`);
  }
  walk.schema.setColumn(table, name, column);
  addInlineConstraints(walk, table, definition);
}

/** A default that calls a function which may give another value each time. */
function isVolatileDefault(definition: ColumnDef): boolean {
  let found = false;
  for (const { contype, raw_expr } of constraintsOf(definition))
    if (contype === 'CONSTR_DEFAULT')
      visit(raw_expr, (kind, node) => {
        if (kind === 'FuncCall' && isVolatile(textsOf((node as { funcname?: Node[] }).funcname).at(-1) ?? '')) found = true;
      });
  return found;
}

/** DROP COLUMN. */
export function dropColumn(walk: Walk, table: string, name: string, isCascade: boolean): void {
  const column = walk.schema.column(table, name);
  const isNew = walk.isOwn(table) || column?.by === walk.migration;
  if (walk.side === 'up' && !isNew)
    walk.say('up-drop-column', { up: ['B', 'O'] }, `what ${name} held is gone, and the old code asks for it`);
  if (walk.side === 'down') {
    if (isNew) walk.say('down-drop-created-column', { down: ['D'] }, `what was written into ${name} since is lost`);
    else walk.say('down-drop-preexisting', { down: ['B'] }, `${name} was there before the up`);
  }
  if (isCascade) cascade(walk);
  walk.schema.dropColumn(table, name);
}

/** CASCADE takes away more than is written. */
export const cascade = (walk: Walk): void =>
  walk.say('up-drop-container', { up: ['B', 'O'], down: ['B'] }, 'CASCADE takes away what nobody has named');

/** ALTER COLUMN … TYPE. */
export function changeType(walk: Walk, table: string, name: string, definition: ColumnDef): void {
  const before = walk.schema.column(table, name);
  const to = typeText(definition.typeName);
  const using = definition.raw_default;
  if (!walk.isOwn(table) && before?.by !== walk.migration) {
    const change = using === undefined || isPlainCast(using, name) ? typeChange(before?.type ?? '?', to) : 'narrower';
    const what = `${name} was ${before?.type === '?' ? 'of a type that is not known' : before?.type}, and becomes ${to}`;
    if (change === 'narrower') {
      walk.say('up-type-lossy', { up: ['B', 'O', 'L'] }, `${what}: values may not survive it`);
      walk.say('down-type-narrow', { down: [using === undefined ? 'F' : 'D'] }, `${what}: values may not fit`);
    } else if (change === 'other') {
      walk.say('type-change', { up: ['O?'] }, `${what}: a driver may hand it to the old code in another form`);
      walk.say('lock-rewrite', { up: ['L'], down: ['L'] }, 'every row is written anew, and nobody can use the table meanwhile');
    }
  }
  walk.schema.setColumn(table, name, { ...(before ?? { notNull: false }), type: to });
}

/** `USING x::integer` says no more than the type does. */
function isPlainCast(using: Node, column: string): boolean {
  if (!('TypeCast' in using)) return false;
  const { arg } = using.TypeCast;
  return arg !== undefined && 'ColumnRef' in arg && textsOf(arg.ColumnRef.fields).join() === column;
}

/** SET NOT NULL, DROP NOT NULL. */
export function changeNotNull(walk: Walk, table: string, name: string, notNull: boolean): void {
  const before = walk.schema.column(table, name) ?? { type: '?', notNull: !notNull };
  const isNew = walk.isOwn(table) || before.by === walk.migration;
  if (!isNew && notNull) {
    walk.say('set-not-null', { up: ['O'] }, `the old code may write no ${name}`);
    walk.say('lock-scan', { up: ['L'] }, 'every row is read, and nobody can write meanwhile');
    walk.say('down-set-not-null', { down: ['F'] }, `rows without ${name} may have been written since`);
  }
  if (!isNew && !notNull) walk.say('drop-not-null', { up: ['O'] }, `the old code may read no ${name} where it counts on one`);
  walk.schema.setColumn(table, name, { ...before, notNull });
}

/** SET DEFAULT, DROP DEFAULT. */
export function changeDefault(walk: Walk, table: string, name: string, value: Node | undefined): void {
  const { default: was, ...before } = walk.schema.column(table, name) ?? { type: '?', notNull: false };
  const isNew = walk.isOwn(table) || before.by === walk.migration;
  if (value === undefined && !isNew && was !== undefined)
    walk.say('drop-default', { up: [before.notNull || before.type === '?' ? 'O' : 'O?'] }, `the old code may leave ${name} to its default`);
  walk.schema.setColumn(table, name, { ...before, ...(value === undefined || isNull(value) ? {} : { default: shapeOf(value) }) });
}

/** ADD or SET GENERATED, on a column that is there. */
export function changeGenerated(walk: Walk, table: string, name: string, generated: string | undefined): void {
  const { generated: _, ...before } = walk.schema.column(table, name) ?? { type: '?', notNull: false };
  if (!walk.isOwn(table) && before.by !== walk.migration && generated !== undefined)
    walk.say('generated-column', { up: ['O'] }, `the old code may write ${name} itself`);
  walk.schema.setColumn(table, name, { ...before, ...(generated === undefined ? {} : { generated }) });
}

/** Columns of old tables that the up has made, and that have to have a value which nothing gives them. */
export function judgeRequired(walk: Walk, added: ReadonlyMap<string, Walk['statement']>): void {
  for (const [key, statement] of added) {
    const [table = '', name = ''] = key.split('\0');
    const column = walk.schema.tables.get(table)?.columns.get(name);
    if (column === undefined || column.type === 'gone' || walk.isOwn(table)) continue;
    if (column.notNull && column.default === undefined && column.generated === undefined)
      walk.say('add-required-column', { up: ['O'] }, `${name} must have a value, and the old code gives it none`, statement);
  }
}
