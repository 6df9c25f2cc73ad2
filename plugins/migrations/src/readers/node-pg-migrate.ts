import type { Flaw, Migration, Reader } from '../migration.js';
import { exportedWays } from './exported.js';
import { compareText, filesIn, oneBegins, type Source, sourceOf } from './files.js';
import { duplicates, gaps, grouped, numberOf } from './flaws.js';
import type { Calls } from './javascript.js';
import { opaqueBothWays, opaqueScript, scriptFrom } from './script.js';

/** The tool's own pattern. It knows no strings and no dollar quotes. */
const marker = (way: 'up' | 'down') => new RegExp(`^\\s*--[\\s-]*${way}\\s+migration`, 'im');

const PROGRAM = /^(?!.*\.d\.[cm]?ts$).*\.[cm]?[jt]s$/;
const CALLS: Calls = { paths: ['sql'], isAwaited: false };

/** node-pg-migrate: one file of SQL with `-- Up Migration` and `-- Down Migration`, or two, or a module. Plain SQL in `pgm.sql` is read. */
export const nodePgMigrate: Reader = {
  name: 'node-pg-migrate',
  recognises(folder) {
    const names = filesIn(folder).filter((name) => /^\d/.test(name));
    return (
      oneBegins(
        folder,
        names.filter((name) => name.endsWith('.sql')),
        /^\s*--[\s-]*(?:up|down)\s+migration/im,
      ) ||
      oneBegins(
        folder,
        names.filter((name) => PROGRAM.test(name)),
        /\bpgm\b|\bMigrationBuilder\b|['"]node-pg-migrate['"]/,
      )
    );
  },
  read(folder) {
    const names = filesIn(folder).filter((name) => !name.startsWith('.'));
    const files = names.filter((name) => /^\d/.test(name) && (name.endsWith('.sql') || PROGRAM.test(name)));
    const groups = grouped(files, idOf);
    const flaws: Flaw[] = names.filter((name) => !/^\d/.test(name)).map(unnumbered);
    const migrations = [...groups]
      .sort(([one], [other]) => compareIds(one, other))
      .map(([id, group]) => {
        flaws.push(...flawsOf(id, group));
        return { id, name: id.replace(/^\d+[_-]?/, ''), ...waysOf(folder, group) };
      });
    flaws.push(...gaps([...groups.keys()].map(prefixOf)));
    return { migrations, flaws, dialect: 'postgres' };
  },
};

/** `0001_users.up.sql` and `0001_users.down.sql` are one where both are there. */
const idOf = (name: string): string => name.replace(/(?:\.(?:up|down))?\.sql$|\.[^.]+$/, '');

function waysOf(folder: string, group: readonly string[]): Pick<Migration, 'up' | 'down'> {
  const source = (name: string) => sourceOf(folder, name);
  const ofWay = (way: 'up' | 'down') => group.find((name) => name.endsWith(`.${way}.sql`));
  const [up, down] = [ofWay('up'), ofWay('down')];
  const [first = ''] = group;
  if (up === undefined && down === undefined)
    return first.endsWith('.sql')
      ? sectionsOf(source(first))
      : exportedWays(sourceOf(folder, first, { bom: 'skipped' }), CALLS, { withoutDown: 'inferred' });
  if (up === undefined) return { up: [], down: [opaqueScript(source(first), 'node-pg-migrate refuses it: it has no `.up.sql` beside it')] };
  return { up: [scriptFrom(source(up))], down: down === undefined ? 'none' : [scriptFrom(source(down))] };
}

/** Cut as the tool cuts: without a marker for the up, the whole of the file is the up. */
function sectionsOf(source: Source): Pick<Migration, 'up' | 'down'> {
  if (source.opaque !== undefined) return opaqueBothWays(source, source.opaque);
  const up = source.text.search(marker('up'));
  const down = source.text.search(marker('down'));
  return {
    up: [up < 0 ? scriptFrom(source) : scriptFrom(source, {}, up, down < up ? source.text.length : down)],
    down: down < 0 ? 'none' : [scriptFrom(source, {}, down, up < down ? source.text.length : up)],
  };
}

function flawsOf(id: string, group: readonly string[]): Flaw[] {
  const suffixes = group.map((name) => name.slice(id.length));
  const isPair = group.length === 2 && suffixes.includes('.up.sql') && suffixes.includes('.down.sql');
  if (group.length > 1 && !isPair)
    return duplicates(
      'the migration',
      group.map((file) => ({ id, file })),
    );
  if (!suffixes.some((suffix) => /^\.(?:up|down)\.sql$/.test(suffix))) return [];
  const message = `${id} is two files, which node-pg-migrate reads as one only with its loader \`sql\`: by default it applies the down as a migration of its own`;
  return [{ level: 'warn', rule: 'two-files', message, file: group[0]! }];
}

const unnumbered = (file: string): Flaw => ({
  level: 'warn',
  rule: 'stray-file',
  message: `${file} starts with no number: node-pg-migrate cannot sort it, and newer versions fail`,
  file,
});

const prefixOf = (id: string): string => numberOf(/^\d+/.exec(id)?.[0] ?? '0');

/** Seventeen digits are a time in UTC, which is compared in milliseconds with the shorter ones. */
function rankOf(id: string): number {
  const prefix = /^\d+/.exec(id)?.[0] ?? '0';
  const [, date, hours, minutes, seconds, ms] = /^(\d{8})(\d\d)(\d\d)(\d\d)(\d{3})$/.exec(prefix) ?? [];
  return date === undefined
    ? Number(prefix)
    : Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${hours}:${minutes}:${seconds}.${ms}Z`);
}

const compareIds = (one: string, other: string): number =>
  rankOf(one) - rankOf(other) ||
  one.localeCompare(other, 'en', { usage: 'sort', numeric: true, sensitivity: 'variant', ignorePunctuation: true }) ||
  compareText(one, other);
