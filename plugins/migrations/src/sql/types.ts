import type { Node } from 'libpg-query';
import type { Dialect } from '../migration.js';
import { mysqlChange, sqliteChange, type TypeChange } from './dialects/type-changes.js';

const INTEGERS = ['smallint', 'integer', 'bigint'];
const FLOATS = ['real', 'double precision'];

/** How a type changes into another one. A type that nobody knows, `?`, could be any. */
export function typeChange(from: string, to: string, dialect: Dialect = 'postgres'): TypeChange {
  if (dialect !== 'postgres') return dialect === 'mysql' ? mysqlChange(from, to) : sqliteChange(from, to);
  if (from === to) return 'same';
  if (from === '?') return 'narrower';
  const [one, other] = [parts(from), parts(to)];
  if (one.array !== other.array) return 'narrower';
  if (isText(one.base) && isText(other.base)) return textChange(one, other);
  if (one.base === 'numeric' && other.base === 'numeric') return numericChange(one.limits, other.limits);
  for (const order of [INTEGERS, FLOATS])
    if (order.includes(one.base) && order.includes(other.base))
      return order.indexOf(one.base) < order.indexOf(other.base) ? 'other' : 'narrower';
  if (other.base === 'text') return 'other';
  return LOSSLESS.has(`${one.base} ${other.base}`) && hasRoom(one, other) ? 'other' : 'narrower';
}

/** How many digits the numbers of a type have. */
const DIGITS: Readonly<Record<string, number>> = { smallint: 5, integer: 10, bigint: 19 };

/** `numeric(3)` does not hold every integer, and `varchar(3)` not every `char(5)`. */
function hasRoom(one: Parts, { base, limits }: Parts): boolean {
  if (limits.length === 0) return true;
  if (base === 'numeric') return limits[0]! - (limits[1] ?? 0) >= (DIGITS[one.base] ?? Infinity);
  return base !== 'varchar' || limits[0]! >= (one.limits[0] ?? 1);
}

/** Does a column of a type take a constant? What is no constant is taken, where the type has no limit. */
export function fits(type: string, value: Node): boolean {
  const { base, limits } = parts(type);
  const { ival, sval } = 'A_Const' in value ? value.A_Const : {};
  if (ival !== undefined && INTEGERS.includes(base)) return String(Math.abs(ival.ival ?? 0)).length < DIGITS[base]!;
  if (limits.length === 0) return true;
  if (ival !== undefined && base === 'numeric') return String(Math.abs(ival.ival ?? 0)).length <= limits[0]! - (limits[1] ?? 0);
  return sval !== undefined && isText(base) && (sval.sval ?? '').length <= limits[0]!;
}

interface Parts {
  readonly base: string;
  readonly limits: readonly number[];
  readonly array: string;
}

function parts(type: string): Parts {
  const [, base = type, limits, array = ''] = /^(.*?)(?:\(([\d,]+)\))?((?:\[\])*)$/.exec(type) ?? [];
  return { base, limits: limits === undefined ? [] : limits.split(',').map(Number), array };
}

const isText = (base: string): boolean => base === 'text' || base === 'varchar';

function textChange(one: Parts, other: Parts): TypeChange {
  const [from, to] = [one, other].map(({ base, limits }) => (base === 'text' ? Infinity : (limits[0] ?? Infinity))) as [number, number];
  return to >= from ? 'wider' : 'narrower';
}

/** `numeric(10,2)` to `numeric(12,2)`: neither digits before the point nor after it may be fewer. */
function numericChange(from: readonly number[], to: readonly number[]): TypeChange {
  if (to.length === 0) return 'wider';
  if (from.length === 0) return 'narrower';
  const [precision = 0, scale = 0] = from;
  const [newPrecision = 0, newScale = 0] = to;
  return newScale >= scale && newPrecision - newScale >= precision - scale ? (newScale === scale ? 'wider' : 'other') : 'narrower';
}

/** Every value has its place in the other type. */
const LOSSLESS = new Set([
  'smallint numeric',
  'integer numeric',
  'bigint numeric',
  'smallint double precision',
  'integer double precision',
  'date timestamp',
  'date timestamptz',
  'json jsonb',
  'char varchar',
  'char text',
  'inet text',
  'uuid text',
]);
