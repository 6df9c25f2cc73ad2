import type { Node } from 'libpg-query';
import type { Dialect } from '../../migration.js';
import { Fields, kindOf, Unclear } from './fields.js';
import { columnName, partsOf, text, texts } from './names.js';
import { translators } from './translators.js';

/** Reads an expression into PostgreSQL's nodes. Throws Unclear for what has no node of the same meaning. */
export type Reader = (dialect: Dialect, body: unknown) => Node;

const call = (name: string, args: readonly Node[]): Node => ({ FuncCall: { funcname: [text(name)], args: [...args] } });
const operation = (name: string, left: Node, right: Node): Node => ({
  A_Expr: { kind: 'AEXPR_OP', name: [text(name)], lexpr: left, rexpr: right },
});
const not = (node: Node, isNegated: boolean): Node => (isNegated ? { BoolExpr: { boolop: 'NOT_EXPR', args: [node] } } : node);

export function expressionOf(dialect: Dialect, node: unknown): Node {
  const [kind, body] = kindOf(node);
  const reader = READERS[kind];
  if (reader === undefined) throw new Unclear(`the expression ${kind} is not followed`);
  return reader(dialect, body);
}

/** A default: SQLite takes a name in quotes for a text there. */
export function defaultOf(dialect: Dialect, node: unknown): Node {
  const [kind, body] = kindOf(node);
  return kind === 'Identifier' ? constant(String((body as { value?: unknown }).value)) : expressionOf(dialect, node);
}

const constant = (sval: string): Node => ({ A_Const: { sval: { sval } } });

const OPERATORS: Readonly<Record<string, string>> = {
  Plus: '+',
  Minus: '-',
  Multiply: '*',
  Divide: '/',
  Modulo: '%',
  Eq: '=',
  NotEq: '<>',
  Gt: '>',
  GtEq: '>=',
  Lt: '<',
  LtEq: '<=',
};

/** What others write as operators, and what may fail where PostgreSQL's does not. */
const AS_CALLS: Readonly<Record<string, string>> = {
  Spaceship: 'null_safe_equal',
  MyIntegerDivide: 'div',
  Arrow: 'json_extract',
  LongArrow: 'json_extract',
  BitwiseAnd: 'bit_and_of',
  BitwiseOr: 'bit_or_of',
  BitwiseXor: 'bit_xor_of',
  PGBitwiseShiftLeft: 'shift',
  PGBitwiseShiftRight: 'shift',
  Regexp: 'regexp',
  Match: 'match',
  Xor: 'xor',
};

const binary: Reader = (dialect, body) => {
  const fields = new Fields('an operation', body);
  const [left, right] = [expressionOf(dialect, fields.get('left')), expressionOf(dialect, fields.get('right'))];
  const operator = String(fields.get('op'));
  fields.done();
  const boolop =
    operator === 'And' ? 'AND_EXPR' : operator === 'Or' || (operator === 'StringConcat' && dialect === 'mysql') ? 'OR_EXPR' : undefined;
  if (boolop !== undefined) return { BoolExpr: { boolop, args: [left, right] } };
  if (operator === 'StringConcat') return operation('||', left, right);
  if (OPERATORS[operator] !== undefined) return operation(OPERATORS[operator], left, right);
  if (AS_CALLS[operator] !== undefined) return call(AS_CALLS[operator], [left, right]);
  throw new Unclear(`the operator ${operator} is not followed`);
};

const value: Reader = (_, body) => {
  const fields = new Fields('a value', body);
  const [kind, content] = kindOf(fields.get('value'));
  fields.done();
  if (kind === 'Null') return { A_Const: { isnull: true } };
  if (kind === 'Boolean') return { A_Const: { boolval: { boolval: content === true } } };
  if (kind === 'Number') return numberOf(String((content as readonly unknown[])[0]));
  if (kind === 'SingleQuotedString' || kind === 'DoubleQuotedString') return constant(String(content));
  if (kind === 'HexStringLiteral' || kind === 'SingleQuotedByteStringLiteral')
    return { A_Const: { bsval: { bsval: `${kind} ${content}` } } };
  throw new Unclear(`the value ${kind} is not followed`);
};

const numberOf = (digits: string): Node =>
  /^\d{1,9}$/.test(digits) ? { A_Const: { ival: { ival: Number(digits) } } } : { A_Const: { fval: { fval: digits } } };

