import type { ColumnDef, CreateStmt, Node } from 'libpg-query';
import { type Column, type Constraint, Schema, type Table } from '../schema.js';
import type { Rebuild } from '../sql/dialects/own-nodes.js';
import { qualified, relationName, shapeOf, textsOf } from '../sql/names.js';
import { addColumn, dropColumn } from './columns.js';
import { judgeAdded } from './constraints.js';
import { fails } from './phrases.js';
import { rename } from './rename.js';
import { restate } from './restate.js';
import { createTable } from './tables.js';
import { createIndex, dropThing, whatIndex } from './things.js';
import { pointingAt } from './uses.js';
import { Walk } from './walk.js';

/** A table of SQLite that is made anew: judged by how the new one differs from the old one, and by what the rows take along. */
export function rebuildTable(walk: Walk, rebuild: Rebuild): void {
  const { relation, create, copied } = rebuild;
  const name = relationName(relation);
  const old = walk.schema.tables.get(name);
  if (old === undefined || old.isUnknown || !walk.schema.has(name)) {
    walk.say('opaque-code', { up: ['B', 'O'], down: ['B'] }, `what ${name} was like is not known, nor what the new one lacks`);
    walk.schema.dropTable(name);
    walk.schema.tables.set(name, { columns: new Map(), constraints: new Map(), isUnknown: true });
    return;
  }
  judgeOthers(walk, name, rebuild);
  const { target, definitions } = targetOf(walk, name, create);
  const sources = new Map(copied.map(({ column, value }) => [column, { value, from: plainColumn(value, old) }]));
  const renamed = new Set<string>();
  for (const definition of definitions) {
    const column = definition.colname ?? '';
    const source = sources.get(column);
    const from = source?.from;
    if (from === column) restate(walk, name, column, definition);
    else if (from !== undefined && !old.columns.has(column) && !target.columns.has(from) && !renamed.has(from)) {
      renamed.add(from);
      rename(walk, { renameType: 'OBJECT_COLUMN', relationType: 'OBJECT_TABLE', relation, subname: from, newname: column });
      restate(walk, name, column, definition);
    } else if (old.columns.has(column)) {
      if (!walk.isOwn(name) && !walk.isNewColumn(name, column))
        walk.say(
          `${walk.side}-update-overwrite`,
          { up: ['B'], down: ['D'] },
          `what ${column} of ${name} held is not taken along as it was`,
        );
      restate(walk, name, column, definition);
    } else addColumn(walk, name, definition, false, true);
  }
  for (const column of old.columns.keys())
    if (!target.columns.has(column) && !renamed.has(column)) dropColumn(walk, name, column, false, true);
  judgeConstraints(walk, name, target);
  judgeIndexes(walk, name, rebuild);
}

/** Rows of other tables, views and triggers that are about it. */
function judgeOthers(walk: Walk, name: string, { isGuarded }: Rebuild): void {
  const bare = name.slice(name.indexOf('.') + 1);
  const others = pointingAt(walk.schema, name).filter(({ table }) => table !== name);
  if (!isGuarded && others.some(({ action }) => walk.side === 'down' || /[cnd]/.test(action)))
    walk.say(
      `${walk.side}-delete-some`,
      { up: ['B'], down: ['D'] },
      `where foreign keys are on, rows of ${others.map(({ table }) => table).join(', ')} go or change with the old table; they can be off outside of a transaction only`,
    );
  for (const [key, { kind, table, shape }] of [...walk.schema.things]) {
    if (kind === 'view' && shape.includes(`"relname":${JSON.stringify(bare)}`))
      walk.say(...fails(`a view is made of ${bare} while it is not there`));
    if (kind !== 'trigger' || table !== name) continue;
    walk.say('add-trigger', { up: ['O?'] }, 'a trigger goes with the old table');
    walk.schema.things.delete(key);
  }
}

/** The new table by its future name, in a schema of its own. */
function targetOf(walk: Walk, name: string, create: CreateStmt): { target: Table; definitions: ColumnDef[] } {
  const own = relationName(create.relation);
  const relname = name.slice(name.indexOf('.') + 1);
  const elements = (JSON.parse(JSON.stringify(create.tableElts ?? [])) as Node[]).map((each) => {
    for (const constraint of 'ColumnDef' in each ? (each.ColumnDef.constraints ?? []) : [each])
      if ('Constraint' in constraint && constraint.Constraint.pktable !== undefined && relationName(constraint.Constraint.pktable) === own)
        constraint.Constraint.pktable.relname = relname;
    return each;
  });
  const scratch = new Walk('up', walk.migration, new Schema(), new Schema(), true, walk.dialect).at(walk.statement);
  createTable(scratch, { ...create, relation: { ...create.relation, relname }, tableElts: elements });
  return {
    target: scratch.schema.table(name),
    definitions: elements.flatMap((each) => ('ColumnDef' in each ? [each.ColumnDef] : [])),
  };
}

/** SQLite takes a name in quotes that no column has for a text. */
function plainColumn(value: Node, { columns }: Table): string | undefined {
  const name = 'ColumnRef' in value ? textsOf(value.ColumnRef.fields).at(-1) : undefined;
  return name !== undefined && columns.has(name) ? name : undefined;
}

function judgeConstraints(walk: Walk, name: string, target: Table): void {
  const before = walk.schema.table(name);
  const same = (one: Constraint) => (other: Constraint) => one.kind === other.kind && one.shape === other.shape;
  const constraints = new Map(
    [...target.constraints].map(([key, each]) => [key, [...before.constraints.values()].find(same(each)) ?? each] as const),
  );
  for (const each of target.constraints.values())
    if (![...before.constraints.values()].some(same(each)) && !walk.isOwn(name)) judgeAdded(walk, name, each.kind, each.columns, true);
  for (const each of before.constraints.values())
    if (/^(?:unique|primary)$/.test(each.kind) && ![...target.constraints.values()].some(same(each)) && !walk.isOwn(name))
      walk.say('drop-unique', { up: ['O'] }, 'the old code may count on it, as ON CONFLICT does');
  // A primary key makes its columns what they are in the new table.
  const columns = new Map(
    [...target.columns].map(([key, each]): [string, Column] => [key, { ...each, ...origin(before.columns.get(key)) }]),
  );
  walk.schema.change(name, (table) => ({ ...table, columns, constraints }));
}

/** Who has made a column; one that was there before all of them has no maker. */
function origin(column: Column | undefined): Partial<Column> {
  if (column === undefined) return {};
  return { by: column.by as string, at: column.at as never, ...(column.isMaybe ? { isMaybe: true as const } : {}) };
}

function judgeIndexes(walk: Walk, name: string, { indexes }: Rebuild): void {
  const made = new Map(indexes.map((each) => [`index ${qualified(each.idxname ?? '')}`, each]));
  for (const [key, { kind, table, shape }] of [...walk.schema.things]) {
    if (kind !== 'index' || table !== name) continue;
    const again = made.get(key);
    if (again !== undefined && shapeOf(whatIndex(again)) === shape) made.delete(key);
    else
      dropThing(
        walk,
        { removeType: 'OBJECT_INDEX', behavior: 'DROP_RESTRICT' },
        { List: { items: [{ String: { sval: key.slice(key.indexOf('.') + 1) } }] } },
      );
  }
  for (const each of made.values()) createIndex(walk, each);
}
