import type { ColumnDef, Constraint, IndexElem, IndexStmt, Node, RangeVar } from 'libpg-query';
import type { Dialect } from '../../migration.js';
import { defaultOf, expressionOf } from './expressions.js';
import { Fields, kindOf, Unclear } from './fields.js';
import { columnName, partsOf, relationOf, texts } from './names.js';
import { ON_UPDATE } from './type-changes.js';
import { typeName, typeOf } from './types.js';

/** A column, and what beside it becomes a statement of its own: MySQL makes an index of UNIQUE. */
export interface Definition {
  readonly column: ColumnDef;
  readonly indexes: readonly IndexStmt[];
}

/** A column of CREATE TABLE or ADD COLUMN. */
export function definitionOf(dialect: Dialect, relation: RangeVar, node: unknown): Definition {
  const fields = new Fields('a column', node);
  const [name, type, options] = [fields.get('name'), fields.get('data_type'), fields.list('options')];
  fields.done();
  return columnOf(dialect, relation, { name, type, options: options.map(optionOf) });
}

function optionOf(node: unknown): unknown {
  const fields = new Fields('an option of a column', node);
  // A name of what has none otherwise, such as NOT NULL.
  const [name, option] = [fields.get('name'), fields.get('option')];
  fields.done();
  return name === undefined ? option : { [NAMED]: [columnName(name), option] };
}

const NAMED = 'named';

export interface Given {
  readonly name: unknown;
  readonly type: unknown;
  readonly options: readonly unknown[];
}

/** A column as its options have it. */
export function columnOf(dialect: Dialect, relation: RangeVar, { name, type, options }: Given): Definition {
  const colname = columnName(name);
  const written = typeOf(dialect, type);
  const read = { constraints: [] as Constraint[], indexes: [] as IndexStmt[], more: [] as string[] };
  for (const each of options) {
    const [kind, body] = kindOf(each);
    const [conname, [inner, content]] =
      kind === NAMED ? [(body as [string, unknown])[0], kindOf((body as [string, unknown])[1])] : [undefined, [kind, body] as const];
    readOption({ dialect, relation, colname, written, conname }, [inner, content], read);
  }
  const isRowid = dialect === 'sqlite' && written === 'integer' && read.constraints.some(({ contype }) => contype === 'CONSTR_PRIMARY');
  if (isRowid) read.constraints.push({ contype: 'CONSTR_IDENTITY', generated_when: 'd' });
  const constraints = read.constraints.map((each): Node => ({ Constraint: each }));
  return { column: { colname, typeName: typeName(`${written}${read.more.sort().join('')}`), constraints }, indexes: read.indexes };
}

interface Place {
  readonly dialect: Dialect;
  readonly relation: RangeVar;
  readonly colname: string;
  readonly written: string;
  readonly conname: string | undefined;
}

function readOption(
  { dialect, relation, colname, written, conname }: Place,
  [kind, body]: readonly [string, unknown],
  into: { constraints: Constraint[]; indexes: IndexStmt[]; more: string[] },
): void {
  const named = conname === undefined ? {} : { conname };
  const add = (each: Constraint) => into.constraints.push(each);
  if (kind === 'Null') add({ contype: 'CONSTR_NULL' });
  else if (kind === 'NotNull') add({ contype: 'CONSTR_NOTNULL' });
  else if (kind === 'Comment' || kind === 'Invisible') {
    if (kind !== 'Comment') throw new Unclear('INVISIBLE is not followed');
  } else if (kind === 'Default') add({ contype: 'CONSTR_DEFAULT', raw_expr: defaultOf(dialect, body) });
  else if (kind === 'OnUpdate') {
    expressionOf(dialect, body);
    into.more.push(ON_UPDATE);
  } else if (kind === 'CharacterSet' || kind === 'Collation')
    into.more.push(` ${kind === 'Collation' ? 'collate' : 'charset'} ${partsOf(body).join('.').toLowerCase()}`);
  else if (kind === 'Check') add({ contype: 'CONSTR_CHECK', ...named, ...checkOf(dialect, body), initially_valid: true });
  else if (kind === 'PrimaryKey') {
    plain('PRIMARY KEY', body);
    add({ contype: 'CONSTR_PRIMARY', conname: dialect === 'mysql' ? 'primary' : (conname ?? '') });
  } else if (kind === 'Unique') {
    plain('UNIQUE', body);
    if (dialect === 'mysql')
      into.indexes.push({ ...indexOn(dialect, relation, conname, [{ IndexElem: { name: colname } }]), unique: true });
    else add({ contype: 'CONSTR_UNIQUE', ...named });
  } else if (kind === 'ForeignKey') {
    if (dialect === 'mysql') throw new Unclear('REFERENCES beside a column means nothing to some servers');
    add({ contype: 'CONSTR_FOREIGN', ...named, ...foreignOf(dialect, new Fields('REFERENCES', body)), initially_valid: true });
  } else if (kind === 'Generated') add({ contype: 'CONSTR_GENERATED', generated_when: 'a', raw_expr: formulaOf(dialect, body) });
  else if (kind === 'DialectSpecific') {
    if (!/^AUTO_?INCREMENT$/.test(wordsOf(body))) throw new Unclear(`${wordsOf(body)} is not followed`);
    if (dialect === 'mysql') add({ contype: 'CONSTR_IDENTITY', generated_when: 'd' });
    else if (written !== 'integer') throw new Unclear('AUTOINCREMENT is for INTEGER PRIMARY KEY');
  } else throw new Unclear(`${kind} of a column is not followed`);
}

