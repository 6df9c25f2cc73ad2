import type { AlterTableCmd, Constraint, CreateStmt, IndexStmt, Node, RangeVar } from 'libpg-query';
import type { Dialect } from '../../migration.js';
import { columnOf, definitionOf, elementsOf, harmlessOptions, indexName, tableConstraintOf } from './columns.js';
import { defaultOf, expressionOf } from './expressions.js';
import { Fields, kindOf, Unclear } from './fields.js';
import { columnName, objectOf, relationOf, singleName, text } from './names.js';
import { asNode } from './own-nodes.js';
import { queryOf } from './queries.js';

/** Neither of them is about a row that the old code reads or writes. */
const TABLE_OPTIONS =
  /^(?:ENGINE|AUTO_INCREMENT|(?:DEFAULT )?(?:CHARSET|CHARACTER SET|COLLATE)|ROW_FORMAT|COMMENT|KEY_BLOCK_SIZE|STATS_PERSISTENT)$/i;

/** CREATE TABLE, with the indexes that stand in it. */
export function createTableOf(dialect: Dialect, body: unknown): Node[] {
  const fields = new Fields('CREATE TABLE', body).allow('hive_distribution', 'NONE').ignore('hive_formats');
  const relation = { ...relationOf(fields.get('name'), dialect), ...(fields.is('temporary') ? { relpersistence: 't' } : {}) };
  const maybe = fields.is('if_not_exists') ? { if_not_exists: true } : {};
  const [like, query] = [fields.get('like'), fields.get('query')];
  const definitions = fields.list('columns').map((each) => definitionOf(dialect, relation, each));
  const constraints = fields.list('constraints').map((each) => tableConstraintOf(dialect, relation, each));
  const [isStrict, isWithoutRowid] = [fields.is('strict'), fields.is('without_rowid')];
  tableOptions(fields.get('table_options'));
  fields.done();
  if (like !== undefined) throw new Unclear('CREATE TABLE LIKE is not followed');
  if (query !== undefined) {
    if (definitions.length + constraints.length > 0) throw new Unclear('a table of columns and of a query is not followed');
    return [{ CreateTableAsStmt: { query: queryOf(dialect, query), into: { rel: relation }, objtype: 'OBJECT_TABLE', ...maybe } }];
  }
  const own = constraints.flatMap((each): Constraint[] => ('constraint' in each ? [each.constraint] : []));
  // What is said of all columns at once.
  const marks = [...(isStrict ? ['strict'] : []), ...(isWithoutRowid ? ['without rowid'] : [])];
  const more = marks.map(
    (conname): Constraint => ({ contype: 'CONSTR_CHECK', conname, raw_expr: { A_Const: { boolval: { boolval: true } } } }),
  );
  const create: CreateStmt = {
    relation,
    tableElts: [
      ...definitions.map(({ column }): Node => ({ ColumnDef: withRowid(dialect, column, own, isWithoutRowid) })),
      ...[...own, ...more].map((each): Node => ({ Constraint: each })),
    ],
    ...maybe,
  };
  const indexes = [...definitions.flatMap((each) => each.indexes), ...constraints.flatMap((each) => ('index' in each ? [each.index] : []))];
  if (indexes.length > 0 && maybe.if_not_exists) throw new Unclear('IF NOT EXISTS with indexes in it is not followed');
  return [{ CreateStmt: create }, ...(relation.relpersistence === 't' ? [] : indexes.map((each): Node => ({ IndexStmt: each })))];
}

