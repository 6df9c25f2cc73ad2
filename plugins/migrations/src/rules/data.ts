import type { DeleteStmt, InsertStmt, MergeStmt, Node, RangeVar, UpdateStmt } from 'libpg-query';
import { isHarmless } from '../sql/functions.js';
import { isOfCatalogue, relationName, textsOf } from '../sql/names.js';
import { visit } from '../sql/parser.js';
import { letsGo } from './new-columns.js';
import { fails } from './phrases.js';
import { pointingFrom } from './uses.js';
import type { Walk } from './walk.js';

/** INSERT, UPDATE, DELETE, MERGE and SELECT, with all that hides in their WITH. */
export function changeRows(walk: Walk, node: Node): void {
  const calls = new Set<string>();
  visit(node, (kind, value) => {
    if (kind === 'DeleteStmt') deleteRows(walk, value as DeleteStmt);
    if (kind === 'UpdateStmt') updateRows(walk, value as UpdateStmt);
    if (kind === 'InsertStmt') insertRows(walk, value as InsertStmt);
    if (kind === 'MergeStmt') mergeRows(walk, value as MergeStmt);
    if (kind === 'FuncCall') {
      const { funcname, args = [] } = value as { funcname?: Node[]; args?: Node[] };
      const name = textsOf(funcname).at(-1) ?? '';
      calls.add(name);
      if (name === 'setval') moveSequence(walk, args);
      if (name === 'set_config' && textOf(args[0]) === 'search_path') judgeSearchPath(walk, args.slice(1, 2));
    }
    if (kind === 'intoClause' && value !== undefined)
      walk.say('opaque-code', { up: ['B'], down: ['B'] }, 'SELECT INTO makes a table whose columns are not known');
  });
  const unknown = [...calls].filter((name) => !isHarmless(name.toLowerCase(), walk.dialect));
  if (unknown.length > 0)
    walk.say('opaque-code', { up: ['B', 'O?'], down: ['B'] }, `${unknown.join(', ')} may do anything: nobody can tell from its call`);
}

/** A sequence that is set back gives numbers that are taken; one that is set by what is in the table does not. */
function moveSequence(walk: Walk, [sequence, value]: readonly Node[]): void {
  const name = textOf(sequence) ?? '';
  const isOfOwn = [...walk.schema.tables].some(
    ([table, { by }]) => by === walk.migration && name.startsWith(`${table.slice(table.indexOf('.') + 1)}_`),
  );
  if (value !== undefined && 'A_Const' in value && !isOfOwn)
    walk.say('opaque-code', { up: ['B', 'O?'], down: ['B'] }, `which numbers of ${name} are taken, nobody can tell from the text`);
}

/** All names are taken for those of `public`: where another schema comes first, they may be others. */
export function judgeSearchPath(walk: Walk, names: readonly Node[]): void {
  const first = names.flatMap((each) => (textOf(each) ?? '?').split(',')).map((each) => each.trim().replaceAll('"', ''));
  const place = first.find((each) => each !== '$user' && each !== 'pg_catalog');
  if (place !== undefined && place !== '' && place !== 'public')
    walk.say(
      'opaque-code',
      { up: ['B', 'O?'], down: ['B'] },
      `names without a schema are looked for in ${place} now, which is not followed`,
    );
}

const textOf = (node: Node | undefined): string | undefined =>
  node !== undefined && 'A_Const' in node && node.A_Const.sval !== undefined ? (node.A_Const.sval.sval ?? '') : undefined;

function deleteRows(walk: Walk, { relation, whereClause }: DeleteStmt): void {
  if (isSystem(walk, relation)) return;
  const table = relationName(relation);
  if (walk.side === 'up' && walk.isOwn(table)) return;
  if (isAlwaysTrue(whereClause)) walk.say(`${walk.side}-delete-all`, { up: ['B'], down: ['B'] }, `all rows of ${table} are lost`);
  else walk.say(`${walk.side}-delete-some`, { up: ['B'], down: ['D'] }, `rows of ${table} are lost`);
}

function updateRows(walk: Walk, { relation, targetList = [] }: UpdateStmt): void {
  if (isSystem(walk, relation)) return;
  overwrite(walk, relationName(relation), targetList);
}

