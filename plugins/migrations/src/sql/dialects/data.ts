import type { Node, RangeVar } from 'libpg-query';
import type { Dialect } from '../../migration.js';
import { expressionOf, orderOf } from './expressions.js';
import { Fields, kindOf, Unclear } from './fields.js';
import { partsOf, relationOf } from './names.js';
import { queryOf, tablesOf } from './queries.js';
import { translators } from './translators.js';

/** INSERT, REPLACE, UPDATE and DELETE; one of several tables becomes one for each of them. */
export function changeOf(dialect: Dialect, [kind, body]: readonly [string, unknown]): Node[] {
  if (kind === 'Insert') return [insertOf(dialect, body)];
  return kind === 'Update' ? updatesOf(dialect, body) : deletesOf(dialect, body);
}

/** Nobody can name the columns that a whole row overwrites. */
const WHOLE_ROW: Node = { ResTarget: { name: 'the whole row' } };

function insertOf(dialect: Dialect, body: unknown): Node {
  const fields = new Fields('INSERT', body).ignore('into', 'ignore', 'priority', 'has_table_keyword');
  const [form, name] = kindOf(fields.get('table'));
  if (form !== 'TableName') throw new Unclear('INSERT is not followed');
  const relation = relationOf(name, dialect);
  const otherwise = fields.get('or');
  if (otherwise !== undefined && !['Replace', 'Ignore', 'Abort', 'Fail'].includes(String(otherwise)))
    throw new Unclear(`INSERT OR ${String(otherwise).toUpperCase()} is not followed`);
  const cols = fields.list('columns').map((each): Node => ({ ResTarget: { name: partsOf(each).at(-1)!.toLowerCase() } }));
  const source = fields.get('source');
  const assigned = assignmentsOf(dialect, fields.list('assignments')).map(({ target }) => target);
  const returning = fields.list('returning');
  const isReplace = fields.is('replace_into') || otherwise === 'Replace';
  const conflict = fields.get('on');
  fields.done();
  if (returning.some((each) => JSON.stringify(each).includes('Function'))) throw new Unclear('RETURNING is not followed');
  const updated = isReplace ? [WHOLE_ROW] : conflict === undefined ? [] : conflictOf(dialect, conflict);
  return {
    InsertStmt: {
      relation,
      cols: [...cols, ...assigned],
      ...(source === undefined ? {} : { selectStmt: queryOf(dialect, source) }),
      ...(updated.length === 0 ? {} : { onConflictClause: { action: 'ONCONFLICT_UPDATE', targetList: updated } }),
      ...(otherwise === 'Ignore' || (body as { ignore?: unknown }).ignore === true ? { override: 'OVERRIDING_USER_VALUE' } : {}),
    },
  };
}

function conflictOf(dialect: Dialect, node: unknown): Node[] {
  const [kind, body] = kindOf(node);
  if (kind === 'DuplicateKeyUpdate') return assignmentsOf(dialect, body as unknown[]).map(({ target }) => target);
  if (kind !== 'OnConflict') throw new Unclear(`${kind} is not followed`);
  const fields = new Fields('ON CONFLICT', body).ignore('conflict_target');
  const [action, update] = kindOf(fields.get('action'));
  fields.done();
  if (action === 'DoNothing') return [];
  const set = new Fields('DO UPDATE', update);
  const targets = assignmentsOf(dialect, set.list('assignments')).map(({ target }) => target);
  const where = set.get('selection');
  if (where !== undefined) expressionOf(dialect, where);
  set.done();
  return targets;
}

interface Assignment {
  /** The table that it names, or its alias. */
  readonly of: string | undefined;
  readonly target: Node;
}

function assignmentsOf(dialect: Dialect, nodes: readonly unknown[]): Assignment[] {
  return nodes.map((node) => {
    const fields = new Fields('SET', node);
    const [kind, name] = kindOf(fields.get('target'));
    if (kind !== 'ColumnName') throw new Unclear('SET of several columns is not followed');
    const parts = partsOf(name);
    const val = expressionOf(dialect, fields.get('value'));
    fields.done();
    return { of: parts.at(-2), target: { ResTarget: { name: parts.at(-1)!.toLowerCase(), val } } };
  });
}

