import type { AlterEnumStmt, CreateEnumStmt, DropStmt, IndexElem, IndexStmt, Node, ObjectType } from 'libpg-query';
import type { Thing } from '../schema.js';
import { joined, objectName, qualified, relationName, shapeOf, textsOf } from '../sql/names.js';
import { visit } from '../sql/parser.js';
import { cascade } from './columns.js';
import type { Walk } from './walk.js';

/** What of the objects of a DROP counts as which kind, and which rule is about it. */
const KINDS: Partial<Record<ObjectType, readonly [kind: string, rule: string]>> = {
  OBJECT_VIEW: ['view', 'drop-view'],
  OBJECT_MATVIEW: ['view', 'drop-view'],
  OBJECT_FUNCTION: ['routine', 'drop-routine'],
  OBJECT_PROCEDURE: ['routine', 'drop-routine'],
  OBJECT_ROUTINE: ['routine', 'drop-routine'],
  OBJECT_AGGREGATE: ['routine', 'drop-routine'],
  OBJECT_TYPE: ['type', 'drop-type'],
  OBJECT_DOMAIN: ['type', 'drop-type'],
  OBJECT_SEQUENCE: ['sequence', 'drop-type'],
  OBJECT_INDEX: ['index', 'lock-index'],
  OBJECT_TRIGGER: ['trigger', 'add-trigger'],
  OBJECT_RULE: ['rule', 'add-trigger'],
  OBJECT_POLICY: ['policy', 'revoke-or-rls'],
  OBJECT_SCHEMA: ['schema', 'up-drop-container'],
  OBJECT_EXTENSION: ['extension', 'up-drop-container'],
  OBJECT_STATISTIC_EXT: ['statistics', ''],
  OBJECT_COLLATION: ['collation', 'drop-type'],
  OBJECT_CAST: ['cast', 'drop-routine'],
  OBJECT_OPERATOR: ['operator', 'drop-routine'],
};

const CONTAINERS = ['schema', 'extension'];

/** DROP of anything but a table. */
export function dropThing(walk: Walk, { removeType, behavior, concurrent }: DropStmt, object: Node): void {
  const known = KINDS[removeType ?? 'OBJECT_TABLE'];
  const isOfTable = removeType === 'OBJECT_TRIGGER' || removeType === 'OBJECT_POLICY' || removeType === 'OBJECT_RULE';
  const names = 'List' in object ? textsOf(object.List.items) : [];
  const name = isOfTable ? `${joined(names.slice(0, -1))} ${names.at(-1)}` : withoutPublic(removeType, object);
  if (known === undefined) {
    walk.say('opaque-code', { up: ['B', 'O?'], down: ['B'] }, `${removeType} is not followed`);
    return;
  }
  const [kind, rule] = known;
  const thing = find(walk, kind, name);
  const isNew = thing?.by === walk.migration;
  if (CONTAINERS.includes(kind)) walk.say('up-drop-container', { up: ['B', 'O'], down: ['B'] }, `what is in ${name} goes with it`);
  else if (kind === 'index') {
    if (concurrent) walk.say('non-transactional', {}, '');
    else walk.say('lock-index', { up: ['L'], down: ['L'] }, 'nobody can use the table meanwhile');
    if (thing?.shape.includes('"unique":true') && !isNew)
      walk.say('drop-unique', { up: ['O'] }, 'the old code may count on it, as ON CONFLICT does');
  } else if (kind === 'trigger' || kind === 'rule') {
    walk.say('add-trigger', { up: isNew ? ['L'] : ['O?', 'L'], down: ['L'] }, 'what it did for the old code is done no more');
  } else if (kind !== 'policy' && kind !== 'statistics' && !isNew) walk.say(rule, { up: ['O'] }, `the old code may ask for ${name}`);
  if (thing?.isMaybe)
    walk.say('if-not-exists', { down: ['B'] }, `${name} was made only where it was not there: it may have been there before`);
  if (behavior === 'DROP_CASCADE') cascade(walk);
  remove(walk, kind, name);
}