const unary: Reader = (dialect, body) => {
  const fields = new Fields('an operation', body);
  const [operator, inner] = [String(fields.get('op')), expressionOf(dialect, fields.get('expr'))];
  fields.done();
  if (operator === 'Not' || operator === 'BangNot') return not(inner, true);
  if (operator === 'Plus') return inner;
  if (operator !== 'Minus') throw new Unclear(`the operator ${operator} is not followed`);
  const number = 'A_Const' in inner ? inner.A_Const : undefined;
  if (number?.ival !== undefined) return { A_Const: { ival: { ival: -(number.ival.ival ?? 0) } } };
  if (number?.fval !== undefined) return { A_Const: { fval: { fval: `-${number.fval.fval}` } } };
  return call('negative', [inner]);
};

/** Names that stand for themselves, without brackets. */
const VALUES = /^current_(?:timestamp|date|time|user)$/;

const functionCall: Reader = (dialect, body) => {
  const fields = new Fields('a call', body).allow('parameters', 'None').ignore('uses_odbc_syntax');
  const name = partsOf(fields.get('name')).join('.').toLowerCase();
  const args: Node[] = [];
  const [form, given] = kindOf(fields.get('args') ?? 'None');
  if (form === 'List') args.push(...listOf(dialect, given));
  else if (form === 'Subquery') args.push(queryNode(dialect, given));
  else if (form !== 'None') throw new Unclear('a call is not followed');
  const filter = fields.get('filter');
  if (filter !== undefined) args.push(expressionOf(dialect, filter));
  const over = fields.get('over');
  if (over !== undefined) args.push(...windowOf(dialect, over));
  fields.done();
  return call(name === 'now' || name === 'localtimestamp' || name === 'localtime' ? 'current_timestamp' : name, args);
};

function listOf(dialect: Dialect, node: unknown): Node[] {
  const fields = new Fields('arguments', node).allow('duplicate_treatment', 'Distinct', 'All');
  const args = fields.list('args').flatMap((each) => {
    const [kind, body] = kindOf(each);
    const [inner, expression] = kind === 'Unnamed' ? kindOf(body) : ['', undefined];
    if (inner === 'Wildcard') return [];
    if (inner !== 'Expr') throw new Unclear('an argument is not followed');
    return [expressionOf(dialect, expression)];
  });
  for (const each of fields.list('clauses')) {
    const [kind, body] = kindOf(each);
    if (kind === 'OrderBy') args.push(...(body as unknown[]).map((one) => orderOf(dialect, one)));
    else if (kind !== 'Separator') throw new Unclear(`${kind} in a call is not followed`);
  }
  fields.done();
  return args;
}

function windowOf(dialect: Dialect, node: unknown): Node[] {
  const [kind, body] = kindOf(node);
  if (kind !== 'WindowSpec') throw new Unclear('a window is not followed');
  const fields = new Fields('a window', body);
  const parts = [
    ...fields.list('partition_by').map((each) => expressionOf(dialect, each)),
    ...fields.list('order_by').map((each) => orderOf(dialect, each)),
  ];
  fields.done();
  return parts;
}

export function orderOf(dialect: Dialect, node: unknown): Node {
  const fields = new Fields('an order', node).ignore('options');
  const expression = expressionOf(dialect, fields.get('expr'));
  fields.done();
  return expression;
}

const queryNode = (dialect: Dialect, node: unknown): Node => ({
  SubLink: { subLinkType: 'EXPR_SUBLINK', subselect: translators.query(dialect, node) },
});

const isNull =
  (nulltesttype: 'IS_NULL' | 'IS_NOT_NULL'): Reader =>
  (dialect, body) => ({ NullTest: { arg: expressionOf(dialect, body), nulltesttype } });

/** An expression with parts that only have to be read: for what it gives, nobody asks. */
const parts =
  (name: string, expressions: readonly string[], plain: readonly string[] = []): Reader =>
  (dialect, body) => {
    const fields = new Fields(name, body);
    const notes = plain.map((each) => fields.get(each) ?? null);
    const args = expressions.flatMap((each) => {
      const found = fields.get(each);
      return found === undefined ? [] : (Array.isArray(found) ? found : [found]).map((one) => expressionOf(dialect, one));
    });
    fields.done();
    // What is said beside them makes it another expression.
    return call(name, [...args, constant(JSON.stringify(withoutPlaces(notes)))]);
  };

