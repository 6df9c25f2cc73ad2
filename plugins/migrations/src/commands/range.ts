import { relative, resolve } from 'node:path';
import type { CommandContext } from '@ship/core';
import { dialectOf } from '../database/url.js';
import { errors } from '../errors.js';
import type { Dialect, History, Migration, Script } from '../migration.js';
import { withPrinted } from '../printed/index.js';
import { placeOf } from '../printed/place.js';
import { type Options, optionsIn } from '../project.js';
import { readHistory } from '../readers/index.js';
import type { CheckOptions } from './options.js';

/** What lies between two migrations, and what was before them. */
export interface Range {
  readonly before: readonly Migration[];
  readonly judged: readonly Migration[];
  readonly history: History;
  readonly folder: string;
  /** The reader of the folder. */
  readonly tool: string;
  /** Where somebody says so. */
  readonly dialect: Dialect | undefined;
}

type Where = Pick<CommandContext, 'dir' | 'env' | 'environment'>;

/** What the options say, by name or by the database that they name. */
export function dialectIn(ctx: Pick<Where, 'environment'>, options: Options): Dialect | undefined {
  const { dialect, url = '' } = optionsIn(ctx, options);
  return dialect ?? dialectOf(url);
}

/** Reads the folder that the command, or else the config, names. Files are named from the folder of the config. */
function rangeOf(ctx: Where, asked: Pick<CheckOptions, 'from' | 'to' | 'dir' | 'tool' | 'dialect' | 'url'>, options: Options): Range {
  const { dir } = ctx;
  const said = optionsIn(ctx, options);
  const folder = asked.dir === undefined ? said.dir && resolve(dir, said.dir) : resolve(asked.dir);
  if (!folder)
    throw errors.SHIP_MIGRATIONS_USAGE({ problem: '`dir` names the folder of the migrations, in the options of the plugin or as --dir' });
  const [tool, wanted] = [asked.tool ?? said.tool, asked.dialect ?? dialectIn(ctx, options)];
  const { reader, history } = readHistory(folder, {
    ...(tool === undefined ? {} : { tool }),
    ...(wanted === undefined ? {} : { dialect: wanted }),
  });
  const ordered = history.migrations.filter(({ repeatable }) => repeatable !== true).map((each) => inProject(each, folder, dir));
  const [start, end] = [positionOf(ordered, asked.from, -1), positionOf(ordered, asked.to, ordered.length - 1)];
  if (end < start) throw errors.SHIP_MIGRATIONS_USAGE({ problem: `${asked.to} comes before ${asked.from}` });
  const [before, judged] = [ordered.slice(0, start + 1), ordered.slice(start + 1, end + 1)];
  return {
    before,
    judged,
    history,
    folder,
    tool: reader,
    dialect: wanted ?? history.dialect ?? dialectOf(asked.url ?? ctx.env.DATABASE_URL ?? ''),
  };
}

/** The same, with the SQL that the tool prints in the place of programs, where that is asked for: it executes them. */
export async function printedRangeOf(
  ctx: CommandContext,
  asked: Parameters<typeof rangeOf>[1] & { print?: boolean },
  options: Options,
): Promise<Range> {
  const range = rangeOf(ctx, asked, options);
  const { print, url } = optionsIn(ctx, options);
  if ((asked.print ?? print) !== true) return range;
  const { folder, tool, dialect = 'postgres' } = range;
  const printed = await withPrinted(range, { tool, root: ctx.dir, place: placeOf(ctx, { folder, dialect, url }), known: new Map() });
  return { ...range, ...printed };
}

function inProject(migration: Migration, folder: string, dir: string): Migration {
  const placed = (script: Script): Script => ({ ...script, file: relative(dir, resolve(folder, script.file)) });
  const { up, down } = migration;
  return { ...migration, up: up.map(placed), down: typeof down === 'string' ? down : down.map(placed) };
}

/** Where a migration stands; its name does as well as its id. */
function positionOf(migrations: readonly Migration[], wanted: string | undefined, otherwise: number): number {
  if (wanted === undefined) return otherwise;
  const at = migrations.findIndex(({ id, name }) => id === wanted || `${id}_${name}` === wanted || (name !== '' && name === wanted));
  if (at < 0) throw errors.SHIP_MIGRATIONS_UNKNOWN({ wanted, known: migrations.map(({ id }) => id) });
  return at;
}
