import type { Constraint as ConstraintNode, IndexElem } from 'libpg-query';
import type { Constraint } from '../schema.js';
import { relationName, shapeOf, textsOf } from '../sql/names.js';
import { visit } from '../sql/parser.js';
import { columnsIn } from './expressions.js';
import { isOfNewColumns } from './new-columns.js';
import { fails } from './phrases.js';
import { dropThing } from './things.js';
import { implyIndex, isPointedAt } from './uses.js';
import type { Walk } from './walk.js';

const KINDS: Readonly<Record<string, Constraint['kind']>> = {
  CONSTR_PRIMARY: 'primary',
  CONSTR_UNIQUE: 'unique',
  CONSTR_FOREIGN: 'foreign',
  CONSTR_CHECK: 'check',
  CONSTR_EXCLUSION: 'exclude',
};

const ENDINGS: Readonly<Record<Constraint['kind'], string>> = {
  primary: 'pkey',
  unique: 'key',
  foreign: 'fkey',
  check: 'check',
  exclude: 'excl',
};

/** Adds a constraint, of a table or beside a column. */
export function addConstraint(walk: Walk, table: string, node: ConstraintNode, column?: string): void {
  const kind = KINDS[node.contype ?? ''];
  if (kind === undefined) return;
  // A check beside a column may be about others.
  const columns = column === undefined || kind === 'check' ? columnsOf(node) : [column];
  const name = node.conname || automaticName(walk, table, kind, columns);
  const isValid = node.skip_validation !== true;
  const found = walk.schema.table(table).constraints.get(name);
  if (walk.side === 'down' && found !== undefined && found.shape !== 'gone') walk.say(...fails(`there is a constraint ${name} already`));
  if (!walk.isOwn(table)) judgeAdded(walk, table, kind, columns, isValid);
  else if (kind === 'foreign' && relationName(node.pktable) !== table && !walk.isOwn(relationName(node.pktable)))
    walk.say('add-foreign-key', { up: ['L'] }, `${relationName(node.pktable)} is locked for it, too`);
  if (kind === 'foreign' && walk.dialect === 'mysql') implyIndex(walk, table, name, columns);
  // SQLite alone takes no value for a primary key.
  if (kind === 'primary' && walk.dialect !== 'sqlite') for (const each of columns) setNotNull(walk, table, each);
  walk.schema.setConstraint(table, name, {
    kind,
    columns,
    isValid,
    shape: canonical(node, columns),
    by: walk.migration,
    at: walk.statement,
  });
}

/** The same, whether it is written beside its column or below all of them, and whether it was validated at once or later. */
function canonical(node: ConstraintNode, columns: readonly string[]): string {
  const { conname, keys, fk_attrs, skip_validation, initially_valid, indexname, ...rest } = node;
  return shapeOf({ ...rest, columns });
}

function setNotNull(walk: Walk, table: string, name: string): void {
  const column = walk.schema.column(table, name);
  if (column !== undefined && column.type !== '?') walk.schema.setColumn(table, name, { ...column, notNull: true });
}

/** What a new constraint of a table that was there means to the old code, and to the rows. */
export function judgeAdded(walk: Walk, table: string, kind: Constraint['kind'], columns: readonly string[], isValid: boolean): void {
  const isNew = isOfNewColumns(walk, table, columns);
  const of = columns.join(', ');
  if (kind === 'primary' || kind === 'unique') {
    // What rows of the old code have in new columns shows at the end.
    if (!isNew) walk.say('add-unique', { up: ['O', 'L'] }, `the old code may write ${of} twice`);
    walk.say('down-add-unique', { down: ['F', 'L'] }, `${of} may have been written twice since`, walk.statement, { table, columns });
  } else if (kind === 'foreign') {
    walk.say(
      'add-foreign-key',
      { up: [...(isNew ? [] : (['O'] as const)), 'L'], down: isValid ? ['F', 'L'] : [] },
      `rows in ${of} must point at something, and what they point at cannot go`,
    );
  } else {
    if (!isNew) walk.say('lock-constraint', { up: isValid ? ['O', 'L'] : ['O'] }, 'the old code may write what it forbids');
    walk.say('down-add-check', { down: isValid ? ['F', 'L'] : [] }, 'what it forbids may have been written since');
  }
}