const withoutPlaces = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (name, each: unknown) => (name === 'span' ? undefined : each)));

const READERS: Readonly<Record<string, Reader>> = {
  Identifier: (_, body) => {
    const name = columnName(body);
    if (name.startsWith('@')) return call('session_variable', []);
    const isQuoted = (body as { quote_style?: unknown }).quote_style != null;
    return VALUES.test(name) && !isQuoted ? call(name, []) : { ColumnRef: { fields: [text(name)] } };
  },
  CompoundIdentifier: (_, body) => ({ ColumnRef: { fields: texts((body as unknown[]).map(columnName)) } }),
  Value: value,
  Nested: expressionOf,
  UnaryOp: unary,
  BinaryOp: binary,
  Function: functionCall,
  IsNull: isNull('IS_NULL'),
  IsNotNull: isNull('IS_NOT_NULL'),
  IsTrue: (dialect, body) => call('is_true', [expressionOf(dialect, body)]),
  IsFalse: (dialect, body) => call('is_false', [expressionOf(dialect, body)]),
  IsNotTrue: (dialect, body) => call('is_not_true', [expressionOf(dialect, body)]),
  IsNotFalse: (dialect, body) => call('is_not_false', [expressionOf(dialect, body)]),
  InList: (dialect, body) => {
    const fields = new Fields('IN', body);
    const [lexpr, items] = [expressionOf(dialect, fields.get('expr')), fields.list('list').map((each) => expressionOf(dialect, each))];
    const isNegated = fields.is('negated');
    fields.done();
    return { A_Expr: { kind: 'AEXPR_IN', name: [text(isNegated ? '<>' : '=')], lexpr, rexpr: { List: { items } } } };
  },
  InSubquery: (dialect, body) => {
    const fields = new Fields('IN', body);
    const [arg, query] = [expressionOf(dialect, fields.get('expr')), queryNode(dialect, fields.get('subquery'))];
    const isNegated = fields.is('negated');
    fields.done();
    return not(call('in_query', [arg, query]), isNegated);
  },
  Between: (dialect, body) => {
    const fields = new Fields('BETWEEN', body);
    const [lexpr, low, high] = ['expr', 'low', 'high'].map((each) => expressionOf(dialect, fields.get(each))) as [Node, Node, Node];
    const isNegated = fields.is('negated');
    fields.done();
    return not({ A_Expr: { kind: 'AEXPR_BETWEEN', name: [text('BETWEEN')], lexpr, rexpr: { List: { items: [low, high] } } } }, isNegated);
  },
  Subquery: queryNode,
  Exists: (dialect, body) => {
    const fields = new Fields('EXISTS', body);
    const query = queryNode(dialect, fields.get('subquery'));
    const isNegated = fields.is('negated');
    fields.done();
    return not(query, isNegated);
  },
  Like: parts('like', ['expr', 'pattern'], ['negated', 'any', 'escape_char']),
  RLike: parts('regexp', ['expr', 'pattern'], ['negated', 'regexp']),
  Cast: parts('cast', ['expr'], ['kind', 'data_type']),
  Convert: parts('convert', ['expr'], ['data_type', 'charset', 'target_before_value']),
  Collate: parts('collate', ['expr'], ['collation']),
  Interval: parts('interval', ['value'], ['leading_field']),
  Extract: parts('extract', ['expr'], ['field', 'syntax']),
  Substring: parts('substr', ['expr', 'substring_from', 'substring_for'], ['special', 'shorthand']),
  Trim: parts('trim', ['expr', 'trim_what', 'trim_characters'], ['trim_where']),
  Position: parts('position', ['expr', 'in']),
  Ceil: parts('ceil', ['expr'], ['field']),
  Floor: parts('floor', ['expr'], ['field']),
  Tuple: (dialect, body) =>
    call(
      'row',
      (body as unknown[]).map((each) => expressionOf(dialect, each)),
    ),
  Case: (dialect, body) => {
    const fields = new Fields('CASE', body);
    const args = ['operand', 'else_result'].flatMap((each) => {
      const found = fields.get(each);
      return found === undefined ? [] : [expressionOf(dialect, found)];
    });
    for (const each of fields.list('conditions')) {
      const when = new Fields('WHEN', each);
      args.push(expressionOf(dialect, when.get('condition')), expressionOf(dialect, when.get('result')));
      when.done();
    }
    fields.done();
    return call('case', args);
  },
};