/** A key beside a column says nothing but that it is one. */
function plain(what: string, body: unknown): void {
  if (body === undefined || body === null) return;
  const fields = new Fields(what, body).allow('nulls_distinct', 'None').ignore('columns', 'name');
  fields.done();
}

const wordsOf = (tokens: unknown): string =>
  (tokens as unknown[])
    .map((each) => {
      const [kind, word] = kindOf(each);
      return kind === 'Word' ? String((word as { value?: unknown }).value) : kind;
    })
    .join(' ')
    .toUpperCase();

function formulaOf(dialect: Dialect, body: unknown): Node {
  const fields = new Fields('a generated column', body).allow('generated_as', 'Always', 'ExpStored');
  const formula = expressionOf(dialect, fields.get('generation_expr'));
  const mode = String(fields.get('generation_expr_mode') ?? 'Virtual');
  fields.done();
  return { FuncCall: { funcname: texts([mode.toLowerCase()]), args: [formula] } };
}

function checkOf(dialect: Dialect, body: unknown): Pick<Constraint, 'raw_expr' | 'conname'> {
  const fields = new Fields('CHECK', body);
  const [name, expression] = [fields.get('name'), expressionOf(dialect, fields.get('expr'))];
  if (fields.get('enforced') !== undefined) throw new Unclear('ENFORCED is not followed');
  fields.done();
  return { ...(name === undefined ? {} : { conname: columnName(name) }), raw_expr: expression };
}

const ACTIONS: Readonly<Record<string, string>> = { Cascade: 'c', SetNull: 'n', SetDefault: 'd', Restrict: 'r', NoAction: 'a' };

function foreignOf(dialect: Dialect, fields: Fields): Partial<Constraint> {
  const action = (name: string): string => {
    const found = fields.get(name);
    if (found === undefined) return 'a';
    const known = ACTIONS[String(found)];
    if (known === undefined) throw new Unclear(`${String(found)} is not followed`);
    return known;
  };
  const table = relationOf(fields.get('foreign_table'), dialect);
  const columns = fields.list('referred_columns').map(columnName);
  const actions = { fk_del_action: action('on_delete'), fk_upd_action: action('on_update') };
  // When it is asked: at once, or at the end of the transaction.
  fields.ignore('characteristics', 'columns', 'name', 'index_name').allow('match_kind', 'Simple').done();
  return { pktable: table, pk_attrs: texts(columns), ...actions };
}

/** An index of MySQL has its name for its table only. */
function indexOn(dialect: Dialect, relation: RangeVar, name: string | undefined, indexParams: Node[]): IndexStmt {
  const idxname = name === undefined ? '' : indexName(dialect, relation, name);
  return { ...(idxname === '' ? {} : { idxname }), relation, indexParams, accessMethod: 'btree' };
}

export const indexName = (dialect: Dialect, { relname = '' }: RangeVar, name: string): string =>
  dialect === 'mysql' ? `${relname}.${name}` : name;

/** The columns of an index: each a name, one with a length, or an expression. */
export function elementsOf(dialect: Dialect, nodes: readonly unknown[]): Node[] {
  return nodes.map((node) => {
    const fields = new Fields('a column of an index', node).allow('operator_class');
    const order = new Fields('a column of an index', fields.get('column'));
    const ordering = order.get('options');
    const element = elementOf(dialect, order.get('expr'));
    order.done();
    fields.done();
    const isDown = (ordering as { asc?: unknown } | undefined)?.asc === false;
    return { IndexElem: { ...element, ...(isDown ? { ordering: 'SORTBY_DESC' } : {}) } };
  });
}

