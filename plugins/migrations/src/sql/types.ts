/** What a change of a column's type does to the values that are there. */
export type TypeChange = 'same' | 'wider' | 'narrower' | 'other';

const INTEGERS = ['smallint', 'integer', 'bigint'];
const FLOATS = ['real', 'double precision'];

/** How a type changes into another one. A type that nobody knows, `?`, could be any. */
export function typeChange(from: string, to: string): TypeChange {
  if (from === to) return 'same';
  if (from === '?') return 'narrower';
  const [one, other] = [parts(from), parts(to)];
  if (isText(one.base) && isText(other.base)) return textChange(one, other);
  if (one.base === 'numeric' && other.base === 'numeric') return numericChange(one.limits, other.limits);
  for (const order of [INTEGERS, FLOATS])
    if (order.includes(one.base) && order.includes(other.base))
      return order.indexOf(one.base) < order.indexOf(other.base) ? 'other' : 'narrower';
  if (other.base === 'text' && other.array === one.array) return 'other';
  return LOSSLESS.has(`${one.base} ${other.base}`) && one.array === other.array ? 'other' : 'narrower';
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
  if (one.array !== other.array) return 'narrower';
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
