import type { Constraint as ConstraintNode, Node } from 'libpg-query';
import type { Constraint, Schema, Thing } from '../schema.js';
import { relationName, textsOf } from '../sql/names.js';
import { fails } from './phrases.js';
import type { Walk } from './walk.js';

/** Where PostgreSQL takes an index or a key along with its column, SQLite refuses, and MySQL keeps the rest of it. */
export function judgeColumnUses(walk: Walk, table: string, name: string): void {
  const keys = [...walk.schema.table(table).constraints.values()].filter(({ columns }) => columns.includes(name));
  const things = [...walk.schema.things.values()].filter((each) => each.table === table);
  const indexes = things.filter(({ kind, columns = [] }) => kind === 'index' && columns.includes(name));
  if (walk.dialect === 'mysql') {
    if (keys.some(({ kind }) => kind === 'foreign' || kind === 'check')) walk.say(...fails(`a constraint is about ${name}`));
    if ([...keys, ...indexes].some(({ columns = [] }) => columns.length > 1))
      walk.say('opaque-code', { up: ['B', 'O'], down: ['B'] }, `what is left of the keys of ${name} and other columns is not followed`);
    return;
  }
  const others = [...walk.schema.table(table).columns].filter(
    ([each, { generated = '' }]) => each !== name && generated.includes(`"${name}"`),
  );
  const users = [...walk.schema.things.values()].filter(
    ({ kind, shape }) => (kind === 'view' || kind === 'trigger') && mentions(shape, name),
  );
  if (keys.length + indexes.length + others.length + users.length > 0)
    walk.say(...fails(`something is made of ${name}, and SQLite drops no such column`));
}

/** Does a view or a trigger name a column? Its text says so: it is kept as it was written. */
function mentions(shape: string, name: string): boolean {
  const { words, args } = JSON.parse(shape) as { readonly words?: string; readonly args?: readonly Node[] };
  const written = words ?? textsOf(args).join(' ');
  return new RegExp(`(?<![\\w])${name.replace(/[^\w]/g, '\\$&')}(?![\\w])`, 'i').test(written);
}

/** A foreign key. */
interface Pointing {
  readonly table: string;
  readonly columns: readonly string[];
  /** The other table, and its columns. */
  readonly at: string;
  readonly wanted: readonly string[];
  /** What becomes of a row when what it points at goes: `a` nothing, `r` it is refused, `c` it goes, `n` and `d` these columns are set. */
  readonly action: string;
  readonly set: readonly string[];
}

/** A constraint as a foreign key; undefined for any other, and for one of which nothing but that it is gone is known. */
export function pointingOf(table: string, { kind, shape, columns }: Constraint): Pointing | undefined {
  if (kind !== 'foreign' || !shape.startsWith('{')) return undefined;
  const { pktable, pk_attrs, fk_del_action = 'a', fk_del_set_cols } = JSON.parse(shape) as ConstraintNode;
  const set = fk_del_set_cols === undefined ? columns : textsOf(fk_del_set_cols);
  return { table, columns, at: relationName(pktable), wanted: textsOf(pk_attrs), action: fk_del_action, set };
}

/** The foreign keys of a table. */
export const pointingFrom = ({ tables }: Schema, name: string): Pointing[] =>
  [...(tables.get(name)?.constraints.values() ?? [])].flatMap((each) => pointingOf(name, each) ?? []);

/** The foreign keys that point at a table. */
export const pointingAt = (schema: Schema, name: string): Pointing[] =>
  [...schema.tables.keys()].flatMap((table) => pointingFrom(schema, table)).filter(({ at }) => at === name);

/** A table that others still point at: MySQL refuses to drop it, and SQLite takes rows of the others along. */
export function judgePointedAt(walk: Walk, name: string): void {
  if (walk.dialect === 'postgres') return;
  const others = pointingAt(walk.schema, name).filter(({ table }) => table !== name && !walk.isOwn(table));
  if (others.length > 0) walk.say(...fails(`${others.map(({ table }) => table).join(', ')} points at ${name}`));
}

const startsWith = (columns: readonly string[], wanted: readonly string[]): boolean =>
  wanted.length > 0 && wanted.length <= columns.length && columns.slice(0, wanted.length).sort().join() === [...wanted].sort().join();

/** InnoDB keeps an index for both ends of each foreign key. */
export function judgeNeededIndex(walk: Walk, index: Thing): void {
  const { table = '', columns = [] } = index;
  const others = walk.schema.things.of(table).flatMap(([, each]) => (each !== index && /index$/.test(each.kind) ? [each] : []));
  const keys = [...walk.schema.table(table).constraints.values()].filter(({ kind }) => kind === 'primary');
  const isCovered = (wanted: readonly string[]) => [...others, ...keys].some((each) => startsWith(each.columns ?? [], wanted));
  const own = [...walk.schema.table(table).constraints.values()].filter(({ kind }) => kind === 'foreign').map((each) => each.columns);
  const pointed = pointingAt(walk.schema, table).map(({ wanted }) => wanted);
  if ([...own, ...pointed].some((wanted) => startsWith(columns, wanted) && !isCovered(wanted)))
    walk.say(...fails('a foreign key needs the index'));
}

/** The index that MySQL makes for a foreign key which has none. */
export function implyIndex(walk: Walk, table: string, name: string, columns: readonly string[]): void {
  const found = walk.schema.things.of(table).some(([, each]) => /index$/.test(each.kind) && startsWith(each.columns ?? [], columns));
  const primary = [...walk.schema.table(table).constraints.values()].some(
    (each) => each.kind === 'primary' && startsWith(each.columns, columns),
  );
  if (!found && !primary)
    walk.schema.things.set(`implied index ${table}.${name}`, { kind: 'implied index', shape: 'implied', table, columns });
}

/** One that is made explicitly takes the place of one that was not. */
export function replaceImplied(walk: Walk, table: string, columns: readonly string[]): void {
  for (const [key, each] of walk.schema.things.of(table))
    if (each.kind === 'implied index' && startsWith(columns, each.columns ?? [])) walk.schema.things.delete(key);
}

/** Does a foreign key count on the columns being unique? */
export function isPointedAt(schema: Schema, table: string, { kind, columns }: Pick<Constraint, 'kind' | 'columns'>): boolean {
  if (kind !== 'primary' && kind !== 'unique') return false;
  return pointingAt(schema, table).some(({ wanted }) =>
    wanted.length === 0 ? kind === 'primary' : [...wanted].sort().join() === [...columns].sort().join(),
  );
}