/** A function may be dropped without its arguments. */
const keyOf = (walk: Walk, kind: string, name: string): string | undefined => {
  const key = `${kind} ${name}`;
  if (walk.schema.things.has(key)) return key;
  const bare = name.replace(/\(.*$/, '');
  return kind === 'routine' ? [...walk.schema.things.keys()].find((each) => each.replace(/\(.*$/, '') === `routine ${bare}`) : undefined;
};

const find = (walk: Walk, kind: string, name: string): Thing | undefined => {
  const key = keyOf(walk, kind, name);
  return key === undefined ? undefined : walk.schema.things.get(key);
};

/** What nothing has shown being made was there before: that it is gone is noted. */
function remove(walk: Walk, kind: string, name: string): void {
  const key = keyOf(walk, kind, name);
  if (key !== undefined) walk.schema.things.delete(key);
  else walk.schema.things.set(`the former ${kind} ${name}`, { kind: 'gone', shape: 'gone' });
}

const withoutPublic = (type: ObjectType | undefined, object: Node): string =>
  type === 'OBJECT_SCHEMA' || type === 'OBJECT_EXTENSION' || type === 'OBJECT_CAST'
    ? 'String' in object
      ? (object.String.sval ?? '')
      : shapeOf(object)
    : objectName(object);

/** Something is made, or made anew: CREATE OR REPLACE. */
export function createThing(
  walk: Walk,
  kind: string,
  name: string,
  node: unknown,
  more: Partial<Thing> & { readonly replace?: boolean } = {},
): void {
  const { replace = false, ...rest } = more;
  const was = find(walk, kind, name);
  if (replace && was?.by !== walk.migration && walk.side === 'up')
    walk.say('rename-object', { up: ['O?'] }, `${name} may do something else than the old code counts on`);
  walk.schema.things.delete(`the former ${kind} ${name}`);
  // Without the migrations from the first on, nobody can say that it was not there before.
  const maybe = replace && was === undefined && !walk.isWhole ? { isMaybe: true as const } : {};
  walk.schema.things.set(keyOf(walk, kind, name) ?? `${kind} ${name}`, {
    kind,
    shape: shapeOf(node),
    by: was?.by ?? walk.migration,
    ...maybe,
    ...rest,
  });
}

/** CREATE INDEX. */
export function createIndex(walk: Walk, statement: IndexStmt): void {
  const { relation, unique, concurrent, if_not_exists, indexParams = [], whereClause, idxname } = statement;
  const table = relationName(relation);
  const columns = indexParams.flatMap((each) => ('IndexElem' in each ? columnsOf(each.IndexElem) : []));
  visit(whereClause, (kind, value) => {
    if (kind === 'ColumnRef') columns.push(...textsOf((value as { fields?: Node[] }).fields));
  });
  const isOfNewColumns = columns.length > 0 && columns.every((each) => walk.schema.column(table, each)?.by === walk.migration);
  if (!walk.isOwn(table)) {
    if (unique) {
      if (!isOfNewColumns) walk.say('add-unique', { up: ['O'] }, `the old code may write ${columns.join(', ')} twice`);
      walk.say('down-add-unique', { down: ['F'] }, `${columns.join(', ')} may have been written twice since`);
    }
    if (!concurrent) walk.say('lock-index', { up: ['L'], down: ['L'] }, 'nobody can write into the table meanwhile');
  }
  const name = idxname || `${table.slice(table.indexOf('.') + 1)}_${columns.join('_')}_idx`;
  const { concurrent: _, if_not_exists: __, ...shape } = statement;
  const maybe = if_not_exists ? { isMaybe: true as const } : {};
  createThing(walk, 'index', qualified(name, relation?.schemaname || undefined), shape, {
    table,
    columns: [...new Set(columns)],
    ...maybe,
  });
}

const columnsOf = (element: IndexElem): string[] => {
  if (element.name) return [element.name];
  const found: string[] = [];
  visit(element.expr, (kind, value) => {
    if (kind === 'ColumnRef') found.push(...textsOf((value as { fields?: Node[] }).fields));
  });
  return found;
};

/** CREATE TYPE … AS ENUM. */
export function createEnum(walk: Walk, { typeName, vals }: CreateEnumStmt): void {
  createThing(walk, 'type', joined(textsOf(typeName)), 'enum', { labels: textsOf(vals) });
}

/** ALTER TYPE … ADD VALUE, RENAME VALUE. */
export function alterEnum(walk: Walk, { typeName, oldVal, newVal = '', newValNeighbor, newValIsAfter }: AlterEnumStmt): void {
  const name = joined(textsOf(typeName));
  const key = `type ${name}`;
  const type: Thing = walk.schema.things.get(key) ?? { kind: 'type', shape: '?', labels: [] };
  const isNew = type.by === walk.migration;
  const labels = [...(type.labels ?? [])];
  if (oldVal) {
    if (!isNew) walk.say('enum-rename-value', { up: ['O'] }, `the old code writes ${oldVal}`);
    walk.schema.things.set(key, {
      ...type,
      labels: labels.includes(oldVal) ? labels.map((each) => (each === oldVal ? newVal : each)) : [...labels, `${newVal} for ${oldVal}`],
    });
    return;
  }
  if (!isNew) walk.say('enum-add-value', { up: ['B'], down: ['F'] }, 'a value of an enum cannot be taken away again');
  const at = newValNeighbor ? labels.indexOf(newValNeighbor) + (newValIsAfter ? 1 : 0) : labels.length;
  labels.splice(Math.max(0, at), 0, newVal);
  walk.schema.things.set(key, { ...type, labels });
}
