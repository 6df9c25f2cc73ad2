/** What a change of a column's type does to the values that are there. */
export type TypeChange = 'same' | 'wider' | 'narrower' | 'other';

/** What a change of a type does to the values in SQLite: types are hints there, by which values are turned as they are written. */
export function sqliteChange(from: string, to: string): TypeChange {
  if (from === to) return 'same';
  if (from === '?') return 'narrower';
  const [[one, was], [other, is]] = [kindOf(from), kindOf(to)];
  // Another idea of which texts are equal: a unique key may refuse what it took.
  if (was !== is) return 'narrower';
  if (one === other || other === 'blob') return 'wider';
  if (one === 'integer' && other === 'numeric') return 'wider';
  return (one === 'integer' || one === 'numeric') && other === 'text' ? 'other' : 'narrower';
}

function kindOf(type: string): readonly [affinity: ReturnType<typeof affinity>, collation: string] {
  const [base = '', collation = ''] = type.split(' collate ');
  return [affinity(base), collation];
}

/** https://sqlite.org/datatype3.html#determination_of_column_affinity */
function affinity(type: string): 'integer' | 'text' | 'blob' | 'real' | 'numeric' {
  if (/int/.test(type)) return 'integer';
  if (/char|clob|text/.test(type)) return 'text';
  if (/blob/.test(type) || type === 'any') return 'blob';
  return /real|floa|doub/.test(type) ? 'real' : 'numeric';
}

const INTEGERS = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint'];
const BYTES: Readonly<Record<string, number>> = { tiny: 255, '': 65_535, medium: 16_777_215, long: 4_294_967_295 };
/** A character of utf8mb4 has up to four bytes. */
const WIDEST = 4;

interface Type {
  readonly base: string;
  readonly limits: string;
  /** Collation, and what an update sets. */
  readonly more: string;
  readonly isUnsigned: boolean;
}

function parsed(type: string): Type {
  const [, base = type, limits = '', unsigned, more = ''] = /^(\w+)(?:\((.*)\))?( unsigned)?( .*)?$/s.exec(type) ?? [];
  return { base: base === 'integer' ? 'int' : base, limits, more, isUnsigned: unsigned !== undefined };
}

/** What a change of a type does to the values in MySQL. */
export function mysqlChange(from: string, to: string): TypeChange {
  if (from === to) return 'same';
  if (from === '?') return 'narrower';
  const [one, other] = [parsed(from), parsed(to)];
  const [was, is] = [one, other].map(({ more }) => more.replace(ON_UPDATE, '')) as [string, string];
  // Other letters, or another idea of which of them are equal.
  if (was !== is) return 'narrower';
  const change = plainChange(one, other);
  return one.more !== other.more && (change === 'same' || change === 'wider') ? 'other' : change;
}

export const ON_UPDATE = ' on update';

function plainChange(one: Type, other: Type): TypeChange {
  const limits = [one, other].map((each) => each.limits.split(',').map(Number)) as [number[], number[]];
  if (one.base === other.base && one.limits === other.limits && one.isUnsigned === other.isUnsigned) return 'same';
  if (INTEGERS.includes(one.base) && INTEGERS.includes(other.base)) return integerChange(one, other);
  if (one.isUnsigned !== other.isUnsigned) return 'narrower';
  if (one.base === 'decimal' && other.base === 'decimal') return decimalChange(...limits);
  if ((one.base === 'enum' || one.base === 'set') && one.base === other.base)
    return other.limits.startsWith(`${one.limits},`) ? 'wider' : 'narrower';
  if (one.base === 'float' && other.base === 'double' && one.limits === '' && other.limits === '') return 'other';
  if (/^(?:datetime|timestamp|time)$/.test(one.base) && one.base === other.base)
    return limits[1][0]! >= limits[0][0]! ? 'other' : 'narrower';
  if (one.base === 'date' && other.base === 'datetime') return 'other';
  const [from, to] = [capacity(one), capacity(other)];
  if (from === undefined || to === undefined || from.kind !== to.kind || to.isPadded) return 'narrower';
  return to.size >= from.size ? (from.isPadded ? 'other' : 'wider') : 'narrower';
}

function integerChange(one: Type, other: Type): TypeChange {
  const [from, to] = [one, other].map(({ base }) => INTEGERS.indexOf(base)) as [number, number];
  if (one.isUnsigned === other.isUnsigned) return to >= from ? 'other' : 'narrower';
  return one.isUnsigned && to > from ? 'other' : 'narrower';
}

function decimalChange([precision = 10, scale = 0]: number[], [newPrecision = 10, newScale = 0]: number[]): TypeChange {
  return newScale >= scale && newPrecision - newScale >= precision - scale ? (newScale === scale ? 'wider' : 'other') : 'narrower';
}

/** How many bytes at most, of texts and of bytes. */
function capacity({ base, limits }: Type): { kind: string; size: number; isPadded: boolean } | undefined {
  const isPadded = base === 'char' || base === 'binary';
  if (base === 'varchar' || base === 'char') return { kind: 'text', size: Number(limits) * WIDEST, isPadded };
  if (base === 'varbinary' || base === 'binary') return { kind: 'blob', size: Number(limits), isPadded };
  const [, size, kind] = /^(tiny|medium|long|)(text|blob)$/.exec(base) ?? [];
  return kind === undefined ? undefined : { kind, size: BYTES[size!]!, isPadded };
}
