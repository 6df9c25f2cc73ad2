import { relative, resolve } from 'node:path';
import type { CommandContext } from '@ship/core';
import { errors } from '../errors.js';
import type { Dialect, History, Migration, Script } from '../migration.js';
import type { Options } from '../project.js';
import { readHistory } from '../readers/index.js';
import type { CheckOptions } from './options.js';

/** What lies between two migrations, and what was before them. */
export interface Range {
  readonly before: readonly Migration[];
  readonly judged: readonly Migration[];
  readonly history: History;
  /** Where somebody says so. */
  readonly dialect: Dialect | undefined;
}

/** Reads the folder that the command, or else the config, names. Files are named from the folder of the config. */
export function rangeOf(
  { dir }: Pick<CommandContext, 'dir'>,
  asked: Pick<CheckOptions, 'from' | 'to' | 'dir' | 'tool' | 'dialect'>,
  options: Options,
): Range {
  const folder = asked.dir === undefined ? options.dir && resolve(dir, options.dir) : resolve(asked.dir);
  if (!folder)
    throw errors.SHIP_MIGRATIONS_USAGE({ problem: '`dir` names the folder of the migrations, in the options of the plugin or as --dir' });
  const [tool, wanted] = [asked.tool ?? options.tool, asked.dialect ?? options.dialect];
  const { history } = readHistory(folder, {
    ...(tool === undefined ? {} : { tool }),
    ...(wanted === undefined ? {} : { dialect: wanted }),
  });
  const ordered = history.migrations.filter(({ repeatable }) => repeatable !== true).map((each) => inProject(each, folder, dir));
  const [start, end] = [placeOf(ordered, asked.from, -1), placeOf(ordered, asked.to, ordered.length - 1)];
  if (end < start) throw errors.SHIP_MIGRATIONS_USAGE({ problem: `${asked.to} comes before ${asked.from}` });
  return { before: ordered.slice(0, start + 1), judged: ordered.slice(start + 1, end + 1), history, dialect: wanted ?? history.dialect };
}

function inProject(migration: Migration, folder: string, dir: string): Migration {
  const placed = (script: Script): Script => ({ ...script, file: relative(dir, resolve(folder, script.file)) });
  const { up, down } = migration;
  return { ...migration, up: up.map(placed), down: typeof down === 'string' ? down : down.map(placed) };
}

/** Where a migration stands; its name does as well as its id. */
function placeOf(migrations: readonly Migration[], wanted: string | undefined, otherwise: number): number {
  if (wanted === undefined) return otherwise;
  const at = migrations.findIndex(({ id, name }) => id === wanted || `${id}_${name}` === wanted || (name !== '' && name === wanted));
  if (at < 0) throw errors.SHIP_MIGRATIONS_UNKNOWN({ wanted, known: migrations.map(({ id }) => id) });
  return at;
}