const relationsIn = (nodes: readonly Node[]): RangeVar[] => nodes.flatMap((each) => ('RangeVar' in each ? [each.RangeVar] : []));
const isCalled = ({ relname = '', alias }: RangeVar, name: string): boolean =>
  (alias?.aliasname ?? relname).toLowerCase() === name.toLowerCase();

function updatesOf(dialect: Dialect, body: unknown): Node[] {
  const fields = new Fields('UPDATE', body);
  const otherwise = fields.get('or');
  if (otherwise !== undefined && otherwise !== 'Ignore') throw new Unclear(`UPDATE OR ${String(otherwise).toUpperCase()} is not followed`);
  const tables = tablesOf(dialect, fields.get('table'));
  const more = fields.get('from');
  const fromClause = more === undefined ? [] : (kindOf(more)[1] as unknown[]).flatMap((each) => tablesOf(dialect, each));
  const assignments = assignmentsOf(dialect, fields.list('assignments'));
  const where = fields.get('selection');
  const rest = [...fields.list('order_by').map((each) => orderOf(dialect, each)), ...limitOf(dialect, fields)];
  if (fields.list('returning').length > 0) throw new Unclear('RETURNING is not followed');
  fields.done();
  const relations = relationsIn(tables);
  const others = [...tables.filter((each) => !('RangeVar' in each)), ...fromClause, ...rest];
  // A name without its table may be of each of them.
  const updates = relations.flatMap((relation) => {
    const targets = assignments.filter(({ of }) => of === undefined || relations.length === 1 || isCalled(relation, of));
    return targets.length === 0 ? [] : [{ relation, targetList: targets.map(({ target }) => target) }];
  });
  if (updates.length === 0) throw new Unclear('which table is updated is not followed');
  return updates.map(
    (each): Node => ({
      UpdateStmt: {
        ...each,
        ...(where === undefined ? {} : { whereClause: expressionOf(dialect, where) }),
        ...(others.length === 0 ? {} : { fromClause: others }),
      },
    }),
  );
}

const limitOf = (dialect: Dialect, fields: Fields): Node[] => {
  const limit = fields.get('limit');
  return limit === undefined ? [] : [expressionOf(dialect, limit)];
};

function deletesOf(dialect: Dialect, body: unknown): Node[] {
  const fields = new Fields('DELETE', body);
  const [, from] = kindOf(fields.get('from'));
  const tables = (from as unknown[]).flatMap((each) => tablesOf(dialect, each));
  const using = fields.list('using').flatMap((each) => tablesOf(dialect, each));
  const named = fields.list('tables').map((each) => partsOf(each).at(-1)!);
  const where = fields.get('selection');
  const rest = [...fields.list('order_by').map((each) => orderOf(dialect, each)), ...limitOf(dialect, fields)];
  if (fields.list('returning').length > 0) throw new Unclear('RETURNING is not followed');
  fields.done();
  const relations = relationsIn(tables);
  const meant = named.length === 0 ? relations : relations.filter((each) => named.some((name) => isCalled(each, name)));
  if (meant.length === 0 || relations.some(({ alias }) => alias !== undefined && named.length === 0 && using.length > 0))
    throw new Unclear('which rows are deleted is not followed');
  const usingClause = [...tables.filter((each) => !('RangeVar' in each)), ...using, ...rest];
  return meant.map(
    (relation): Node => ({
      DeleteStmt: {
        relation,
        ...(where === undefined ? {} : { whereClause: expressionOf(dialect, where) }),
        ...(usingClause.length === 0 ? {} : { usingClause }),
      },
    }),
  );
}

/** TRUNCATE. */
export function truncateOf(dialect: Dialect, body: unknown): Node {
  const fields = new Fields('TRUNCATE', body).ignore('table');
  const relations = fields.list('table_names').map((each): Node => {
    const one = new Fields('a table', each);
    const relation = relationOf(one.get('name'), dialect);
    one.done();
    return { RangeVar: relation };
  });
  fields.done();
  return { TruncateStmt: { relations } };
}

translators.change = changeOf;
