import type { Statement } from './sql/statement.js';

/** A column, as far as the migrations say what it is. */
export interface Column {
  /** As people write it; `?` where nobody knows. */
  readonly type: string;
  readonly notNull: boolean;
  /** Its default as a shape; absent where it has none. */
  readonly default?: string;
  /** It gives itself a value: by a sequence, an identity, or a formula. */
  readonly generated?: string;
  /** The migration that made it; absent for what was there before all of them. */
  readonly by?: string;
  /** It was made where there was none yet, so nobody can say that the migration made it. */
  readonly isMaybe?: true;
  /** Of one that nobody knows: whether it may have no value is the opposite of what it was. */
  readonly isTurned?: boolean;
  /** The statement that made it. */
  readonly at?: Statement;
}

/** A constraint of a table. */
export interface Constraint {
  readonly kind: 'primary' | 'unique' | 'foreign' | 'check' | 'exclude';
  readonly columns: readonly string[];
  /** All of it, as a shape. */
  readonly shape: string;
  readonly isValid: boolean;
  /** The migration and the statement that made it. */
  readonly by?: string;
  readonly at?: Statement;
}

/** A table. */
export interface Table {
  readonly columns: ReadonlyMap<string, Column>;
  readonly constraints: ReadonlyMap<string, Constraint>;
  /** The migration that made it. */
  readonly by?: string;
  /** It was made where there was none yet, so nobody can say that the migration made it. */
  readonly isMaybe?: true;
  /** Nothing has shown it being made: it may have more columns than are known. */
  readonly isUnknown?: true;
  /** The last migration that has written rows or values into it. */
  readonly filledBy?: string;
}

/** Anything else that has a name: an index, a view, a function, a type. */
export interface Thing {
  readonly kind: string;
  /** All of it, as a shape; `?` where nobody knows. */
  readonly shape: string;
  /** The table that it belongs to, and goes with. */
  readonly table?: string;
  readonly columns?: readonly string[];
  readonly by?: string;
  readonly at?: Statement;
  readonly isMaybe?: true;
  /** The labels of an enum, in their order. */
  readonly labels?: readonly string[];
}

/** All that has a name and is no table, by kind and name; what belongs to a table is found by it. */
class Things extends Map<string, Thing> {
  readonly #keysOf = new Map<string, Set<string>>();

  constructor(entries: Iterable<[string, Thing]>) {
    super();
    for (const [key, thing] of entries) this.set(key, thing);
  }

  override set(key: string, thing: Thing): this {
    this.#forget(key);
    const { table } = thing;
    if (table !== undefined) {
      const keys = this.#keysOf.get(table);
      if (keys === undefined) this.#keysOf.set(table, new Set([key]));
      else keys.add(key);
    }
    return super.set(key, thing);
  }

  override delete(key: string): boolean {
    this.#forget(key);
    return super.delete(key);
  }

  /** What belongs to a table, as it is now: it may be changed meanwhile. */
  of(table: string): [string, Thing][] {
    return [...(this.#keysOf.get(table) ?? [])].map((key) => [key, this.get(key)!]);
  }

  #forget(key: string): void {
    const table = this.get(key)?.table;
    if (table !== undefined) this.#keysOf.get(table)?.delete(key);
  }
}

/** A schema as the statements so far have made it. Statements that it does not understand must not be left out: the analyser blocks on them. */
export class Schema {
  readonly tables: Map<string, Table>;
  readonly things: Things;

  /** Names that a table was dropped from, or renamed. */
  readonly #former: Set<string>;

  constructor(tables: Iterable<[string, Table]> = [], things: Iterable<[string, Thing]> = [], former: Iterable<string> = []) {
    this.tables = new Map(tables);
    this.things = new Things(things);
    this.#former = new Set(former);
  }

