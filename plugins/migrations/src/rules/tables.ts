import type { AlterTableCmd, AlterTableStmt, CreateStmt, DropStmt, Node } from 'libpg-query';
import type { Column } from '../schema.js';
import { objectName, qualified, relationName, relationsOf, shapeOf, textsOf } from '../sql/names.js';
import {
  addColumn,
  addInlineConstraints,
  changeDefault,
  changeGenerated,
  changeNotNull,
  changeType,
  columnOf,
  dropColumn,
  identityOf,
} from './columns.js';
import { addConstraint, dropConstraint, validateConstraint } from './constraints.js';
import { cascade, fails } from './phrases.js';
import { setIdentity, setPartition, setRowSecurity, setTrigger } from './settings.js';
import { createThing, dropThing } from './things.js';
import { judgePointedAt } from './uses.js';
import type { Walk } from './walk.js';

/** CREATE TABLE. */
export function createTable(
  walk: Walk,
  { relation, tableElts = [], if_not_exists, inhRelations, partbound, ofTypename }: CreateStmt,
): void {
  const name = relationName(relation);
  if (relation?.relpersistence === 't') return;
  if (walk.side === 'down' && walk.preexisting(name) !== undefined)
    walk.say('down-restores-guess', { down: ['B'] }, `${name} was there before the up, and its rows are gone: it comes back empty`);
  if (if_not_exists) walk.say('if-not-exists', { down: ['B'] }, `${name} may have been there already`);
  if (if_not_exists && walk.schema.has(name)) return;
  const columns = new Map<string, Column>();
  const isPartial = tableElts.some((each) => 'TableLikeClause' in each) || (inhRelations ?? []).length > 0 || ofTypename !== undefined;
  for (const each of tableElts)
    if ('ColumnDef' in each) columns.set(each.ColumnDef.colname ?? '', columnOf(each.ColumnDef, walk.migration));
  walk.schema.tables.set(name, {
    columns,
    constraints: new Map(),
    by: walk.migration,
    ...(if_not_exists ? { isMaybe: true as const } : {}),
    // What it has from elsewhere is not followed.
    ...(isPartial ? { isUnknown: true as const } : {}),
  });
  for (const each of tableElts) {
    if ('ColumnDef' in each) addInlineConstraints(walk, name, each.ColumnDef);
    if ('Constraint' in each) addConstraint(walk, name, each.Constraint);
  }
  const [parent] = relationsOf(inhRelations);
  if (partbound !== undefined && parent !== undefined) {
    walk.say('lock-partition', { up: ['L'], down: ['L'] }, 'the parent is locked for it');
    createThing(walk, 'partition', name, { parent, partbound }, { table: name });
  }
}

/** DROP TABLE. */
function dropTables(walk: Walk, { objects = [], behavior }: DropStmt): void {
  for (const object of objects) {
    const name = objectName(object);
    const table = walk.schema.tables.get(name);
    if (walk.side === 'up' && !walk.isOwn(name))
      walk.say('up-drop-table', { up: ['B', 'O'] }, `the rows of ${name} are gone, and the old code asks for them`);
    if (walk.side === 'down') {
      if (!walk.isOwn(name)) walk.say('down-drop-preexisting', { down: ['B'] }, `${name} was there before the up`);
      else if (table?.isMaybe) walk.say('if-not-exists', { down: ['B'] }, `${name} was made IF NOT EXISTS: it may have been there before`);
      else
        walk.say('down-drop-created-table', { down: ['D'] }, `what was written into ${name} since is lost`, walk.statement, {
          table: name,
          columns: [],
        });
    }
    if (behavior === 'DROP_CASCADE') cascade(walk);
    judgePointedAt(walk, name);
    walk.schema.dropTable(name);
  }
}

/** DROP IDENTITY, DROP EXPRESSION: of a column that gives itself nothing of the kind it fails. */
function dropGenerated(walk: Walk, table: string, { name = '', subtype, missing_ok }: AlterTableCmd): void {
  const column = walk.schema.column(table, name);
  const isIdentity = column?.generated?.startsWith('identity') === true;
  const isRight =
    subtype === 'AT_DropIdentity' ? isIdentity : column?.generated !== undefined && column.generated !== 'serial' && !isIdentity;
  if (column !== undefined && column.type !== '?' && !isRight && missing_ok !== true)
    walk.say(...fails(`${name} of ${table} gives itself nothing that could be dropped`));
  changeGenerated(walk, table, name, undefined);
}

/** ALTER TABLE, of a table, a view, an index, a sequence. */
export function alterTable(walk: Walk, { relation, cmds = [], objtype }: AlterTableStmt): void {
  const table = relationName(relation);
  for (const each of cmds) {
    if (!('AlterTableCmd' in each)) continue;
    if (objtype === 'OBJECT_TYPE') walk.say('type-change', { up: ['O?'], down: ['B'] }, 'what a composite type was like is not followed');
    else if (objtype === 'OBJECT_TABLE' || objtype === 'OBJECT_FOREIGN_TABLE' || objtype === undefined)
      alter(walk, table, each.AlterTableCmd);
    else alterOther(walk, each.AlterTableCmd, objtype);
  }
}