/** Columns that the same migration has made held nothing before. */
function overwrite(walk: Walk, table: string, targets: readonly Node[]): void {
  const names = targets.flatMap((each) => ('ResTarget' in each ? [each.ResTarget.name ?? ''] : []));
  const missing = names.find((name) => walk.schema.has(table) && walk.schema.column(table, name) === undefined);
  if (missing !== undefined) walk.say(...fails(`there is no column ${missing} in ${table}`));
  fill(walk, table);
  if (walk.isOwn(table)) return;
  const old = names.filter((name) => !walk.isNewColumn(table, name));
  if (old.length > 0) judgePointing(walk, table, old);
  if (old.length > 0)
    walk.say(`${walk.side}-update-overwrite`, { up: ['B'], down: ['D'] }, `what ${old.join(', ')} of ${table} held is lost`);
}

function insertRows(walk: Walk, { relation, cols, onConflictClause }: InsertStmt): void {
  if (isSystem(walk, relation)) return;
  const table = relationName(relation);
  fill(walk, table);
  const names = cols?.flatMap((each) => ('ResTarget' in each ? [each.ResTarget.name ?? ''] : []));
  if (!walk.isOwn(table) && !walk.schema.table(table).isUnknown) judgePointing(walk, table, names);
  if (walk.side === 'down')
    walk.say('down-restores-guess', { down: ['B'] }, `rows come back into ${table} as somebody has written them down, not as they were`);
  if (onConflictClause?.action === 'ONCONFLICT_UPDATE') overwrite(walk, table, onConflictClause.targetList ?? []);
}

/** What rows point at now, the old code cannot delete any more: by those columns, or by any. */
function judgePointing(walk: Walk, table: string, names?: readonly string[]): void {
  const hint = (columns: readonly string[]) => `the old code may delete what ${columns.join(', ')} of ${table} points at now`;
  if (walk.schema.table(table).isUnknown) walk.say('add-foreign-key', { up: ['O?'] }, hint(names ?? []));
  for (const key of pointingFrom(walk.schema, table)) {
    if (names !== undefined && !names.some((name) => key.columns.includes(name))) continue;
    // That its own rows go along is what the old code counts on.
    const isFree = key.action === 'c' || walk.isOwn(key.at) || letsGo(walk, key);
    if (!isFree) walk.say('add-foreign-key', { up: ['O?'] }, hint(key.columns));
  }
}

const fill = (walk: Walk, table: string): void => walk.schema.change(table, (each) => ({ ...each, filledBy: walk.migration }));

function mergeRows(walk: Walk, { relation, mergeWhenClauses = [] }: MergeStmt): void {
  if (isSystem(walk, relation)) return;
  const table = relationName(relation);
  for (const each of mergeWhenClauses) {
    if (!('MergeWhenClause' in each)) continue;
    const { commandType, targetList } = each.MergeWhenClause;
    if (commandType === 'CMD_DELETE') walk.say(`${walk.side}-delete-some`, { up: ['B'], down: ['D'] }, `rows of ${table} are lost`);
    if (commandType === 'CMD_INSERT') fill(walk, table);
    if (commandType === 'CMD_UPDATE') overwrite(walk, table, targetList ?? []);
  }
}

function isSystem(walk: Walk, relation: RangeVar | undefined): boolean {
  const isOf = isOfCatalogue(walk.dialect, relation);
  if (isOf) walk.say('catalog-write', { up: ['B', 'O'], down: ['B'] }, 'whatever is written into the catalogue, nothing takes it back');
  return isOf;
}

/** No WHERE, or one that holds for every row: `WHERE true`, `WHERE 1 = 1`. */
function isAlwaysTrue(where: Node | undefined): boolean {
  if (where === undefined) return true;
  // `WHERE 1`, which MySQL and SQLite take for true.
  if ('A_Const' in where) return where.A_Const.boolval?.boolval === true || (where.A_Const.ival?.ival ?? 0) !== 0;
  if ('BoolExpr' in where && where.BoolExpr.boolop === 'OR_EXPR') return (where.BoolExpr.args ?? []).some(isAlwaysTrue);
  if (!('A_Expr' in where)) return false;
  const { name, lexpr, rexpr } = where.A_Expr;
  return textsOf(name).join() === '=' && lexpr !== undefined && 'A_Const' in lexpr && constantOf(lexpr) === constantOf(rexpr);
}

const constantOf = (node: Node | undefined): string | undefined => {
  if (node === undefined || !('A_Const' in node)) return undefined;
  const { ival, sval, boolval, fval } = node.A_Const;
  return JSON.stringify([ival?.ival ?? (ival === undefined ? null : 0), sval?.sval ?? null, boolval ?? null, fval?.fval ?? null]);
};
