import type { RenameStmt, ViewStmt } from 'libpg-query';
import { objectName, qualified, relationName, relationsOf, textsOf } from '../sql/names.js';
import { fails } from './phrases.js';
import type { Walk } from './walk.js';

/** ALTER … RENAME. */
export function rename(walk: Walk, { renameType, relationType, relation, object, subname, newname = '' }: RenameStmt): void {
  const table = relationName(relation);
  if (renameType === 'OBJECT_COLUMN' && (relationType === 'OBJECT_TABLE' || relationType === undefined)) {
    if (!walk.isOwn(table) && walk.schema.column(table, subname ?? '')?.by !== walk.migration)
      walk.say('rename-column', { up: ['O'] }, `the old code asks for ${subname}`);
    walk.schema.renameColumn(table, subname ?? '', newname);
    return;
  }
  if (renameType === 'OBJECT_TABLE') {
    const to = qualified(newname, relation?.schemaname || undefined);
    const isOwn = walk.isOwn(table);
    walk.later(() => {
      if (!isOwn && !standsFor(walk, table, to))
        walk.say(
          'rename-table',
          { up: ['O'] },
          `the old code asks for ${table}, and no view with its name shows all of it and takes what is written`,
        );
    });
    walk.schema.renameTable(table, to);
    return;
  }
  if (renameType === 'OBJECT_TABCONSTRAINT') {
    renameConstraint(walk, table, subname ?? '', newname);
    return;
  }
  const from = relation === undefined ? objectName(object) : table;
  const isOwn = [...walk.schema.things].some(([key, { kind, by }]) => key === `${kind} ${from}` && by === walk.migration);
  // The old code names no index.
  if (!isOwn && renameType !== 'OBJECT_INDEX' && renameType !== 'OBJECT_TRIGGER' && renameType !== 'OBJECT_POLICY')
    walk.say('rename-object', { up: ['O'] }, `the old code may ask for ${from}`);
  renameThing(walk, from, newname);
}

/** Is there a view by the old name of a table, through which all of it is read and written? */
function standsFor(walk: Walk, from: string, to: string): boolean {
  // Nothing can be written through a view of SQLite.
  if (walk.dialect === 'sqlite') return false;
  const shape = walk.schema.things.get(`view ${from}`)?.shape;
  const { query, aliases, options, withCheckOption } = shape?.startsWith('{') ? (JSON.parse(shape) as ViewStmt) : {};
  const select = query !== undefined && 'SelectStmt' in query ? query.SelectStmt : {};
  const { targetList = [], fromClause = [], op, limitOption, ...more } = select;
  const isPlain = op === 'SETOP_NONE' && Object.keys(more).length === 0 && aliases === undefined && options === undefined;
  if (!isPlain || withCheckOption !== 'NO_CHECK_OPTION' || relationsOf(fromClause).join() !== to || walk.isOwn(to)) return false;
  const shown = targetList.flatMap((each) =>
    'ResTarget' in each && each.ResTarget.name === undefined ? [each.ResTarget.val] : [undefined],
  );
  const names = shown.map((each) => (each !== undefined && 'ColumnRef' in each ? (each.ColumnRef.fields ?? []) : []));
  if (names.length === 1 && names[0]!.length === 1 && 'A_Star' in names[0]![0]!) return true;
  const { columns, isUnknown } = walk.before.table(from);
  return isUnknown !== true && [...columns.keys()].every((column) => names.some((each) => textsOf(each).join() === column));
}

function renameConstraint(walk: Walk, table: string, from: string, to: string): void {
  const found = walk.schema.table(table).constraints.get(from);
  walk.schema.dropConstraint(table, from);
  if (found !== undefined) walk.schema.setConstraint(table, to, found);
  else if (!walk.schema.table(table).isUnknown) walk.say(...fails(`there is no constraint ${from}`));
  else walk.schema.setConstraint(table, to, { kind: 'check', columns: [], isValid: true, shape: `renamed from ${from}` });
}

function renameThing(walk: Walk, from: string, newname: string): void {
  const [schema = 'public'] = from.split('.');
  for (const [key, thing] of [...walk.schema.things])
    if (key === `${thing.kind} ${from}`) {
      walk.schema.things.delete(key);
      walk.schema.things.set(`${thing.kind} ${qualified(newname, schema)}`, thing);
      return;
    }
  walk.schema.things.set(`something ${qualified(newname, schema)}`, { kind: 'something', shape: `renamed from ${from}` });
}
