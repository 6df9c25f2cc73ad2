import type { Node, RangeVar, TypeName } from 'libpg-query';
import type { Dialect } from '../migration.js';

/** `schema.name`, with the schema that a name without one is looked for in. */
export const qualified = (name: string, schema = 'public'): string => `${schema}.${name}`;

/** The table, view or sequence that a statement names. */
export const relationName = (relation: RangeVar | undefined): string =>
  qualified(relation?.relname ?? '', relation?.schemaname || undefined);

const CATALOGUES = /^(?:pg_catalog|information_schema|pg_toast|mysql|performance_schema|sys)$/;
/** Those that are found without a schema. */
const OF_CATALOGUE = { postgres: /^pg_/, sqlite: /^sqlite_/, mysql: /^(?!)/ } as const;

/** Is it a table of the database's own? */
export const isOfCatalogue = (dialect: Dialect, { schemaname = '', relname = '' }: RangeVar = {}): boolean =>
  CATALOGUES.test(schemaname) || (schemaname === '' && OF_CATALOGUE[dialect].test(relname));

/** The texts of a list of names. */
export const textsOf = (nodes: readonly Node[] | undefined): string[] =>
  (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : 'List' in node ? textsOf(node.List.items) : []));

/** The relations in a list of nodes, such as that of TRUNCATE. */
export const relationsOf = (nodes: readonly Node[] | undefined): string[] =>
  (nodes ?? []).flatMap((each) => ('RangeVar' in each ? [relationName(each.RangeVar)] : textsOf([each])));

/** The object that a DROP or an ALTER names: `a.b` has its schema, `b` is in `public`. */
export function objectName(node: Node | undefined): string {
  if (node === undefined) return '';
  if ('ObjectWithArgs' in node) {
    const { objname, objargs } = node.ObjectWithArgs;
    const args = (objargs ?? []).map((each) => ('TypeName' in each ? typeText(each.TypeName) : '?'));
    return `${joined(textsOf(objname))}(${args.join(', ')})`;
  }
  if ('TypeName' in node) return joined(textsOf(node.TypeName.names));
  if ('List' in node) return joined(textsOf(node.List.items));
  return 'String' in node ? joined([node.String.sval ?? '']) : '';
}

export const joined = (names: readonly string[]): string => (names.length === 1 ? qualified(names[0]!) : names.join('.'));

const SHORT: Readonly<Record<string, string>> = {
  int4: 'integer',
  int: 'integer',
  int8: 'bigint',
  int2: 'smallint',
  bool: 'boolean',
  float4: 'real',
  float8: 'double precision',
  bpchar: 'char',
  decimal: 'numeric',
  serial4: 'serial',
  serial8: 'bigserial',
  serial2: 'smallserial',
};

/** A type as people write it: `varchar(20)`, `integer[]`, `public.mood`. */
export function typeText(type: TypeName | undefined): string {
  if (type === undefined) return '';
  const names = textsOf(type.names).filter((name) => name !== 'pg_catalog');
  const last = names.at(-1) ?? '';
  const base = [...names.slice(0, -1), SHORT[last] ?? last].join('.');
  const limits = (type.typmods ?? []).map((each) => ('A_Const' in each ? String(each.A_Const.ival?.ival ?? 0) : '?'));
  // `char` alone is `char(1)`, and `interval` has a mask that nobody writes.
  const shown = limits.length === 0 || base === 'interval' ? '' : `(${limits.join(',')})`;
  return `${base}${shown}${'[]'.repeat((type.arrayBounds ?? []).length)}`;
}

/** A node as a text that is the same wherever it stands: without the places that the parser notes. */
export const shapeOf = (node: unknown): string =>
  JSON.stringify(node, (name, value: unknown) =>
    name === 'location' || name === 'stmt_location' || name === 'stmt_len' ? undefined : value,
  ) ?? '';