  copy(): Schema {
    return new Schema(this.tables, this.things, this.#former);
  }

  /** A table; one that nothing has shown being made was there before, with columns that nobody knows. */
  table(name: string): Table {
    return this.tables.get(name) ?? { columns: new Map(), constraints: new Map(), isUnknown: true };
  }

  /** A column; one of a table that is not known as a whole may be there all the same. */
  column(table: string, column: string): Column | undefined {
    const found = this.table(table);
    return found.columns.get(column) ?? (found.isUnknown ? UNKNOWN : undefined);
  }

  change(name: string, change: (table: Table) => Table): void {
    this.tables.set(name, change(this.table(name)));
  }

  setColumn(table: string, name: string, column: Column): void {
    this.change(table, (each) => ({ ...each, columns: new Map([...each.columns, [name, column]]) }));
  }

  /** A column that is gone takes with it the constraints and indexes that have it. */
  dropColumn(table: string, name: string): void {
    this.change(table, (each) => ({
      ...each,
      // Where not all columns are known, that this one is not there any more is what is known of it.
      columns: new Map([...each.columns].filter(([column]) => column !== name).concat(each.isUnknown ? [[name, GONE]] : [])),
      constraints: new Map([...each.constraints].filter(([, { columns }]) => !columns.includes(name))),
    }));
    for (const [key, { columns }] of this.things.of(table)) if (columns?.includes(name)) this.things.delete(key);
  }

  setConstraint(table: string, name: string, constraint: Constraint): void {
    this.change(table, (each) => ({ ...each, constraints: new Map([...each.constraints, [name, constraint]]) }));
  }

  dropConstraint(table: string, name: string): void {
    this.change(table, (each) => ({ ...each, constraints: new Map([...each.constraints].filter(([other]) => other !== name)) }));
  }

  /** A table that is gone takes all that belongs to it. */
  dropTable(name: string): void {
    this.dropTableEntry(name, this.table(name));
    for (const [key] of this.things.of(name)) this.things.delete(key);
  }

  /** Is it there, as far as is known? */
  has(name: string): boolean {
    return this.tables.has(name) && this.tables.get(name) !== undefined && !isGone(this.tables.get(name)!);
  }

  /** Was it there, and is no more? */
  isGone(name: string): boolean {
    return !this.has(name) && this.#former.has(name);
  }

  renameTable(from: string, to: string): void {
    const table = this.table(from);
    this.dropTableEntry(from, table);
    this.tables.set(to, table);
    for (const [key, thing] of this.things.of(from)) {
      const prefix = `${thing.kind} ${from}.`;
      // The name of an index of MySQL is one of its table.
      if (key.startsWith(prefix)) this.things.delete(key);
      this.things.set(key.startsWith(prefix) ? `${thing.kind} ${to}.${key.slice(prefix.length)}` : key, { ...thing, table: to });
    }
    this.followTable(from, to);
  }

  /** Views and foreign keys are about a table, whatever its name. */
  private followTable(from: string, to: string): void {
    const [one, other] = [from, to].map((name) => `"relname":${JSON.stringify(name.slice(name.indexOf('.') + 1))}`) as [string, string];
    const follow = <T extends { readonly shape: string }>(each: T): T => ({ ...each, shape: each.shape.replaceAll(one, other) });
    for (const [key, thing] of this.things) if (thing.shape.includes(one)) this.things.set(key, follow(thing));
    for (const [name, table] of this.tables)
      if ([...table.constraints.values()].some(({ shape }) => shape.includes(one)))
        this.tables.set(name, { ...table, constraints: new Map([...table.constraints].map(([key, each]) => [key, follow(each)])) });
  }

  renameColumn(table: string, from: string, to: string): void {
    const named = (columns: readonly string[]) => columns.map((each) => (each === from ? to : each));
    const column = this.column(table, from) ?? UNKNOWN;
    this.change(table, (each) => ({
      ...each,
      columns: new Map([
        ...[...each.columns].filter(([name]) => name !== from && name !== to),
        [to, column],
        ...(each.isUnknown ? [[from, GONE] as const] : []),
      ]),
      constraints: new Map(
        [...each.constraints].map(([name, one]) => [name, { ...one, columns: named(one.columns), shape: renamed(one.shape, from, to) }]),
      ),
    }));
    for (const [key, thing] of this.things.of(table))
      if (thing.columns !== undefined)
        this.things.set(key, { ...thing, columns: named(thing.columns), shape: renamed(thing.shape, from, to) });
  }

  /** What no migration has made was there before: that it is gone is noted. */
  private dropTableEntry(name: string, table: Table): void {
    this.#former.add(name);
    if (table.isUnknown && table.by === undefined) this.tables.set(name, { ...GONE_TABLE });
    else this.tables.delete(name);
  }
}

/** A column of a table that was there before; nothing says what it is. */
const UNKNOWN: Column = { type: '?', notNull: false, default: '?' };
/** What was there before, and is gone now. */
const GONE: Column = { type: 'gone', notNull: false };
const GONE_TABLE: Table = { columns: new Map(), constraints: new Map(), by: 'gone' };

const isGone = (table: Table): boolean => table.by === 'gone';

/** A column in a shape has quotes around it. */
const renamed = (shape: string, from: string, to: string): string => shape.replaceAll(JSON.stringify(from), JSON.stringify(to));

/** How two schemas differ, a line each: what there is only before, only after, or in another form. */
export function differences(before: Schema, after: Schema): string[] {
  const lines: string[] = [];
  for (const name of new Set([...before.tables.keys(), ...after.tables.keys()])) {
    const [one, other] = [before, after].map((each) => (each.has(name) ? each.table(name) : undefined));
    if (one === undefined && other !== undefined) {
      // A table that nothing has shown being made was there before, too: what is known of it is what was done to it since.
      if (other.isUnknown) lines.push(...tableDifferences(name, { columns: new Map(), constraints: new Map(), isUnknown: true }, other));
      else lines.push(`the table ${shown(name)} is there`);
    } else if (one !== undefined && other === undefined) lines.push(`the table ${shown(name)} is gone`);
    else if (one === undefined && other === undefined && after.tables.has(name) && !before.tables.has(name))
      lines.push(`the table ${shown(name)} is gone`);
    else if (one !== undefined && other !== undefined) lines.push(...tableDifferences(name, one, other));
  }
  for (const key of new Set([...before.things.keys(), ...after.things.keys()])) {
    const [one, other] = [before.things.get(key), after.things.get(key)];
    // Rights that are given are taken for harmless, and so are the indexes that MySQL makes for a foreign key.
    if (['granted', 'implied index'].includes((one ?? other)?.kind ?? '')) continue;
    if (one === undefined) lines.push(`${key.replace('public.', '')} is there`);
    else if (other === undefined) lines.push(`${key.replace('public.', '')} is gone`);
    else if (one.shape !== other.shape || String(one.labels) !== String(other.labels))
      lines.push(`${key.replace('public.', '')} is another one`);
  }
  return lines;
}

function tableDifferences(name: string, one: Table, other: Table): string[] {
  // A table that is changed is another object.
  if (one === other) return [];
  const lines: string[] = [];
  for (const column of new Set([...one.columns.keys(), ...other.columns.keys()])) {
    const fallback = one.isUnknown ? UNKNOWN : GONE;
    const [before, after] = [one.columns.get(column) ?? fallback, other.columns.get(column) ?? (other.isUnknown ? UNKNOWN : GONE)];
    const what = `the column ${shown(name)}.${column}`;
    if (before.type === 'gone' && after.type !== 'gone') lines.push(`${what} is there`);
    else if (before.type !== 'gone' && after.type === 'gone') lines.push(`${what} is gone`);
    else if (columnShape(before) !== columnShape(after)) lines.push(`${what} is ${described(after)}, and was ${described(before)}`);
  }
  for (const constraint of new Set([...one.constraints.keys(), ...other.constraints.keys()])) {
    const [before, after] = [one.constraints.get(constraint), other.constraints.get(constraint)];
    if (before === undefined) lines.push(`the constraint ${constraint} of ${shown(name)} is there`);
    else if (after === undefined) lines.push(`the constraint ${constraint} of ${shown(name)} is gone`);
    else if (before.shape !== after.shape) lines.push(`the constraint ${constraint} of ${shown(name)} is another one`);
    else if (before.isValid !== after.isValid)
      lines.push(`the constraint ${constraint} of ${shown(name)} is ${after.isValid ? '' : 'not '}validated`);
  }
  return lines;
}

const shown = (name: string): string => name.replace(/^public\./, '');
const columnShape = ({ type, notNull, default: value = '', generated = '', isTurned = false }: Column): string =>
  JSON.stringify([type, type === '?' ? isTurned : notNull, value, generated]);
const described = ({ type, notNull, default: value, generated }: Column): string =>
  [
    type === '?' ? 'of an unknown type' : type,
    ...(notNull ? ['NOT NULL'] : []),
    ...(value === undefined ? [] : ['with a default']),
    ...(generated === undefined ? [] : ['generated']),
  ].join(' ');
