import type { AlterTableCmd, PartitionCmd } from 'libpg-query';
import { relationName } from '../sql/names.js';
import { changeGenerated, identityOf } from './columns.js';
import { createThing, removeThing } from './things.js';
import type { Walk } from './walk.js';

/** SET GENERATED; what else an identity has is that of its sequence. */
export function setIdentity(walk: Walk, table: string, { name = '', def }: AlterTableCmd): void {
  const options = def !== undefined && 'List' in def ? (def.List.items ?? []) : [];
  for (const each of options) {
    const { defname, arg } = 'DefElem' in each ? each.DefElem : {};
    if (defname === 'generated' && arg !== undefined && 'Integer' in arg)
      changeGenerated(walk, table, name, identityOf({ generated_when: String.fromCharCode(arg.Integer.ival ?? 0) }));
    else walk.say('opaque-code', { up: ['B', 'O?'], down: ['B'] }, 'how a sequence goes on is not followed');
  }
}

/** A part of a table comes, or goes. */
export function setPartition(walk: Walk, parent: string, { name, bound }: PartitionCmd, isAttached: boolean): void {
  const part = relationName(name);
  if (!isAttached) removeThing(walk, 'partition', part);
  else {
    walk.say('down-add-check', { down: ['F'] }, `rows that are not of this part may have been written into ${part} since`);
    createThing(walk, 'partition', part, { parent, partbound: bound }, { table: part });
  }
}

/** A trigger that is off at the end is one that the old code counts on, and that does nothing. */
export function setTrigger(walk: Walk, table: string, name: string, subtype: string): void {
  const key = `disabled trigger ${table} ${name || subtype.replace(/^AT_(?:En|Dis)ableTrig/, '')}`;
  if (subtype.startsWith('AT_Enable')) walk.schema.things.delete(key);
  else {
    walk.schema.things.set(key, { kind: 'disabled trigger', shape: 'off', table });
    walk.later(() => {
      if (walk.schema.things.has(key) && !walk.isOwn(table))
        walk.say('add-trigger', { up: ['O?'] }, 'what triggers did for the old code is done no more');
    });
  }
}

export function setRowSecurity(walk: Walk, table: string, subtype: string): void {
  const isOn = subtype === 'AT_EnableRowSecurity' || subtype === 'AT_ForceRowSecurity';
  if (isOn && !walk.isOwn(table)) walk.say('revoke-or-rls', { up: ['O'] }, 'the old code may see no rows any more');
  const key = `${subtype.includes('Force') ? 'forced ' : ''}row security of ${table}`;
  if (isOn) walk.schema.things.set(key, { kind: 'row security', shape: 'on', table, by: walk.migration });
  else walk.schema.things.delete(key);
}
