import { join } from 'node:path';
import type { Flaw, Migration, Reader, Script } from '../migration.js';
import { knownDialect } from './dialects.js';
import { isFile, sourceOf } from './files.js';
import { refused } from './flaws.js';
import { opaqueScript, scriptFrom } from './script.js';

const PLAN = 'sqitch.plan';

/** A change as the plan has it, with what came after it. */
interface Change {
  readonly name: string;
  readonly note: string;
  readonly tags: string[];
  /** Tags between it and the next change of its name: it was changed after them, and its files are kept under one of them. */
  readonly reworkedAt: string[];
}

/** sqitch: sqitch.plan gives the changes and their order; deploy/ and revert/ hold a script for each. */
export const sqitch: Reader = {
  name: 'sqitch',
  recognises: (folder) => isFile(join(folder, PLAN)),
  read(folder) {
    const { changes, flaws } = planIn(folder);
    const migrations = changes.map((change): Migration => {
      const file = fileOf(folder, change);
      const [tag] = change.reworkedAt;
      const revert = `revert/${file}`;
      return {
        id: tag === undefined ? change.name : `${change.name}@${tag}`,
        name: [...change.tags.map((each) => `@${each}`), change.note].filter(Boolean).join(' '),
        up: [scriptOf(folder, `deploy/${file}`)],
        down: isFile(join(folder, revert)) ? [scriptOf(folder, revert)] : 'none',
      };
    });
    return { migrations, flaws, ...engineIn(folder) };
  },
};

/** psql runs it as it is, and skips a byte order mark. Transactions are for the script to open. */
function scriptOf(folder: string, file: string): Script {
  const source = sourceOf(folder, file, { bom: 'skipped' });
  return source.opaque === undefined ? scriptFrom(source, { outsideTransaction: true }) : opaqueScript(source, source.opaque);
}

/** A reworked change has the first of its tags under which there is a file. */
function fileOf(folder: string, { name, reworkedAt }: Change): string {
  const tag = reworkedAt.find((each) => isFile(join(folder, `deploy/${name}@${each}.sql`))) ?? reworkedAt[0];
  return tag === undefined ? `${name}.sql` : `${name}@${tag}.sql`;
}

const LINE =
  /^\s*(?:(@)|([+-])\s*)?([^\s@:#[\]\\][^\s@:#[\]\\]*)(?:\s+\[[^\]]+\])?(?:\s+(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ))?(?:\s+[^<]+<[^>]+>)?\s*$/;

function planIn(folder: string): { changes: readonly Change[]; flaws: Flaw[] } {
  const { text, opaque } = sourceOf(folder, PLAN);
  const changes: Change[] = [];
  const flaws: Flaw[] = opaque === undefined ? [] : [refused('sqitch', `${PLAN}: ${opaque}`, PLAN)];
  if (opaque === undefined && !/^[ \t]*%[ \t]*project[ \t]*=/m.test(text)) flaws.push(refused('sqitch', `${PLAN} has no %project`, PLAN));
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [, entry = '', note = ''] = /^([^#]*)(?:#\s*(.*))?$/.exec(line) ?? [];
    if (entry.trim() === '' || /^\s*%/.test(entry)) continue;
    const problem = add(entry, note, changes);
    if (problem !== undefined) flaws.push(refused('sqitch', `${PLAN}:${index + 1}: ${problem}`, PLAN));
  }
  return { changes, flaws };
}

/** Returns what is wrong with an entry. */
function add(entry: string, note: string, changes: Change[]): string | undefined {
  const [, at, operator, name, time] = LINE.exec(entry) ?? [];
  if (name === undefined || time === undefined) return `this is no change and no tag: ${entry.trim()}`;
  if (operator === '-') return `it plans to undo ${name}, which is not read`;
  if (at !== undefined) {
    if (changes.length === 0) return `the tag @${name} has no change before it`;
    if (changes.some(({ tags }) => tags.includes(name))) return `the tag @${name} is there twice`;
    changes.at(-1)!.tags.push(name);
    return undefined;
  }
  const last = changes.findLastIndex((change) => change.name === name);
  if (last !== -1) {
    const since = changes.slice(last);
    const tags = since.flatMap((change) => change.tags);
    if (tags.length === 0) return `the change ${name} is there twice, and no tag between the two`;
    // The tag that comes last is looked for first, and that of the change itself last.
    changes[last]!.reworkedAt.push(
      ...since
        .slice(1)
        .reverse()
        .flatMap((change) => change.tags),
      ...changes[last]!.tags,
    );
  }
  changes.push({ name, note, tags: [], reworkedAt: [] });
  return undefined;
}

/** sqitch.conf: `engine = pg`. */
function engineIn(folder: string) {
  const { text } = sourceOf(folder, 'sqitch.conf');
  return knownDialect(/^[ \t]*engine[ \t]*=[ \t]*(\w+)/m.exec(text)?.[1] ?? '');
}
