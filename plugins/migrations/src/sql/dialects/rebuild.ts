import type { IndexStmt, Node } from 'libpg-query';
import { relationName, textsOf } from '../names.js';
import { asNode, type Rebuild } from './own-nodes.js';

/** A node, and where it came from. */
export interface Placed<T> {
  readonly node: Node;
  readonly from: T;
}

/**
 * Finds the tables that SQLite's own advice makes anew (https://sqlite.org/lang_altertable.html#otheralter): a new one is made,
 * takes the rows, and gets the name of the old one. What is not exactly that stays as it is written.
 */
export function withRebuilds<T>(placed: readonly Placed<T>[], isOutsideTransaction: boolean): Placed<T>[] {
  const result: Placed<T>[] = [];
  let isOff = false;
  for (let at = 0; at < placed.length; at++) {
    const { node, from } = placed[at]!;
    if ('TransactionStmt' in node && !isOff) isOutsideTransaction = false;
    if ('VariableSetStmt' in node && node.VariableSetStmt.name === 'pragma foreign_keys') isOff = isOffIn(node.VariableSetStmt.args);
    const found = rebuildAt(placed, at);
    if (found === undefined) {
      result.push({ node, from });
      continue;
    }
    const rest = placed.slice(at + 4);
    const until = rest.findIndex((each) => 'CreateStmt' in each.node);
    const indexes = (until < 0 ? rest : rest.slice(0, until)).filter((each) => isIndexOf(each.node, found));
    const made = indexes.map((each) => (each.node as { IndexStmt: IndexStmt }).IndexStmt);
    result.push({ node: asNode({ RebuildStmt: { ...found, indexes: made, isGuarded: isOff && isOutsideTransaction } }), from });
    placed = [...placed.slice(0, at + 4), ...rest.filter((each) => !indexes.includes(each))];
    at += 3;
  }
  return result;
}

const isOffIn = (args: readonly Node[] | undefined): boolean => /"(?:0|off|no|false)"/.test(JSON.stringify(args));

const isIndexOf = (node: Node, { relation }: Omit<Rebuild, 'indexes' | 'isGuarded'>): boolean =>
  'IndexStmt' in node && node.IndexStmt.if_not_exists !== true && relationName(node.IndexStmt.relation) === relationName(relation);

function rebuildAt(placed: readonly Placed<unknown>[], at: number): Omit<Rebuild, 'indexes' | 'isGuarded'> | undefined {
  const [create, insert, drop, rename] = placed.slice(at, at + 4).map(({ node }) => node);
  if (create === undefined || insert === undefined || drop === undefined || rename === undefined) return undefined;
  if (!('CreateStmt' in create && 'InsertStmt' in insert && 'DropStmt' in drop && 'RenameStmt' in rename)) return undefined;
  const fresh = relationName(create.CreateStmt.relation);
  const { renameType, relation: renamed, newname } = rename.RenameStmt;
  const { removeType, objects = [] } = drop.DropStmt;
  const old = `public.${newname}`;
  const isAboutThem =
    create.CreateStmt.if_not_exists !== true &&
    create.CreateStmt.relation?.relpersistence === 'p' &&
    renameType === 'OBJECT_TABLE' &&
    relationName(renamed) === fresh &&
    removeType === 'OBJECT_TABLE' &&
    objects.length === 1 &&
    `public.${textsOf(objects).join('.')}` === old;
  const copied = isAboutThem ? copiedBy(insert, fresh, old) : undefined;
  return copied === undefined ? undefined : { relation: { ...renamed, relname: newname ?? '' }, create: create.CreateStmt, copied };
}

/** What INSERT … SELECT gives each column, where it takes every row of the one table. */
function copiedBy(insert: Extract<Node, { InsertStmt: unknown }>, fresh: string, old: string): Rebuild['copied'] | undefined {
  const { relation, cols = [], selectStmt, ...more } = insert.InsertStmt;
  if (relationName(relation) !== fresh || Object.keys(more).length > 0) return undefined;
  const select = selectStmt !== undefined && 'SelectStmt' in selectStmt ? selectStmt.SelectStmt : {};
  const { targetList = [], fromClause = [], op, limitOption, sortClause, ...others } = select;
  const [from, ...joined] = fromClause;
  const isAll = Object.keys(others).length === 0 && from !== undefined && joined.length === 0 && 'RangeVar' in from;
  if (!isAll || relationName(from.RangeVar) !== old || cols.length === 0 || cols.length !== targetList.length) return undefined;
  const values = targetList.map((each) => ('ResTarget' in each ? each.ResTarget.val : undefined));
  if (values.some((each) => each === undefined || JSON.stringify(each).includes('A_Star'))) return undefined;
  return cols.map((each, at) => ({ column: 'ResTarget' in each ? (each.ResTarget.name ?? '') : '', value: values[at]! }));
}