/** VALIDATE CONSTRAINT. */
export function validateConstraint(walk: Walk, table: string, name: string): void {
  const found = walk.schema.table(table).constraints.get(name);
  if (found === undefined && !walk.schema.table(table).isUnknown) walk.say(...fails(`there is no constraint ${name}`));
  if (!walk.isOwn(table) && found?.isValid !== true)
    walk.say(
      found?.kind === 'foreign' ? 'add-foreign-key' : 'down-add-check',
      { up: ['L'], down: ['F', 'L'] },
      'what it forbids may have been written since',
    );
  if (found !== undefined) walk.schema.setConstraint(table, name, { ...found, isValid: true });
}

/** DROP CONSTRAINT. */
export function dropConstraint(walk: Walk, table: string, name: string, isMissingFine = false): void {
  const found = walk.schema.table(table).constraints.get(name);
  const index = `${table.slice(table.indexOf('.') + 1)}.${name}`;
  // A unique key of MySQL is an index.
  if (found === undefined && walk.dialect === 'mysql' && walk.schema.things.has(`index public.${index}`)) {
    dropThing(walk, { removeType: 'OBJECT_INDEX', behavior: 'DROP_RESTRICT' }, { List: { items: [{ String: { sval: index } }] } });
    return;
  }
  if (found === undefined && !walk.schema.table(table).isUnknown && !isMissingFine) walk.say(...fails(`there is no constraint ${name}`));
  if (found !== undefined && isPointedAt(walk.schema, table, found)) walk.say(...fails(`a foreign key counts on ${name}`));
  if (!walk.isOwn(table)) {
    // One that nothing has shown being made may be a unique one; by the names that PostgreSQL gives, others are not.
    const isUnique =
      found === undefined
        ? !/_(?:fkey|check|fk)$|^fk_|^chk_|^check_/i.test(name)
        : found.kind === 'unique' || found.kind === 'primary' || found.kind === 'exclude';
    if (isUnique) walk.say('drop-unique', { up: ['O'], down: ['L'] }, `the old code may count on it, as ON CONFLICT does`);
    else walk.say('drop-constraint', { down: ['L'] }, '');
  }
  if (found === undefined && walk.schema.table(table).isUnknown)
    walk.schema.setConstraint(table, name, { kind: 'check', columns: [], isValid: true, shape: 'gone' });
  else walk.schema.dropConstraint(table, name);
}

function columnsOf(node: ConstraintNode): string[] {
  const keys = textsOf(node.fk_attrs ?? node.keys);
  if (keys.length > 0) return keys;
  const named = new Set(columnsIn([node.raw_expr, node.exclusions]));
  visit(node.exclusions, (kind, value) => {
    if (kind === 'IndexElem' && (value as IndexElem).name) named.add((value as IndexElem).name!);
  });
  return [...named].sort();
}

/** As PostgreSQL names what has no name: `users_email_key`. */
function automaticName(walk: Walk, table: string, kind: Constraint['kind'], columns: readonly string[]): string {
  const base = table.slice(table.indexOf('.') + 1);
  if (walk.dialect === 'mysql' && kind === 'foreign') {
    const numbers = [...walk.schema.table(table).constraints.keys()].map((each) => Number(/_ibfk_(\d+)$/.exec(each)?.[1] ?? 0));
    return `${base}_ibfk_${Math.max(0, ...numbers) + 1}`.toLowerCase();
  }
  const parts = kind === 'primary' || (kind === 'check' && columns.length !== 1) ? [base] : [base, ...columns];
  // What MySQL and MariaDB call a check they do not agree on, and SQLite gives no names: then nobody can name it.
  const name = `${walk.dialect === 'postgres' ? '' : 'nameless '}${parts.join('_')}_${ENDINGS[kind]}`;
  const taken = walk.schema.table(table).constraints;
  for (let n = 0; ; n++) {
    const candidate = n === 0 ? name : `${name}${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}
