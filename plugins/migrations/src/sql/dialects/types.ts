import type { TypeName } from 'libpg-query';
import type { Dialect } from '../../migration.js';
import { kindOf, Unclear } from './fields.js';
import { partsOf, text } from './names.js';

/** A type as its dialect writes it, in one name: `int unsigned`, `varchar(20)`. */
export const typeName = (written: string): TypeName => ({ names: [text(written)] });

export const typeOf = (dialect: Dialect, node: unknown): string => (dialect === 'sqlite' ? sqliteType(node) : mysqlType(node));

/** SQLite takes any words for a type; what they mean is a matter of their letters. */
function sqliteType(node: unknown): string {
  const [kind, body] = kindOf(node);
  if (kind === 'Unspecified') return 'any';
  if (kind === 'Custom') {
    const [name, args] = body as [unknown, string[]];
    if (/serial/i.test(partsOf(name).join())) throw new Unclear('serial means nothing to SQLite');
    return `${partsOf(name).join(' ')}${args.length === 0 ? '' : `(${args.join(',')})`}`.toLowerCase();
  }
  if (!/^[A-Z][A-Za-z0-9]*$/.test(kind) || /^(?:Array|Struct|Tuple|Map|Enum|Set|GeometricType|Table|Union|Nested)$/.test(kind))
    throw new Unclear(`the type ${kind} is not followed`);
  const base = kind === 'JSON' || kind === 'JSONB' ? kind : kind.replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
  return `${base}${limitsOf(body)}`.toLowerCase();
}

/** All numbers below a type: its length, or its precision and scale. */
function limitsOf(body: unknown): string {
  const numbers: number[] = [];
  const walk = (each: unknown): void => {
    if (typeof each === 'number') numbers.push(each);
    else if (typeof each === 'string' && each !== 'None' && each !== 'WithoutTimeZone')
      throw new Unclear(`the type ${each} is not followed`);
    else if (typeof each === 'object' && each !== null) for (const one of Object.values(each)) walk(one);
  };
  walk(body);
  return numbers.length === 0 ? '' : `(${numbers.join(',')})`;
}

/** What the parser calls types that MySQL writes in several ways. */
const MYSQL: Readonly<Record<string, string>> = {
  TinyInt: 'tinyint',
  SmallInt: 'smallint',
  MediumInt: 'mediumint',
  Int: 'int',
  Integer: 'int',
  BigInt: 'bigint',
  Varchar: 'varchar',
  CharacterVarying: 'varchar',
  CharVarying: 'varchar',
  Char: 'char',
  Character: 'char',
  Text: 'text',
  TinyText: 'tinytext',
  MediumText: 'mediumtext',
  LongText: 'longtext',
  Blob: 'blob',
  TinyBlob: 'tinyblob',
  MediumBlob: 'mediumblob',
  LongBlob: 'longblob',
  Binary: 'binary',
  Varbinary: 'varbinary',
  Bool: 'tinyint(1)',
  Boolean: 'tinyint(1)',
  Decimal: 'decimal',
  Dec: 'decimal',
  Numeric: 'decimal',
  Float: 'float',
  Double: 'double',
  DoublePrecision: 'double',
  Real: 'double',
  Date: 'date',
  Datetime: 'datetime',
  Timestamp: 'timestamp',
  Time: 'time',
  JSON: 'json',
  Bit: 'bit',
  Uuid: 'uuid',
};

const WORDS: Readonly<Record<string, string>> = { year: 'year', inet6: 'inet6', inet4: 'inet4', geometry: 'geometry', point: 'point' };
const WIDTHS = /^(?:small|medium|big)?int$/;

function mysqlType(node: unknown): string {
  const [kind, body] = kindOf(node);
  if (kind === 'Enum' || kind === 'Set') return `${kind.toLowerCase()}(${labelsOf(kind, body).join(',')})`;
  if (kind === 'Custom') {
    const [name, args] = body as [unknown, string[]];
    const word = WORDS[partsOf(name).join(' ').toLowerCase()];
    if (word === undefined || args.length > 0) throw new Unclear(`the type ${partsOf(name).join(' ')} is not followed`);
    return word;
  }
  const isUnsigned = kind.endsWith('Unsigned');
  const base = MYSQL[isUnsigned ? kind.slice(0, -'Unsigned'.length) : kind];
  if (base === undefined) throw new Unclear(`the type ${kind} is not followed`);
  const limits = limitsOf(body);
  const isBoolean = base === 'tinyint' && limits === '(1)' && !isUnsigned;
  // How wide a number is shown is no matter of what it holds, but drivers read tinyint(1) as a boolean.
  const shown = (WIDTHS.test(base) || base === 'tinyint') && !isBoolean ? '' : limits;
  const plain = { decimal: '(10,0)', char: '(1)', binary: '(1)', bit: '(1)' }[`${base}${shown}`] ?? shown;
  const scaled = base === 'decimal' && /^\(\d+\)$/.test(plain) ? plain.replace(')', ',0)') : plain;
  return `${base}${scaled}${isUnsigned ? ' unsigned' : ''}`;
}

function labelsOf(kind: string, body: unknown): string[] {
  const members = kind === 'Set' ? (body as unknown[]) : (body as [unknown[], unknown])[0];
  return members.map((each) => {
    const [, name] = typeof each === 'string' ? ['', each] : kindOf(each);
    if (typeof name !== 'string') throw new Unclear('a label is not followed');
    return `'${name.replaceAll("'", "''")}'`;
  });
}
