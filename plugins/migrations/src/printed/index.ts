import { resolve } from 'node:path';
import type { Judged } from '../analyse.js';
import type { Migration, Script } from '../migration.js';
import { sourceOf } from '../readers/files.js';
import { alembicPrinter } from './alembic.js';
import { djangoPrinter } from './django.js';
import { nodePgMigratePrinter } from './node-pg-migrate.js';
import type { Place, Printer, Printout, Wanted } from './printer.js';

const PRINTERS: readonly Printer[] = [alembicPrinter, djangoPrinter, nodePgMigratePrinter];

/** The programs of a history, and how they come to be SQL. */
export interface Programs {
  /** The reader of the folder. */
  readonly tool: string;
  /** Where the files of scripts are relative to. */
  readonly root: string;
  readonly place: Place;
  /** What was printed already: printing takes its time. */
  readonly known: Map<string, Printout>;
}

const keyOf = (id: string, way: Wanted['way']): string => `${way} ${id}`;

/**
 * Puts the SQL that the tool prints in the place of programs: both ways of what is judged, and the ups of what comes before it.
 * What the tool cannot print, or prints in part, stays opaque, with the reason.
 */
export async function withPrinted({ before, judged }: Judged, { tool, root, place, known }: Programs): Promise<Judged> {
  const printer = PRINTERS.find(({ name }) => name === tool);
  if (printer === undefined) return { before, judged };
  const wantedOf = (migrations: readonly Migration[], ways: readonly Wanted['way'][]) =>
    migrations.flatMap((each) => ways.flatMap((way) => wantedIn(each, way, printer, root)));
  const wanted = [...wantedOf(before, ['up']), ...wantedOf(judged, ['up', 'down'])];
  const missing = wanted.filter(({ id, way }) => !known.has(keyOf(id, way)));
  const printouts = missing.length === 0 ? [] : await printer.print(missing, place);
  for (const [at, { id, way }] of missing.entries()) known.set(keyOf(id, way), printouts[at]!);
  const isWanted = new Set(wanted.map(({ id, way }) => keyOf(id, way)));
  const printoutOf = ({ id }: Migration, way: Wanted['way']) => (isWanted.has(keyOf(id, way)) ? known.get(keyOf(id, way)) : undefined);
  const replaced = (migration: Migration): Migration => ({
    ...migration,
    up: scriptsOf(migration.up, printoutOf(migration, 'up'), root),
    down: typeof migration.down === 'string' ? migration.down : waysBackOf(migration.down, printoutOf(migration, 'down'), root),
  });
  return { before: before.map(replaced), judged: judged.map(replaced) };
}

/** A way is one program; one that could be read as SQL, or not at all, is none. */
function wantedIn(migration: Migration, way: Wanted['way'], { programs }: Printer, root: string): Wanted[] {
  const scripts = migration[way];
  if (typeof scripts === 'string' || scripts.length !== 1) return [];
  const [{ file, opaque }] = scripts as [Script];
  if (opaque === undefined || !programs.test(file)) return [];
  const source = sourceOf(root, file);
  return source.opaque === undefined ? [{ id: migration.id, way, file: resolve(root, file), source: source.text }] : [];
}

function waysBackOf(scripts: readonly Script[], printout: Printout | undefined, root: string): Migration['down'] {
  return printout === 'irreversible' ? printout : scriptsOf(scripts, printout, root);
}

function scriptsOf(scripts: readonly Script[], printout: Printout | undefined, root: string): readonly Script[] {
  if (printout === undefined) return scripts;
  const [{ file, line }] = scripts as [Script];
  const source = sourceOf(root, file).text;
  if (printout === 'irreversible') return [{ file, line, text: source, opaque: 'it is a program, and only gives up with an error' }];
  return 'opaque' in printout ? [{ file, text: source, ...printout }] : [{ file, source, ...printout }];
}
