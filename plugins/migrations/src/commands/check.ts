import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type CommandContext, type Json, parseDuration } from '@ship/core';
import { analyse, type Checked, isSafe, type Judgement } from '../analyse.js';
import { connect } from '../database/connect.js';
import { dialectOf, withoutPassword } from '../database/url.js';
import { errors } from '../errors.js';
import type { Dialect, Migration, Script } from '../migration.js';
import type { Options } from '../project.js';
import type { Reason } from '../rules/walk.js';
import { settle } from '../settle/settle.js';
import { loadParserOf } from '../sql/parser.js';
import { type CheckOptions, checkOptions } from './options.js';
import { dialectIn, printedRangeOf } from './range.js';
import { sarifOf } from './sarif.js';

const NOT_SAFE = 6;

/** `ship migrations check`: may the code go back behind these migrations? Reads files only, unless `--print` is given. */
export async function check(ctx: CommandContext, words: readonly string[], options: Options): Promise<Json> {
  const asked = checkOptions(words);
  const preservesData = ctx.config.rollback.preserve_data_migrations;
  const checked =
    asked.up === undefined
      ? await checkFolder(ctx, asked, options, preservesData)
      : await checkPair(asked, dialectIn(ctx, options), preservesData);
  show(ctx, checked);
  // A pair is named from the folder that the command is given in.
  annotate(ctx, checked, asked.up === undefined ? ctx.dir : process.cwd());
  if (asked.sarif !== undefined) writeFileSync(resolve(asked.sarif), `${JSON.stringify(sarifOf(checked), null, 2)}\n`);
  if (!checked.safe) ctx.refuse(NOT_SAFE);
  return checked as unknown as Json;
}

async function checkFolder(ctx: CommandContext, asked: CheckOptions, options: Options, preservesData: boolean): Promise<Checked> {
  const { before, judged, history, dialect = 'postgres' } = await printedRangeOf(ctx, asked, options);
  if (asked.url !== undefined && (dialect !== 'postgres' || dialectOf(asked.url) !== 'postgres'))
    throw errors.SHIP_MIGRATIONS_USAGE({
      problem: `rows are counted in PostgreSQL alone, by --url: not those of ${dialectOf(asked.url) === 'postgres' ? dialect : withoutPassword(asked.url)}`,
    });
  await loadParserOf(dialect);
  const fromTexts = analyse({ before, judged }, { isWhole: true, preservesData, dialect, hasTool: true });
  const migrations = asked.url === undefined ? fromTexts : await counted(asked, fromTexts, judged, preservesData);
  const blocking = history.flaws.some(({ level }) => level === 'block');
  return { safe: !blocking && isSafe(migrations), migrations, flaws: history.flaws };
}

const STATEMENT_TIMEOUT = '10s';

/** Settled by the database as far as it can say. */
async function counted(
  { url, 'statement-timeout': timeout = STATEMENT_TIMEOUT }: CheckOptions,
  judgements: readonly Judgement[],
  judged: readonly Migration[],
  preservesData: boolean,
): Promise<Judgement[]> {
  const connection = await connect(url!, { readOnly: true, timeoutMs: parseDuration(timeout)! });
  try {
    return await settle(judgements, judged, connection, preservesData);
  } finally {
    await connection.close();
  }
}

async function checkPair(asked: CheckOptions, otherwise: Dialect | undefined, preservesData: boolean): Promise<Checked> {
  const { up, down, schema, dialect = otherwise ?? 'postgres' } = asked;
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

/** In a pull request each reason stands beside its line; it is an error only where it keeps the code from going back. */
function annotate(ctx: CommandContext, { migrations, safe }: Checked, from: string): void {
  const said = new Set<string>();
  for (const { reasons, keep_schema, run_down } of migrations) {
    if (keep_schema === 'ok' || run_down === 'ok') continue;
    for (const { rule, level, file, line, hint } of reasons) {
      const place = `${file}:${line} ${rule}`;
      if (level !== 'info' && !said.has(place))
        ctx.annotate({
          level: level === 'block' && !safe ? 'error' : 'warning',
          file: resolve(from, file),
          line: Math.max(1, line),
          title: rule,
          message: hint || rule,
        });
      said.add(place);
    }
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

const lineOf = ({ rule, file, line, hint, settled }: Reason): string =>
  `${file}:${line} ${rule}${hint === '' ? '' : `: ${hint}`}${settled === undefined ? '' : `. Counted now: ${settled}`}`;
