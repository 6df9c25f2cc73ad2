import type { Node } from 'libpg-query';
import type { Dialect } from '../../migration.js';
import { expressionOf, orderOf } from './expressions.js';
import { Fields, kindOf, Unclear } from './fields.js';
import { columnName, identOf, relationOf, text } from './names.js';
import { translators } from './translators.js';

type Select = Extract<Node, { SelectStmt: unknown }>;

/** Reads a query, with all that stands in its WITH. */
export function queryOf(dialect: Dialect, node: unknown): Node {
  const fields = new Fields('a query', node);
  const ctes = fields.get('with');
  const body = setOf(dialect, fields.get('body'));
  const order = fields.get('order_by');
  const limit = fields.get('limit_clause');
  fields.done();
  const withClause = ctes === undefined ? {} : { withClause: { ctes: ctesOf(dialect, ctes) } };
  if (!('SelectStmt' in body)) {
    if (order !== undefined || limit !== undefined) throw new Unclear('an order of it is not followed');
    const [[kind, statement]] = Object.entries(body) as [[string, object]];
    return { [kind]: { ...statement, ...withClause } } as unknown as Node;
  }
  return {
    SelectStmt: {
      ...body.SelectStmt,
      ...(order === undefined ? {} : { sortClause: sortsOf(dialect, order) }),
      ...(limit === undefined ? {} : { limitCount: limitsOf(dialect, limit) }),
      ...withClause,
    },
  };
}

function ctesOf(dialect: Dialect, node: unknown): Node[] {
  const fields = new Fields('WITH', node).ignore('recursive');
  const ctes = fields.list('cte_tables').map((each): Node => {
    const cte = new Fields('WITH', each);
    const alias = new Fields('a name', cte.get('alias')).ignore('explicit');
    const ctename = identOf(alias.get('name'));
    alias.ignore('columns').done();
    const ctequery = queryOf(dialect, cte.get('query'));
    cte.done();
    return { CommonTableExpr: { ctename, ctequery } };
  });
  fields.done();
  return ctes;
}

function sortsOf(dialect: Dialect, node: unknown): Node[] {
  const fields = new Fields('ORDER BY', node);
  const [kind, body] = kindOf(fields.get('kind'));
  fields.done();
  if (kind !== 'Expressions') throw new Unclear('an order is not followed');
  return (body as unknown[]).map((each) => orderOf(dialect, each));
}

function limitsOf(dialect: Dialect, node: unknown): Node {
  const [kind, body] = kindOf(node);
  const fields = new Fields('LIMIT', body);
  const limit = fields.get('limit');
  fields.ignore('offset').allow('limit_by').done();
  if (kind !== 'LimitOffset' && kind !== 'OffsetCommaLimit') throw new Unclear('a limit is not followed');
  return limit === undefined ? { A_Const: { isnull: true } } : expressionOf(dialect, limit);
}

function setOf(dialect: Dialect, node: unknown): Node {
  const [kind, body] = kindOf(node);
  if (kind === 'Select') return selectOf(dialect, body);
  if (kind === 'Query') return queryOf(dialect, body);
  if (kind === 'Values') return valuesOf(dialect, body);
  if (kind === 'SetOperation') {
    const fields = new Fields('a UNION', body).ignore('op', 'set_quantifier');
    const [larg, rarg] = [setOf(dialect, fields.get('left')), setOf(dialect, fields.get('right'))] as [Select, Select];
    fields.done();
    return { SelectStmt: { op: 'SETOP_UNION', all: true, larg: larg.SelectStmt, rarg: rarg.SelectStmt } };
  }
  if (kind === 'Insert' || kind === 'Update' || kind === 'Delete') {
    const [only, ...more] = translators.change(dialect, kindOf(body));
    if (only === undefined || more.length > 0) throw new Unclear(`${kind} in a WITH is not followed`);
    return only;
  }
  throw new Unclear(`the query ${kind} is not followed`);
}

function valuesOf(dialect: Dialect, node: unknown): Node {
  const fields = new Fields('VALUES', node).ignore('explicit_row', 'value_keyword');
  const valuesLists = fields.list('rows').map((row): Node => {
    const one = new Fields('a row', row);
    const items = one.list('content').map((each) => expressionOf(dialect, each));
    one.done();
    return { List: { items } };
  });
  fields.done();
  return { SelectStmt: { valuesLists, op: 'SETOP_NONE', limitOption: 'LIMIT_OPTION_DEFAULT' } };
}

