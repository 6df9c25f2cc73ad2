import type { AlterEnumStmt, CreateEnumStmt, DropStmt, IndexElem, IndexStmt, Node, ObjectType } from 'libpg-query';
import type { Thing } from '../schema.js';
import { joined, objectName, qualified, relationName, shapeOf, textsOf } from '../sql/names.js';
import { columnsIn, mayFail } from './expressions.js';
import { isOfNewColumns } from './new-columns.js';
import { cascade, fails } from './phrases.js';
import { isPointedAt, judgeNeededIndex, replaceImplied } from './uses.js';
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

/** A trigger by its table; where its name alone is enough, the table is looked up. */
function ofTable({ dialect, schema }: Walk, names: readonly string[]): string {
  const found =
    dialect === 'postgres'
      ? undefined
      : [...schema.things.keys()].find((key) => key.startsWith('trigger ') && key.endsWith(` ${names.at(-1)}`));
  return found?.slice('trigger '.length) ?? `${joined(names.slice(0, -1))} ${names.at(-1)}`;
}

const CONTAINERS = ['schema', 'extension'];

/** DROP of anything but a table. */
export function dropThing(walk: Walk, { removeType, behavior, concurrent, missing_ok }: DropStmt, object: Node): void {
  const known = KINDS[removeType ?? 'OBJECT_TABLE'];
  const isOfTable = removeType === 'OBJECT_TRIGGER' || removeType === 'OBJECT_POLICY' || removeType === 'OBJECT_RULE';
  const names = 'List' in object ? textsOf(object.List.items) : [];
  const name = isOfTable ? ofTable(walk, names) : withoutPublic(removeType, object);
  if (known === undefined) {
    walk.say('opaque-code', { up: ['B', 'O?'], down: ['B'] }, `${removeType} is not followed`);
    return;
  }
  const [kind, rule] = known;
  const thing = find(walk, kind, name);
  // MySQL has made it for a foreign key.
  if (kind === 'index' && thing === undefined && walk.schema.things.has(`implied index ${name}`)) {
    judgeNeededIndex(walk, walk.schema.things.get(`implied index ${name}`)!);
    walk.schema.things.delete(`implied index ${name}`);
    return;
  }
  const isNew = thing?.by === walk.migration;
  // Where all is known, it is known that there is none.
  if (thing === undefined && missing_ok && walk.isWhole) return;
  if (CONTAINERS.includes(kind)) walk.say('up-drop-container', { up: ['B', 'O'], down: ['B'] }, `what is in ${name} goes with it`);
  else if (kind === 'index') {
    if (concurrent) walk.say('non-transactional', {}, '');
    else walk.say('lock-index', { up: ['L'], down: ['L'] }, 'nobody can use the table meanwhile');
    const isUnique = thing?.shape.includes('"unique":true') === true;
    if (isUnique && isPointedAt(walk.schema, thing?.table ?? '', { kind: 'unique', columns: thing?.columns ?? [] }))
      walk.say(...fails(`a foreign key counts on ${name}`));
    if (isUnique && !isNew) walk.say('drop-unique', { up: ['O'] }, 'the old code may count on it, as ON CONFLICT does');
    if (thing !== undefined && walk.dialect === 'mysql') judgeNeededIndex(walk, thing);
    if (!isNew && /"accessMethod":"(?:fulltext|spatial)"/.test(thing?.shape ?? ''))
      walk.say('drop-unique', { up: ['O'] }, 'MATCH of the old code needs it');
    if (thing === undefined) walk.say('drop-unique', { up: ['O?'] }, 'where it is unique, the old code may count on it');
  } else if (kind === 'trigger' || kind === 'rule') {
    walk.say('add-trigger', { up: isNew ? ['L'] : ['O?', 'L'], down: ['L'] }, 'what it did for the old code is done no more');
    walk.schema.things.delete(`disabled trigger ${name}`);
  } else if (kind !== 'statistics' && !isNew) walk.say(rule, { up: ['O'] }, `the old code may ask for ${name}`);
  if (thing?.isMaybe)
    walk.say('if-not-exists', { down: ['B'] }, `${name} was made only where it was not there: it may have been there before`);
  if (kind === 'sequence' && walk.side === 'up' && !isNew)
    walk.say('down-restores-guess', { up: ['B'] }, `where ${name} went on, nobody has kept`);
  removeThing(walk, kind, name);
  if (behavior === 'DROP_CASCADE') cascade(walk);
  else if (DEPENDENTS[kind] !== undefined) judgeDependents(walk, kind, name);
}

