import { readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { CommandContext, Json } from '@ship/core';
import { analyse, type Checked, isSafe } from '../analyse.js';
import { errors } from '../errors.js';
import type { Dialect, Migration, Script } from '../migration.js';
import { readHistory } from '../readers/index.js';
import type { Reason } from '../rules/walk.js';
import { loadParserOf } from '../sql/parser.js';
import { type CheckOptions, checkOptions } from './options.js';
import { sarifOf } from './sarif.js';

/** What the plugin is told in the config. */
export interface Options {
  readonly dir?: string;
  readonly tool?: string;
  readonly dialect?: Dialect;
}

const NOT_SAFE = 6;

/** `ship migrations check`: may the code go back behind these migrations? Reads files only. */
export async function check(ctx: CommandContext, words: readonly string[], options: Options): Promise<Json> {
  const asked = checkOptions(words);
  const preservesData = ctx.config.rollback.preserve_data_migrations;
  const checked =
    asked.up === undefined ? await checkFolder(ctx, asked, options, preservesData) : await checkPair(asked, options, preservesData);
  show(ctx, checked);
  if (asked.sarif !== undefined) writeFileSync(resolve(asked.sarif), `${JSON.stringify(sarifOf(checked), null, 2)}\n`);
  if (!checked.safe) ctx.refuse(NOT_SAFE);
  return checked as unknown as Json;
}

async function checkFolder({ dir }: CommandContext, asked: CheckOptions, options: Options, preservesData: boolean): Promise<Checked> {
  const folder = asked.dir === undefined ? options.dir && resolve(dir, options.dir) : resolve(asked.dir);
  if (!folder)
    throw errors.SHIP_MIGRATIONS_USAGE({ problem: '`dir` names the folder of the migrations, in the options of the plugin or as --dir' });
  const [tool, wanted] = [asked.tool ?? options.tool, asked.dialect ?? options.dialect];
  const { history } = readHistory(folder, {
    ...(tool === undefined ? {} : { tool }),
    ...(wanted === undefined ? {} : { dialect: wanted }),
  });
  const dialect = wanted ?? history.dialect ?? 'postgres';
  await loadParserOf(dialect);
  const ordered = history.migrations.filter(({ repeatable }) => repeatable !== true).map((each) => inProject(each, folder, dir));
  const [start, end] = [placeOf(ordered, asked.from, -1), placeOf(ordered, asked.to, ordered.length - 1)];
  if (end < start) throw errors.SHIP_MIGRATIONS_USAGE({ problem: `${asked.to} comes before ${asked.from}` });
  const judged = ordered.slice(start + 1, end + 1);
  const migrations = analyse({ before: ordered.slice(0, start + 1), judged }, { isWhole: true, preservesData, dialect });
  const blocking = history.flaws.some(({ level }) => level === 'block');
  return { safe: !blocking && isSafe(migrations), migrations, flaws: history.flaws };
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

async function checkPair(asked: CheckOptions, options: Options, preservesData: boolean): Promise<Checked> {
  const { up, down, schema, dialect = options.dialect ?? 'postgres' } = asked;
  await loadParserOf(dialect);
  const scripts = (file: string): Script[] => [{ file, line: 1, text: read(file) }];
  const before: Migration[] = schema === undefined ? [] : [{ id: 'schema', name: '', up: scripts(schema), down: 'none' }];
  const pair: Migration = { id: up!, name: '', up: scripts(up!), down: scripts(down!) };
  const migrations = analyse({ before, judged: [pair] }, { isWhole: schema !== undefined, preservesData, dialect });
  return { safe: isSafe(migrations), migrations, flaws: [] };
}

function read(file: string): string {
  try {
    return readFileSync(resolve(file), 'utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    throw errors.SHIP_MIGRATIONS_FILE({ file, problem: (cause as Error).message }, { cause });
  }
}

const MARKS = { ok: '✓', warn: '!', block: '✗' } as const;

function show({ print }: CommandContext, { safe, migrations, flaws }: Checked): void {
  for (const { level, message, file } of flaws) print(`${MARKS[level]} ${file === undefined ? '' : `${file}: `}${message}`);
  for (const { id, name, keep_schema, run_down, reasons } of migrations) {
    print(`${id}${name === '' ? '' : ` ${name}`}`);
    print(`  ${MARKS[keep_schema]} keep the schema: ${keep_schema}`);
    for (const each of reasons) if (each.verdict === 'keep_schema') print(`      ${lineOf(each)}`);
    print(`  ${MARKS[run_down]} run the down: ${run_down}`);
    for (const each of reasons) if (each.verdict === 'run_down') print(`      ${lineOf(each)}`);
  }
  if (migrations.length === 0) print('No migration lies between the two: the schema is the same.');
  else print(safe ? 'The code may go back behind them.' : 'The code may not go back behind them: neither is ok for each of them.');
}

const lineOf = ({ rule, file, line, hint }: Reason): string => `${file}:${line} ${rule}${hint === '' ? '' : `: ${hint}`}`;
