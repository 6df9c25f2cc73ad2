import type { Node, RangeVar } from 'libpg-query';
import type { Dialect } from '../../migration.js';
import { Fields, kindOf, Unclear } from './fields.js';

/** Neither MySQL nor SQLite tells columns, indexes and constraints apart by case; names of tables are told apart by some MySQL servers. */
export const columnName = (ident: unknown): string => identOf(ident).toLowerCase();

export function identOf(ident: unknown): string {
  const fields = new Fields('a name', ident).ignore('quote_style');
  const value = fields.get('value') ?? '';
  fields.done();
  if (typeof value !== 'string') throw new Unclear('a name is not followed');
  return value;
}

/** The parts of a name, such as `db` and `users`. */
export function partsOf(name: unknown): string[] {
  if (!Array.isArray(name)) throw new Unclear('a name is not followed');
  return name.map((part: unknown) => {
    const [kind, body] = kindOf(part);
    if (kind !== 'Identifier') throw new Unclear('a name is not followed');
    return identOf(body);
  });
}

/** The last part of a name, for what is found by it alone. */
export function singleName(name: unknown, dialect: Dialect): string {
  const parts =
    dialect === 'sqlite'
      ? partsOf(name).filter((each, at) => at > 0 || each.toLowerCase() !== 'main' || !Array.isArray(name) || name.length === 1)
      : partsOf(name);
  if (parts.length !== 1) throw new Unclear(`${parts.join('.')} is in another database`);
  return parts[0]!.toLowerCase();
}

/** A table or a view. */
export function relationOf(name: unknown, dialect: Dialect): RangeVar {
  if (dialect === 'sqlite') return { relname: singleName(name, dialect), inh: true, relpersistence: 'p' };
  const parts = partsOf(name);
  if (parts.length > 2) throw new Unclear(`${parts.join('.')} is not followed`);
  return { relname: parts.at(-1)!, ...(parts.length === 2 ? { schemaname: parts[0]! } : {}), inh: true, relpersistence: 'p' };
}

export const text = (sval: string): Node => ({ String: { sval } });
export const texts = (names: readonly string[]): Node[] => names.map(text);

/** An object as a DROP names it. */
export const objectOf = ({ schemaname, relname = '' }: RangeVar): Node => ({
  List: { items: texts(schemaname === undefined ? [relname] : [schemaname, relname]) },
});