/** Of what is made of each kind: what a function does is not followed, and a foreign key points at no view. */
const DEPENDENTS: Readonly<Record<string, RegExp>> = {
  view: /^(?:view|rule|policy)$/,
  routine: /^(?:view|rule|policy|trigger|index|column|constraint)$/,
  type: /^(?:view|rule|policy|index|routine|type|cast|column|constraint)$/,
  sequence: /^(?:view|column)$/,
};

/** What others are made of cannot go before them. */
function judgeDependents(walk: Walk, kind: string, name: string): void {
  const full = name.replace(/\(.*$/, '');
  const bare = full.slice(full.indexOf('.') + 1);
  const mentions = [bare, full].flatMap((each) => [`"sval":${JSON.stringify(each)}`, `"relname":${JSON.stringify(each)}`]);
  const parts = [
    ...[...walk.schema.things.values()].map((each) => [each.kind, each.shape] as const),
    ...[...walk.schema.tables.values()].flatMap(({ columns, constraints }) => [
      ...[...columns.values()].map(({ type, ...each }) => ['column', `{"sval":"${type}"} ${each.default} ${each.generated}`] as const),
      ...[...constraints.values()].map(({ shape }) => ['constraint', shape] as const),
    ]),
  ];
  const isMade = parts.some(([of, shape]) => DEPENDENTS[kind]!.test(of) && mentions.some((each) => shape.includes(each)));
  if (isMade) walk.say(...fails(`something is made of ${name}`));
}

/** A function may be dropped without its arguments. */
const keyOf = (walk: Walk, kind: string, name: string): string | undefined => {
  const key = `${kind} ${name}`;
  if (walk.schema.things.has(key)) return key;
  const bare = name.replace(/\(.*$/, '');
  const named = [...walk.schema.things.keys()].filter((each) => each.replace(/\(.*$/, '') === `routine ${bare}`);
  return kind === 'routine' && name.endsWith('()') && named.length === 1 ? named[0] : undefined;
};

const find = (walk: Walk, kind: string, name: string): Thing | undefined => {
  const key = keyOf(walk, kind, name);
  return key === undefined ? undefined : walk.schema.things.get(key);
};

/** What nothing has shown being made was there before: that it is gone is noted. */
export function removeThing(walk: Walk, kind: string, name: string): void {
  const key = keyOf(walk, kind, name);
  // The indexes of a materialized view go with it.
  if (kind === 'view') for (const [own] of walk.schema.things.of(name)) walk.schema.things.delete(own);
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
  // Functions of one name are others, where they are called with other types.
  const was = walk.schema.things.get(`${kind} ${name}`);
  // Which is the only name that PostgreSQL has for making it anew.
  const { replace: _, ...made } = node as { readonly replace?: boolean };
  const shape = shapeOf(made);
  if (
    walk.side === 'down' &&
    was !== undefined &&
    !rest.isMaybe &&
    (!replace || (walk.dialect === 'postgres' && signature(was.shape) !== signature(shape)))
  )
    walk.say(...fails(replace ? `${name} cannot become another one without a DROP` : `there is one by the name ${name} already`));
  if (replace && was?.by !== walk.migration && (was !== undefined || !walk.isWhole) && walk.side === 'up')
    walk.say('rename-object', { up: ['O?'] }, `${name} may do something else than the old code counts on`);
  walk.schema.things.delete(`the former ${kind} ${name}`);
  // Without the migrations from the first on, nobody can say that it was not there before.
  const maybe = replace && was === undefined && !walk.isWhole ? { isMaybe: true as const } : {};
  walk.schema.things.set(`${kind} ${name}`, {
    kind,
    shape,
    by: was?.by ?? walk.migration,
    at: walk.statement,
    ...maybe,
    ...rest,
  });
}

/** What CREATE OR REPLACE cannot change: the columns of a view, and what a function is called with and gives. */
function signature(shape: string): string {
  if (!shape.startsWith('{')) return '';
  const { query, stars, aliases, parameters, returnType } = JSON.parse(shape) as Readonly<Record<string, unknown>>;
  const select = (query as { SelectStmt?: { targetList?: unknown } } | undefined)?.SelectStmt;
  return shapeOf([select?.targetList, stars, aliases, parameters, returnType]);
}

/** CREATE INDEX. */
export function createIndex(walk: Walk, statement: IndexStmt): void {
  const { relation, unique, concurrent, if_not_exists, indexParams = [], whereClause, idxname } = statement;
  const table = relationName(relation);
  const columns = indexParams.flatMap((each) => ('IndexElem' in each ? columnsOf(each.IndexElem) : []));
  columns.push(...columnsIn(whereClause));
  if (!walk.isOwn(table)) {
    if (unique) {
      // What rows of the old code have in new columns shows at the end.
      if (!isOfNewColumns(walk, table, columns))
        walk.say('add-unique', { up: ['O'] }, `the old code may write ${columns.join(', ')} twice`);
      walk.say('down-add-unique', { down: ['F'] }, `${columns.join(', ')} may have been written twice since`);
    }
    const formulas = indexParams.flatMap((each) => ('IndexElem' in each && each.IndexElem.expr !== undefined ? [each.IndexElem.expr] : []));
    if (formulas.some(mayFail))
      walk.say('lock-constraint', { up: ['O?'] }, 'there may be nothing to put in it for what the old code writes');
    // The same formula held for what the old code wrote; the new one was free of it.
    if (formulas.some(mayFail)) walk.say('down-add-check', { down: ['F'] }, 'there may be nothing to put in it for what was written since');
    if (!concurrent) walk.say('lock-index', { up: ['L'], down: ['L'] }, 'nobody can write into the table meanwhile');
  }
  if (walk.dialect === 'mysql') replaceImplied(walk, table, columns);
  const name = idxname || automaticName(walk, table, indexParams, columns);
  const maybe = if_not_exists ? { isMaybe: true as const } : {};
  createThing(walk, 'index', qualified(name, relation?.schemaname || undefined), whatIndex(statement), {
    table,
    columns: [...new Set(columns)],
    ...maybe,
  });
}

/** What an index is, whatever it is called and however it was made. */
export function whatIndex({ concurrent: _, if_not_exists: __, idxname: ___, ...rest }: IndexStmt): object {
  return { ...rest, indexParams: (rest.indexParams ?? []).map(plainly) };
}

/** As PostgreSQL names what has no name; MySQL takes the first column, with a number where that is taken. */
function automaticName({ dialect, schema }: Walk, table: string, params: readonly Node[], columns: readonly string[]): string {
  const base = table.slice(table.indexOf('.') + 1);
  if (dialect !== 'mysql') return [base, ...namesOf(params), 'idx'].join('_');
  for (let n = 1; ; n++) {
    const name = `${base}.${columns[0] ?? 'functional_index'}${n === 1 ? '' : `_${n}`}`;
    if (!schema.things.has(`index public.${name}`)) return name;
  }
}

/** As PostgreSQL names the columns of an index: those of a formula by its function. */
function namesOf(params: readonly Node[]): string[] {
  const names: string[] = [];
  for (const each of params) {
    const { name, expr } = 'IndexElem' in each ? each.IndexElem : {};
    const own = name || (expr !== undefined && 'FuncCall' in expr ? (textsOf(expr.FuncCall.funcname).at(-1) ?? 'expr') : 'expr');
    let free = own;
    for (let more = 1; names.includes(free); more++) free = `${own}${more}`;
    names.push(free);
  }
  return names;
}

/** `ASC` is what an index has without it, and so is where NULL comes in either order. */
function plainly(element: Node): Node {
  if (!('IndexElem' in element)) return element;
  const { ordering, nulls_ordering, ...rest } = element.IndexElem;
  const isDescending = ordering === 'SORTBY_DESC';
  const isUsual = nulls_ordering === (isDescending ? 'SORTBY_NULLS_FIRST' : 'SORTBY_NULLS_LAST');
  return {
    IndexElem: {
      ...rest,
      ...(ordering === undefined ? {} : { ordering: isDescending ? ordering : 'SORTBY_DEFAULT' }),
      ...(nulls_ordering === undefined ? {} : { nulls_ordering: isUsual ? 'SORTBY_NULLS_DEFAULT' : nulls_ordering }),
    },
  };
}

const columnsOf = (element: IndexElem): string[] => (element.name ? [element.name] : columnsIn(element.expr));

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