function elementOf(dialect: Dialect, node: unknown): IndexElem {
  const [kind, body] = kindOf(node);
  if (kind === 'Identifier') return { name: columnName(body) };
  if (kind === 'Collate') {
    const fields = new Fields('COLLATE', body);
    const [element, collation] = [elementOf(dialect, fields.get('expr')), partsOf(fields.get('collation'))];
    fields.done();
    return { ...element, collation: texts(collation) };
  }
  const expr = expressionOf(dialect, node);
  // `name(10)` is the beginning of a column; a formula has brackets of its own in MySQL.
  if (dialect === 'mysql' && kind === 'Function' && 'FuncCall' in expr) {
    const [name, length] = [partsOf((body as { name: unknown }).name), expr.FuncCall.args?.[0]];
    if (name.length === 1 && length !== undefined && 'A_Const' in length && length.A_Const.ival !== undefined)
      return { name: name[0]!.toLowerCase(), opclass: texts([`first ${length.A_Const.ival.ival}`]) };
  }
  return { expr };
}

/** A constraint of a table: a node of its own, or an index. */
export function tableConstraintOf(dialect: Dialect, relation: RangeVar, node: unknown): { constraint: Constraint } | { index: IndexStmt } {
  const [kind, body] = kindOf(node);
  const fields = new Fields(kind, body);
  const named = fields.get('name') === undefined ? undefined : columnName(fields.get('name'));
  if (kind === 'Check') return { constraint: { contype: 'CONSTR_CHECK', ...checkOf(dialect, body), initially_valid: true } };
  if (kind === 'ForeignKey') {
    const keys = fields.list('columns').map(columnName);
    const conname = named ?? (fields.get('index_name') === undefined ? undefined : columnName(fields.get('index_name')));
    return {
      constraint: {
        contype: 'CONSTR_FOREIGN',
        ...(conname === undefined ? {} : { conname }),
        fk_attrs: texts(keys),
        ...foreignOf(dialect, fields),
        initially_valid: true,
      },
    };
  }
  if (kind === 'FulltextOrSpatial') {
    const name = fields.get('opt_index_name') === undefined ? undefined : columnName(fields.get('opt_index_name'));
    const type = fields.is('fulltext') ? 'fulltext' : 'spatial';
    const elements = elementsOf(dialect, fields.list('columns'));
    fields.done();
    return { index: { ...indexOn(dialect, relation, name, elements), accessMethod: type } };
  }
  const index = fields.get('index_name') === undefined ? undefined : columnName(fields.get('index_name'));
  const elements = elementsOf(dialect, fields.list('columns'));
  harmlessOptions(fields.list('index_options'));
  fields.ignore('index_type').allow('nulls_distinct', 'None');
  if (fields.get('characteristics') !== undefined) throw new Unclear('a deferrable key is not followed');
  fields.done();
  if (kind === 'Index') return { index: indexOn(dialect, relation, named, elements) };
  if (kind !== 'Unique' && kind !== 'PrimaryKey') throw new Unclear(`the constraint ${kind} is not followed`);
  if (kind === 'Unique' && dialect === 'mysql') {
    if (named !== undefined && index !== undefined && named !== index) throw new Unclear('which of two names a key has is not followed');
    return { index: { ...indexOn(dialect, relation, named ?? index, elements), unique: true } };
  }
  const columns = elements.map((each) =>
    'IndexElem' in each && each.IndexElem.name !== undefined && each.IndexElem.opclass === undefined ? each.IndexElem.name : undefined,
  );
  if (columns.includes(undefined)) throw new Unclear('a key of a formula is not followed');
  const keys = texts(columns as string[]);
  if (kind === 'Unique') return { constraint: { contype: 'CONSTR_UNIQUE', ...(named === undefined ? {} : { conname: named }), keys } };
  return { constraint: { contype: 'CONSTR_PRIMARY', conname: dialect === 'mysql' ? 'primary' : (named ?? ''), keys } };
}

/** How an index is kept, and what is said about it. */
export function harmlessOptions(options: readonly unknown[]): void {
  for (const each of options) {
    const [kind] = kindOf(each);
    if (kind !== 'Comment' && kind !== 'Using') throw new Unclear(`${kind} of an index is not followed`);
  }
}
