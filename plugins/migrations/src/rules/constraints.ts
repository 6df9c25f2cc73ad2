import type { Constraint as ConstraintNode, IndexElem } from 'libpg-query';
import type { Constraint } from '../schema.js';
import { relationName, shapeOf, textsOf } from '../sql/names.js';
import { visit } from '../sql/parser.js';
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
  const columns = column === undefined ? columnsOf(node) : [column];
  const name = node.conname || automaticName(walk, table, kind, columns);
  const isValid = node.skip_validation !== true;
  if (!walk.isOwn(table)) judgeAdded(walk, table, kind, columns, isValid);
  else if (kind === 'foreign' && relationName(node.pktable) !== table && !walk.isOwn(relationName(node.pktable)))
    walk.say('add-foreign-key', { up: ['L'] }, `${relationName(node.pktable)} is locked for it, too`);
  if (kind === 'primary') for (const each of columns) setNotNull(walk, table, each);
  walk.schema.setConstraint(table, name, { kind, columns, isValid, shape: canonical(node, columns) });
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

function judgeAdded(walk: Walk, table: string, kind: Constraint['kind'], columns: readonly string[], isValid: boolean): void {
  const isOfNewColumns = columns.length > 0 && columns.every((each) => walk.schema.column(table, each)?.by === walk.migration);
  const of = columns.join(', ');
  if (kind === 'primary' || kind === 'unique') {
    // Rows of the old code have no value in a new column, and any number of these may be.
    if (!isOfNewColumns) walk.say('add-unique', { up: ['O', 'L'] }, `the old code may write ${of} twice`);
    walk.say('down-add-unique', { down: ['F', 'L'] }, `${of} may have been written twice since`);
  } else if (kind === 'foreign') {
    walk.say(
      'add-foreign-key',
      { up: [...(isOfNewColumns ? [] : (['O'] as const)), 'L'], down: isValid ? ['F', 'L'] : [] },
      `rows in ${of} must point at something, and what they point at cannot go`,
    );
  } else {
    if (!isOfNewColumns) walk.say('lock-constraint', { up: isValid ? ['O', 'L'] : ['O'] }, 'the old code may write what it forbids');
    walk.say('down-add-check', { down: isValid ? ['F', 'L'] : [] }, 'what it forbids may have been written since');
  }
}

/** DROP CONSTRAINT. */
export function dropConstraint(walk: Walk, table: string, name: string): void {
  const found = walk.schema.table(table).constraints.get(name);
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
  const named = new Set<string>();
  visit([node.raw_expr, node.exclusions], (kind, value) => {
    if (kind === 'ColumnRef') for (const each of textsOf((value as { fields?: never[] }).fields)) named.add(each);
    if (kind === 'IndexElem' && (value as IndexElem).name) named.add((value as IndexElem).name!);
  });
  return [...named].sort();
}

/** As PostgreSQL names what has no name: `users_email_key`. */
function automaticName(walk: Walk, table: string, kind: Constraint['kind'], columns: readonly string[]): string {
  const base = table.slice(table.indexOf('.') + 1);
  const parts = kind === 'primary' || (kind === 'check' && columns.length !== 1) ? [base] : [base, ...columns];
  const name = `${parts.join('_')}_${ENDINGS[kind]}`;
  const taken = walk.schema.table(table).constraints;
  for (let n = 0; ; n++) {
    const candidate = n === 0 ? name : `${name}${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}