/** What is set on a view, an index or a sequence changes no rows; what is not known is not guessed. */
function alterOther(walk: Walk, { subtype }: AlterTableCmd, type?: string): void {
  // With whose rights a view reads, and what may be written through it, are options.
  if (!HARMLESS.has(subtype ?? '') || (type === 'OBJECT_VIEW' && /RelOptions$/.test(subtype ?? '')))
    walk.say('opaque-code', { up: ['B', 'O?'], down: ['B'] }, `${subtype} is not followed`);
}

/** Storage, owners, statistics: no rows, and nothing that a statement sees. */
const HARMLESS = new Set([
  'AT_SetStatistics',
  'AT_SetOptions',
  'AT_ResetOptions',
  'AT_SetStorage',
  'AT_SetCompression',
  'AT_ChangeOwner',
  'AT_ClusterOn',
  'AT_DropCluster',
  'AT_SetLogged',
  'AT_SetUnLogged',
  'AT_SetTableSpace',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_ReplicaIdentity',
  'AT_SetAccessMethod',
]);

function alter(walk: Walk, table: string, command: AlterTableCmd): void {
  const { subtype, name = '', def, behavior, missing_ok } = command;
  const isCascade = behavior === 'DROP_CASCADE';
  const isRowSecurity = subtype?.endsWith('RowSecurity');
  if (subtype === 'AT_AddColumn') {
    const definition = def !== undefined && 'ColumnDef' in def ? def.ColumnDef : {};
    addColumn(walk, table, definition, missing_ok === true);
  } else if (subtype === 'AT_DropColumn') dropColumn(walk, table, name, isCascade);
  else if (subtype === 'AT_AlterColumnType') changeType(walk, table, name, def !== undefined && 'ColumnDef' in def ? def.ColumnDef : {});
  else if (subtype === 'AT_SetNotNull' || subtype === 'AT_DropNotNull') changeNotNull(walk, table, name, subtype === 'AT_SetNotNull');
  else if (subtype === 'AT_ColumnDefault') changeDefault(walk, table, name, def);
  else if (subtype === 'AT_AddIdentity')
    changeGenerated(walk, table, name, def !== undefined && 'Constraint' in def ? identityOf(def.Constraint) : '?');
  else if (subtype === 'AT_SetIdentity') setIdentity(walk, table, command);
  else if (subtype === 'AT_SetExpression') changeGenerated(walk, table, name, shapeOf(def));
  else if (subtype === 'AT_DropIdentity' || subtype === 'AT_DropExpression') dropGenerated(walk, table, command);
  else if (subtype === 'AT_AddConstraint') {
    if (def !== undefined && 'Constraint' in def) constrain(walk, table, def.Constraint);
  } else if (subtype === 'AT_DropConstraint') {
    if (isCascade) cascade(walk);
    dropConstraint(walk, table, name, missing_ok === true);
  } else if (subtype === 'AT_ValidateConstraint') validateConstraint(walk, table, name);
  else if (subtype === 'AT_AttachPartition' || subtype === 'AT_DetachPartition') {
    walk.say('detach-partition', { up: ['O'], down: ['L'] }, 'the old code finds other rows in the table');
    walk.say('lock-partition', { up: ['L'], down: ['L'] }, 'both tables are locked for it');
    if (def !== undefined && 'PartitionCmd' in def) setPartition(walk, table, def.PartitionCmd, subtype === 'AT_AttachPartition');
  } else if (subtype !== undefined && isRowSecurity) setRowSecurity(walk, table, subtype);
  else if (subtype !== undefined && /^AT_(?:En|Dis)ableTrig(?:All|User)?$/.test(subtype)) setTrigger(walk, table, name, subtype);
  else alterOther(walk, command);
}

function constrain(walk: Walk, table: string, constraint: Parameters<typeof addConstraint>[2]): void {
  if (constraint.contype === 'CONSTR_NOTNULL') {
    for (const each of textsOf(constraint.keys)) changeNotNull(walk, table, each, true);
    return;
  }
  // An index becomes a constraint: what it holds unique was held so by the index.
  const index = constraint.indexname ? walk.schema.things.get(`index ${qualified(constraint.indexname, table.split('.')[0])}`) : undefined;
  addConstraint(
    walk,
    table,
    index === undefined ? constraint : { ...constraint, keys: (index.columns ?? []).map((each): Node => ({ String: { sval: each } })) },
  );
  if (constraint.indexname) walk.schema.things.delete(`index ${qualified(constraint.indexname, table.split('.')[0])}`);
}

/** The relations and objects that a DROP names. */
export function drop(walk: Walk, statement: DropStmt): void {
  if (statement.removeType === 'OBJECT_TABLE' || statement.removeType === 'OBJECT_FOREIGN_TABLE') dropTables(walk, statement);
  else for (const object of statement.objects ?? []) dropThing(walk, statement, object);
}