/** The one INTEGER that is the primary key of a table of SQLite numbers its rows. */
function withRowid(
  dialect: Dialect,
  column: NonNullable<ReturnType<typeof definitionOf>['column']>,
  own: readonly Constraint[],
  isWithoutRowid: boolean,
) {
  const constraints = column.constraints ?? [];
  const isNumbered = (each: Node) => 'Constraint' in each && each.Constraint.contype === 'CONSTR_IDENTITY';
  if (dialect === 'sqlite' && isWithoutRowid) return { ...column, constraints: constraints.filter((each) => !isNumbered(each)) };
  const keys = own.find(({ contype }) => contype === 'CONSTR_PRIMARY')?.keys ?? [];
  const [key, ...others] = keys.map((each) => ('String' in each ? each.String.sval : undefined));
  const isInteger = JSON.stringify(column.typeName) === JSON.stringify({ names: [text('integer')] });
  if (dialect !== 'sqlite' || key !== column.colname || others.length > 0 || !isInteger) return column;
  return { ...column, constraints: [...constraints, { Constraint: { contype: 'CONSTR_IDENTITY' as const, generated_when: 'd' } }] };
}

function tableOptions(node: unknown): void {
  const [form, options] = kindOf(node ?? 'None');
  if (form === 'None') return;
  if (form !== 'Plain') throw new Unclear('an option of the table is not followed');
  for (const each of options as unknown[]) {
    const [kind, body] = kindOf(each);
    if (kind === 'Comment' || kind === 'Ident') {
      if (kind === 'Ident') throw new Unclear('an option of the table is not followed');
      continue;
    }
    const { key } = body as { key?: { value?: unknown } };
    if (!TABLE_OPTIONS.test(String(key?.value))) throw new Unclear(`${String(key?.value)} of the table is not followed`);
  }
}

/** ALTER TABLE, operation after operation. */
export function alterTableOf(dialect: Dialect, body: unknown): Node[] {
  const fields = new Fields('ALTER TABLE', body);
  const relation = relationOf(fields.get('name'), dialect);
  const operations = fields.list('operations').map((each) => kindOf(each));
  fields.done();
  if (dialect === 'sqlite' && operations.length !== 1) throw new Unclear('SQLite alters one thing at a time');
  const done = operations.flatMap(([kind, one]) => operationOf(dialect, relation, kind, one));
  demandOneEach(done);
  return done.flatMap(({ nodes }) => nodes);
}

interface Done {
  readonly nodes: readonly Node[];
  /** The columns that it is about, by their old and new names. */
  readonly columns?: readonly string[];
  readonly renamesTable?: boolean;
}

/** MySQL does all operations at once: where two are about one column, their order is not theirs. */
function demandOneEach(done: readonly Done[]): void {
  const named = done.flatMap(({ columns = [] }) => [...new Set(columns)]);
  if (new Set(named).size < named.length) throw new Unclear('two operations on one column are not followed');
  if (done.length > 1 && done.some(({ renamesTable }) => renamesTable))
    throw new Unclear('a new name beside other operations is not followed');
}

const alter = (relation: RangeVar, command: AlterTableCmd): Node => ({
  AlterTableStmt: { relation, objtype: 'OBJECT_TABLE', cmds: [{ AlterTableCmd: { behavior: 'DROP_RESTRICT', ...command } }] },
});

function operationOf(dialect: Dialect, relation: RangeVar, kind: string, body: unknown): Done {
  const reader = (dialect === 'mysql' ? { ...OPERATIONS, ...MYSQL_OPERATIONS } : OPERATIONS)[kind];
  if (reader === undefined) throw new Unclear(`${kind} is not followed`);
  const fields = new Fields(kind, body ?? {});
  const done = reader(fields, relation, dialect);
  fields.done();
  return done;
}