function selectOf(dialect: Dialect, node: unknown): Node {
  const fields = new Fields('SELECT', node).allow('flavor', 'Standard').ignore('select_modifiers');
  const targetList = fields.list('projection').map((each) => targetOf(dialect, each));
  const fromClause = fields.list('from').flatMap((each) => tablesOf(dialect, each));
  const [where, having, distinct] = ['selection', 'having', 'distinct'].map((each) => fields.get(each));
  const [form, groups] = kindOf(fields.get('group_by') ?? 'None');
  if (form !== 'Expressions') throw new Unclear('GROUP BY is not followed');
  const [grouped = [], more = []] = groups as [unknown[], unknown[]];
  if (more.length > 0) throw new Unclear('GROUP BY is not followed');
  fields.done();
  return {
    SelectStmt: {
      targetList,
      ...(fromClause.length === 0 ? {} : { fromClause }),
      ...(where === undefined ? {} : { whereClause: expressionOf(dialect, where) }),
      ...(grouped.length === 0 ? {} : { groupClause: grouped.map((each) => expressionOf(dialect, each)) }),
      ...(having === undefined ? {} : { havingClause: expressionOf(dialect, having) }),
      ...(distinct === undefined ? {} : { distinctClause: [text('distinct')] }),
      op: 'SETOP_NONE',
      limitOption: 'LIMIT_OPTION_DEFAULT',
    },
  };
}

function targetOf(dialect: Dialect, node: unknown): Node {
  const [kind, body] = kindOf(node);
  if (kind === 'UnnamedExpr') return { ResTarget: { val: expressionOf(dialect, body) } };
  if (kind === 'ExprWithAlias') {
    const fields = new Fields('a column', body);
    const [val, name] = [expressionOf(dialect, fields.get('expr')), columnName(fields.get('alias'))];
    fields.done();
    return { ResTarget: { name, val } };
  }
  if (kind === 'Wildcard' || kind === 'QualifiedWildcard') {
    // Which rows a star is about is a matter of its table; what it leaves out would be one of its options.
    if (kind === 'Wildcard') new Fields('*', body).done();
    return { ResTarget: { val: { ColumnRef: { fields: [...(kind === 'Wildcard' ? [] : [text('of a table')]), { A_Star: {} }] } } } };
  }
  throw new Unclear(`${kind} in a SELECT is not followed`);
}

/** The tables that stand in a FROM, with what they are joined by. */
export function tablesOf(dialect: Dialect, node: unknown): Node[] {
  const fields = new Fields('FROM', node);
  const found = tableOf(dialect, fields.get('relation'));
  for (const each of fields.list('joins')) {
    const join = new Fields('a join', each).ignore('global');
    found.push(...tableOf(dialect, join.get('relation')));
    const [, how] = kindOf(join.get('join_operator'));
    const [by, condition] = how === undefined ? ['None', undefined] : kindOf(how);
    if (by === 'On') found.push({ JoinExpr: { jointype: 'JOIN_INNER', quals: expressionOf(dialect, condition) } });
    else if (by !== 'None' && by !== 'Using' && by !== 'Natural') throw new Unclear('a join is not followed');
    join.done();
  }
  fields.done();
  return found;
}

function tableOf(dialect: Dialect, node: unknown): Node[] {
  const [kind, body] = kindOf(node);
  const fields = new Fields('a table', body).ignore('index_hints', 'lateral');
  if (kind === 'Table') {
    const relation = relationOf(fields.get('name'), dialect);
    const aliasname = aliasOf(fields.get('alias'));
    const args = fields.get('args');
    fields.done();
    // A function that gives rows, such as json_each.
    if (args !== undefined) {
      const given = new Fields('arguments', args);
      const list = given.list('args').map((each) => expressionOf(dialect, kindOf(kindOf(each)[1])[1]));
      given.done();
      return [{ FuncCall: { funcname: [text((relation.relname ?? '').toLowerCase())], args: list } }];
    }
    return [{ RangeVar: { ...relation, ...(aliasname === undefined ? {} : { alias: { aliasname } }) } }];
  }
  if (kind === 'Derived') {
    const subquery = queryOf(dialect, fields.get('subquery'));
    fields.ignore('alias').done();
    return [{ RangeSubselect: { subquery } }];
  }
  if (kind === 'NestedJoin') {
    const found = tablesOf(dialect, fields.get('table_with_joins'));
    fields.done();
    return found;
  }
  throw new Unclear(`${kind} in a FROM is not followed`);
}

function aliasOf(node: unknown): string | undefined {
  if (node === undefined) return undefined;
  const fields = new Fields('a name', node).ignore('explicit');
  const name = identOf(fields.get('name'));
  fields.done();
  return name;
}

translators.query = queryOf;
