import type { ColumnDef, Constraint as ConstraintNode, Node } from 'libpg-query';
import type { Column } from '../schema.js';
import { isVolatile } from '../sql/functions.js';
import { shapeOf, textsOf, typeText } from '../sql/names.js';
import { visit } from '../sql/parser.js';
import { fits, typeChange } from '../sql/types.js';
import { addConstraint } from './constraints.js';
import { mayFail } from './expressions.js';
import { cascade, fails } from './phrases.js';
import { judgeColumnUses } from './uses.js';
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
        ? identityOf(of('CONSTR_IDENTITY')!)
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

/** Only one that is given always keeps the code from giving a value itself. */
export const identityOf = ({ generated_when }: ConstraintNode): string => `identity ${generated_when === 'a' ? 'always' : 'by default'}`;

const isNull = (node: Node): boolean => 'A_Const' in node && node.A_Const.isnull === true;

/** Constraints that are written beside a column. */
export function addInlineConstraints(walk: Walk, table: string, definition: ColumnDef): void {
  for (const constraint of constraintsOf(definition)) addConstraint(walk, table, constraint, definition.colname);
}

/** ALTER TABLE … ADD COLUMN. Whether it has to have a value is judged at the end of the up: a default may be lent only. */
export function addColumn(walk: Walk, table: string, definition: ColumnDef, isMaybe: boolean, isRebuilt = false): void {
  const name = definition.colname ?? '';
  const was = walk.before.column(table, name);
  const { isUnknown = false, columns } = walk.schema.table(table);
  // One that is there stays as it is.
  if (isMaybe && columns.has(name) && columns.get(name)!.type !== 'gone') return;
  const { by, ...made } = columnOf(definition, walk.migration);
  const column: Column = {
    ...made,
    at: walk.statement,
    ...(isMaybe ? { isMaybe: true as const } : {}),
    // Where not all columns are known, this one may have been there, with values.
    ...(by !== undefined && !(isMaybe && isUnknown) ? { by } : {}),
  };
  if (!walk.isOwn(table)) {
    if (walk.side === 'down' && was !== undefined && was.type !== 'gone')
      walk.say(
        'down-restores-guess',
        { down: ['B'] },
        `${name} was there before the up, and what it held is gone: it comes back empty, or by a guess`,
      );
    const isRequired = walk.side === 'down' && column.notNull && column.default === undefined && column.generated === undefined;
    if (isRequired && walk.dialect === 'sqlite' && !isRebuilt)
      walk.say(...fails(`SQLite adds no column that must have a value and has no default`));
    if (isRequired) walk.say('add-required-column', { down: ['F'] }, `${name} must have a value, and the rows that are there have none`);
    if (column.generated !== undefined || isVolatileDefault(definition))
      walk.say('lock-rewrite', { up: ['L'], down: ['L'] }, 'every row is written anew, and nobody can use the table meanwhile');
    judgeFormula(walk, table, definition);
  }
  walk.schema.setColumn(table, name, column);
  // A table that is made anew has its constraints judged as a whole.
  if (!isRebuilt) addInlineConstraints(walk, table, definition);
}

/** A formula over what the old code writes must have a value for all of it. */
function judgeFormula(walk: Walk, table: string, definition: ColumnDef): void {
  const formula = constraintsOf(definition).find(({ contype }) => contype === 'CONSTR_GENERATED')?.raw_expr;
  if (formula === undefined || walk.isOwn(table)) return;
  // SQLite's types refuse no value, and what is out of the range of MySQL's is an error.
  const isSafe = walk.dialect === 'postgres' ? isRoomy(typeText(definition.typeName), formula) : walk.dialect === 'sqlite';
  if (mayFail(formula) || !isSafe)
    walk.say('generated-column', { up: ['O?'] }, `there may be no ${definition.colname} for what the old code writes`);
}

/** Does a type hold what a formula that does not fail gives? Texts do, and a length is a number. */
const isRoomy = (type: string, formula: Node): boolean =>
  /^(?:text|boolean|tsvector|jsonb)$/.test(type) || (/^(?:integer|bigint)$/.test(type) && 'FuncCall' in formula);

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
export function dropColumn(walk: Walk, table: string, name: string, isCascade: boolean, isRebuilt = false): void {
  const column = walk.schema.column(table, name);
  const isNew = walk.isOwn(table) || column?.by === walk.migration;
  if (walk.side === 'up' && !isNew)
    walk.say('up-drop-column', { up: ['B', 'O'] }, `what ${name} held is gone, and the old code asks for it`);
  if (walk.side === 'down') {
    if (column?.isMaybe)
      walk.say('if-not-exists', { down: ['B'] }, `${name} was added only where it was not there: it may have been there before`);
    if (isNew)
      walk.say('down-drop-created-column', { down: ['D'] }, `what was written into ${name} since is lost`, walk.statement, {
        table,
        columns: [name],
      });
    else walk.say('down-drop-preexisting', { down: ['B'] }, `${name} was there before the up`);
  }
  if (isCascade) cascade(walk);
  if (walk.dialect !== 'postgres' && !isRebuilt) judgeColumnUses(walk, table, name);
  walk.schema.dropColumn(table, name);
}