type Operation = (fields: Fields, relation: RangeVar, dialect: Dialect) => Done;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  AddColumn: (fields, relation, dialect) => {
    const { column, indexes } = definitionOf(dialect, relation, fields.ignore('column_keyword', 'column_position').get('column_def'));
    const missing_ok = fields.is('if_not_exists');
    if (column.constraints?.some((each) => 'Constraint' in each && each.Constraint.contype === 'CONSTR_IDENTITY'))
      throw new Unclear('a column that numbers the rows that are there is not followed');
    const nodes = [alter(relation, { subtype: 'AT_AddColumn', def: { ColumnDef: column }, ...(missing_ok ? { missing_ok } : {}) })];
    return { nodes: [...nodes, ...indexes.map((each): Node => ({ IndexStmt: each }))], columns: [column.colname!] };
  },
  DropColumn: (fields, relation) => {
    const columns = fields.ignore('has_column_keyword').list('column_names').map(columnName);
    fields.allow('drop_behavior', 'Restrict');
    if (fields.is('if_exists')) throw new Unclear('DROP COLUMN IF EXISTS is not followed');
    return { nodes: columns.map((name) => alter(relation, { subtype: 'AT_DropColumn', name })), columns };
  },
  RenameColumn: (fields, relation) => {
    const columns = ['old_column_name', 'new_column_name'].map((each) => columnName(fields.get(each))) as [string, string];
    return { nodes: [renameColumn(relation, ...columns)], columns };
  },
  RenameTable: (fields, relation, dialect) => {
    const [, name] = kindOf(fields.get('table_name'));
    return { nodes: [renameTable(relation, relationOf(name, dialect))], renamesTable: true };
  },
};

const MYSQL_OPERATIONS: Readonly<Record<string, Operation>> = {
  ModifyColumn: (fields, relation) => restated(fields, relation, 'col_name', 'col_name'),
  ChangeColumn: (fields, relation) => restated(fields, relation, 'old_name', 'new_name'),
  AddConstraint: (fields, relation, dialect) => {
    if (fields.is('not_valid')) throw new Unclear('NOT VALID is not followed');
    const added = tableConstraintOf(dialect, relation, fields.get('constraint'));
    if ('index' in added) return { nodes: [{ IndexStmt: added.index }] };
    return { nodes: [alter(relation, { subtype: 'AT_AddConstraint', def: { Constraint: added.constraint } })] };
  },
  DropConstraint: (fields, relation) => dropKey(fields.allow('drop_behavior', 'Restrict'), relation),
  DropForeignKey: (fields, relation) => dropKey(fields.allow('drop_behavior', 'Restrict'), relation),
  DropPrimaryKey: (fields, relation) => {
    fields.allow('drop_behavior', 'Restrict');
    return { nodes: [alter(relation, { subtype: 'AT_DropConstraint', name: 'primary' })] };
  },
  DropIndex: (fields, relation, dialect) => ({ nodes: [dropIndex(dialect, relation, columnName(fields.get('name')), false)] }),
  AlterColumn: (fields, relation, dialect) => {
    const name = columnName(fields.get('column_name'));
    const [kind, body] = kindOf(fields.get('op'));
    if (kind === 'DropDefault') return { nodes: [alter(relation, { subtype: 'AT_ColumnDefault', name })], columns: [name] };
    if (kind !== 'SetDefault') throw new Unclear(`${kind} is not followed`);
    const set = new Fields('SET DEFAULT', body);
    const def = defaultOf(dialect, set.get('value'));
    set.done();
    return { nodes: [alter(relation, { subtype: 'AT_ColumnDefault', name, def })], columns: [name] };
  },
  // How it is done.
  Algorithm: (fields) => {
    fields.ignore('equals', 'algorithm');
    return { nodes: [] };
  },
  Lock: (fields) => {
    fields.ignore('equals', 'lock');
    return { nodes: [] };
  },
};

function dropKey(fields: Fields, relation: RangeVar): Done {
  const name = columnName(fields.get('name'));
  const missing_ok = fields.is('if_exists');
  return { nodes: [alter(relation, { subtype: 'AT_DropConstraint', name, ...(missing_ok ? { missing_ok } : {}) })] };
}

function restated(fields: Fields, relation: RangeVar, from: string, to: string): Done {
  const [before, after] = [fields.get(from), fields.get(to)];
  const given = { name: after, type: fields.get('data_type'), options: fields.list('options') };
  fields.ignore('column_position');
  const { column: def, indexes } = columnOf('mysql', relation, given);
  const [was, is] = [columnName(before), columnName(after)];
  if (indexes.length > 0) throw new Unclear('a key beside a column that is there is not followed');
  if (def.constraints?.some((each) => 'Constraint' in each && /^CONSTR_(?:PRIMARY|CHECK)$/.test(each.Constraint.contype ?? '')))
    throw new Unclear('a key or a check beside a column that is there is not followed');
  const restate = asNode({ RestateColumnStmt: { relation, column: was, def: { ...def, colname: was } } });
  return { nodes: [restate, ...(was === is ? [] : [renameColumn(relation, was, is)])], columns: [was, is] };
}

