import type { A_Expr, Node } from 'libpg-query';
import type { Column } from '../schema.js';
import { textsOf, typeText } from '../sql/names.js';
import { visit } from '../sql/parser.js';

/** What an expression gives; undefined where nobody can tell from its text. */
type Value = string | number | boolean | null | undefined;

/** Functions that give NULL for NULL, and a value for everything else. */
const SAFE = new Set(
  `lower upper trim btrim ltrim rtrim length char_length character_length octet_length left right substring substr replace md5 strpos
  position to_tsvector setweight jsonb_typeof`.split(/\s+/),
);
/** Operators that give a value for every two of their type. */
const SAFE_OPERATORS = new Set(['||', '=', '<>', '!=', '<', '>', '<=', '>=', '->', '->>', '#>', '#>>', '~', '~*', '!~', '@>', '<@', '?']);

/** May it fail for some values, as `1 / n` does for 0? */
export function mayFail(expression: Node): boolean {
  let may = false;
  visit([expression], (kind, node) => {
    if (kind === 'FuncCall') may ||= !SAFE.has(functionName(node)) && !/^(?:concat|concat_ws)$/.test(functionName(node));
    if (kind === 'A_Expr') may ||= (node as A_Expr).kind === 'AEXPR_OP' && !SAFE_OPERATORS.has(textsOf((node as A_Expr).name).join());
    if (kind === 'TypeCast') may ||= !/^(?:text|varchar)$/.test(typeText((node as { typeName?: never }).typeName));
  });
  return may;
}

const functionName = (node: unknown): string => textsOf((node as { funcname?: Node[] }).funcname).at(-1) ?? '';

/** The names of the columns in an expression. */
export function columnsIn(expression: unknown): string[] {
  const named = new Set<string>();
  visit([expression], (kind, node) => {
    const column = kind === 'ColumnRef' ? textsOf((node as { fields?: Node[] }).fields).at(-1) : undefined;
    if (column !== undefined) named.add(column);
  });
  return [...named].sort();
}

/** Does a check hold for a row with these values, whatever else is in it? One that gives NULL holds, too. */
export const holds = (check: Node, columns: ReadonlyMap<string, Value>): boolean => [true, null].includes(evaluate(check, columns) as true);

/** What a row has in a column that the code which writes it does not know. */
export function valueLeft({ type, default: value, generated }: Column): Value {
  if (generated !== undefined) return undefined;
  if (value === undefined) return null;
  // Texts of other types may be equal, and look otherwise.
  return value !== '?' && COMPARED.test(type) ? evaluate(JSON.parse(value) as Node, new Map()) : undefined;
}

const COMPARED = /^(?:text|varchar|smallint|integer|bigint|numeric|boolean)\b/;

function evaluate(node: Node | undefined, columns: ReadonlyMap<string, Value>): Value {
  if (node === undefined) return undefined;
  const of = (each: Node | undefined): Value => evaluate(each, columns);
  if ('A_Const' in node) {
    const { isnull, ival, fval, sval, boolval } = node.A_Const;
    if (isnull) return null;
    if (ival) return ival.ival ?? 0;
    if (fval) return Number(fval.fval);
    return sval ? (sval.sval ?? '') : boolval ? (boolval.boolval ?? false) : undefined;
  }
  if ('ColumnRef' in node) return columns.get(textsOf(node.ColumnRef.fields).at(-1) ?? '');
  if ('TypeCast' in node) return cast(of(node.TypeCast.arg), typeText(node.TypeCast.typeName));
  if ('NullTest' in node) {
    const value = of(node.NullTest.arg);
    return value === undefined ? undefined : (value === null) === (node.NullTest.nulltesttype === 'IS_NULL');
  }
  if ('BoolExpr' in node) return logic(node.BoolExpr.boolop ?? '', (node.BoolExpr.args ?? []).map(of));
  if ('FuncCall' in node)
    return SAFE.has(functionName(node.FuncCall)) && (node.FuncCall.args ?? []).some((each) => of(each) === null) ? null : undefined;
  return 'A_Expr' in node ? operation(node.A_Expr, of) : undefined;
}

function cast(value: Value, type: string): Value {
  if (value === null || /^(?:text|varchar)$/.test(type)) return value;
  return /^(?:smallint|integer|bigint|numeric)$/.test(type) && typeof value === 'string' ? Number(value) : undefined;
}

/** AND, OR and NOT of three values, and of those that nobody knows. */
function logic(operator: string, values: readonly Value[]): Value {
  if (operator === 'NOT_EXPR') return typeof values[0] === 'boolean' ? !values[0] : values[0] === null ? null : undefined;
  const decides = operator === 'OR_EXPR';
  if (values.includes(decides)) return decides;
  return values.includes(undefined) ? undefined : values.includes(null) ? null : !decides;
}

function operation({ kind, name, lexpr, rexpr }: A_Expr, of: (node: Node | undefined) => Value): Value {
  const operator = textsOf(name).join();
  const left = of(lexpr);
  if (kind === 'AEXPR_OP') return compare(operator, left, of(rexpr));
  const items =
    rexpr !== undefined && 'List' in rexpr
      ? rexpr.List.items
      : rexpr !== undefined && 'A_ArrayExpr' in rexpr
        ? rexpr.A_ArrayExpr.elements
        : [];
  if (kind === 'AEXPR_IN' || kind === 'AEXPR_OP_ANY') {
    const found = (items ?? []).map((each) => compare(operator, left, of(each)));
    return items?.length === 0 ? undefined : logic(operator === '<>' ? 'AND_EXPR' : 'OR_EXPR', found);
  }
  if (kind === 'AEXPR_BETWEEN') return logic('AND_EXPR', [compare('>=', left, of(items?.[0])), compare('<=', left, of(items?.[1]))]);
  return left === null && /^AEXPR_(?:LIKE|ILIKE|SIMILAR)$/.test(kind ?? '') ? null : undefined;
}

function compare(operator: string, left: Value, right: Value): Value {
  if (left === null || right === null) return null;
  if (left === undefined || right === undefined || typeof left !== typeof right) return undefined;
  if (operator === '=') return left === right;
  if (operator === '<>') return left !== right;
  // Which of two texts comes first is a matter of the language.
  if (typeof left !== 'number' || typeof right !== 'number') return undefined;
  const orders: Readonly<Record<string, boolean>> = { '<': left < right, '>': left > right, '<=': left <= right, '>=': left >= right };
  return orders[operator];
}