/** ALTER COLUMN … TYPE. */
export function changeType(walk: Walk, table: string, name: string, definition: ColumnDef): void {
  const before = walk.schema.column(table, name);
  const to = typeText(definition.typeName);
  const using = definition.raw_default;
  if (!walk.isOwn(table) && before?.by !== walk.migration) {
    const change = using === undefined || isPlainCast(using, name) ? typeChange(before?.type ?? '?', to, walk.dialect) : 'narrower';
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
  const before: Column = walk.schema.column(table, name) ?? { type: '?', notNull: !notNull };
  const isNew = walk.isOwn(table) || before.by === walk.migration;
  if (!isNew && notNull) {
    walk.say('set-not-null', { up: ['O'] }, `the old code may write no ${name}`);
    walk.say('lock-scan', { up: ['L'] }, 'every row is read, and nobody can write meanwhile');
    walk.say('down-set-not-null', { down: ['F'] }, `rows without ${name} may have been written since`, walk.statement, {
      table,
      columns: [name],
    });
  }
  if (!isNew && !notNull) walk.say('drop-not-null', { up: ['O'] }, `the old code may read no ${name} where it counts on one`);
  walk.schema.setColumn(table, name, { ...before, notNull, isTurned: before.type === '?' && before.isTurned !== true });
}

/** SET DEFAULT, DROP DEFAULT. */
export function changeDefault(walk: Walk, table: string, name: string, value: Node | undefined): void {
  const { default: was, ...before } = walk.schema.column(table, name) ?? { type: '?', notNull: false };
  const isNew = walk.isOwn(table) || before.by === walk.migration;
  const isDropped = value === undefined || isNull(value);
  if (isDropped && !isNew && was !== undefined)
    walk.say('drop-default', { up: [before.notNull || before.type === '?' ? 'O' : 'O?'] }, `the old code may leave ${name} to its default`);
  if (!isDropped && !isNew && shapeOf(value) !== was && mayRefuse(walk, table, name, before.type, value))
    walk.say('drop-default', { up: ['O?'] }, `the old code may leave ${name} to its default, and that is one that may be refused`);
  walk.schema.setColumn(table, name, { ...before, ...(isDropped ? {} : { default: shapeOf(value) }) });
}

/** May a column refuse its own default? A constraint may, a unique key does so the second time, and a text may be too long. */
function mayRefuse({ schema }: Walk, table: string, name: string, type: string, value: Node): boolean {
  const { constraints, isUnknown } = schema.table(table);
  const isConstrained = [...constraints.values()].some(({ columns }) => columns.includes(name));
  const isInIndex = [...schema.things.values()].some(
    (each) => each.table === table && each.shape.includes('"unique":true') && each.columns?.includes(name),
  );
  return isUnknown === true || isConstrained || isInIndex || !fits(type, value);
}

/** ADD, SET or DROP of what gives a column that is there its values. */
export function changeGenerated(walk: Walk, table: string, name: string, generated: string | undefined): void {
  const { generated: was, ...before }: Column = walk.schema.column(table, name) ?? { type: '?', notNull: false };
  // One that is given only where the code gives none refuses nothing.
  const isLoose = generated === identityOf({}) && (was === undefined || was.startsWith('identity'));
  if (!walk.isOwn(table) && before.by !== walk.migration && !(isLoose && was !== undefined))
    walk.say(
      'generated-column',
      { up: [isLoose ? 'O?' : 'O'] },
      generated === undefined ? `the old code may leave ${name} to be given` : `the old code may write ${name} itself`,
    );
  if (walk.side === 'down' && generated?.startsWith('identity') && walk.schema.column(table, name)?.generated === undefined)
    walk.say('down-restores-guess', { down: ['B'] }, `where the values of ${name} went on, nobody has kept: they begin anew`);
  // Of one that nobody knows, that it gives itself no value any more is what is known.
  const given = generated ?? (before.type === '?' ? 'no more' : undefined);
  walk.schema.setColumn(table, name, { ...before, ...(given === undefined ? {} : { generated: given }) });
}