const renameColumn = (relation: RangeVar, subname: string, newname: string): Node => ({
  RenameStmt: { renameType: 'OBJECT_COLUMN', relationType: 'OBJECT_TABLE', relation, subname, newname },
});

function renameTable(relation: RangeVar, to: RangeVar): Node {
  if ((to.schemaname ?? '') !== (relation.schemaname ?? '')) throw new Unclear('a table that goes to another database is not followed');
  return { RenameStmt: { renameType: 'OBJECT_TABLE', relation, newname: to.relname ?? '' } };
}

/** RENAME TABLE a TO b, c TO d. */
export function renameTablesOf(dialect: Dialect, body: unknown): Node[] {
  return (body as unknown[]).map((each) => {
    const fields = new Fields('RENAME TABLE', each);
    const [from, to] = ['old_name', 'new_name'].map((name) => relationOf(fields.get(name), dialect)) as [RangeVar, RangeVar];
    fields.done();
    return renameTable(from, to);
  });
}

function dropIndex(dialect: Dialect, relation: RangeVar, name: string, isMissingFine: boolean): Node {
  const drop = { removeType: 'OBJECT_INDEX', behavior: 'DROP_RESTRICT', ...(isMissingFine ? { missing_ok: true } : {}) } as const;
  return { DropStmt: { ...drop, objects: [objectOf({ ...relation, relname: indexName(dialect, relation, name) })] } };
}

/** DROP TABLE, VIEW and INDEX. */
export function dropOf(dialect: Dialect, body: unknown): Node {
  const fields = new Fields('DROP', body).ignore('restrict', 'temporary');
  const type = String(fields.get('object_type'));
  const names = fields.list('names');
  const isMissingFine = fields.is('if_exists');
  const missing = isMissingFine ? { missing_ok: true } : {};
  const table = fields.get('table');
  // Both take the word, and do nothing about it.
  fields.ignore('cascade').done();
  if (type === 'Index') {
    if (names.length !== 1 || (dialect === 'mysql') !== (table !== undefined)) throw new Unclear('DROP INDEX is not followed');
    const relation = table === undefined ? {} : relationOf(table, dialect);
    return dropIndex(dialect, relation, singleName(names[0], dialect), isMissingFine);
  }
  if (type !== 'Table' && type !== 'View') throw new Unclear(`DROP ${type} is not followed`);
  const removeType = type === 'Table' ? 'OBJECT_TABLE' : 'OBJECT_VIEW';
  return {
    DropStmt: { removeType, behavior: 'DROP_RESTRICT', objects: names.map((each) => objectOf(relationOf(each, dialect))), ...missing },
  };
}

/** CREATE INDEX. */
export function createIndexOf(dialect: Dialect, body: unknown): Node {
  const fields = new Fields('CREATE INDEX', body).ignore('using', 'alter_options').allow('nulls_distinct', 'None');
  const relation = relationOf(fields.get('table_name'), dialect);
  const name = singleName(fields.get('name'), dialect);
  const indexParams = elementsOf(dialect, fields.list('columns'));
  const predicate = fields.get('predicate');
  const [isUnique, isMaybe] = [fields.is('unique'), fields.is('if_not_exists')];
  harmlessOptions(fields.list('index_options'));
  fields.done();
  const index: IndexStmt = {
    idxname: indexName(dialect, relation, name),
    relation,
    indexParams,
    accessMethod: 'btree',
    ...(predicate === undefined ? {} : { whereClause: expressionOf(dialect, predicate) }),
    ...(isUnique ? { unique: true } : {}),
    ...(isMaybe ? { if_not_exists: true } : {}),
  };
  return { IndexStmt: index };
}
