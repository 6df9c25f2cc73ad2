import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Context, isShipError } from '@ship/core';
import type { Judgement } from '../analyse.js';
import type { Connection } from '../database/connection.js';
import { hasTable, quotedTable } from '../database/tables.js';
import { errors } from '../errors.js';
import type { Opened } from '../opened.js';
import type { Dumps } from './kept.js';

/** Those of some downs that may lose rows, or fail on them. */
export const riskyOf = (downs: readonly Judgement[]): Judgement[] => downs.filter(({ run_down }) => run_down !== 'ok');

/** Keeps what is in the tables that downs may lose rows of. Throws SHIP_MIGRATIONS_DUMP: then nothing has been taken back. */
export async function dumpBefore(
  ctx: Context,
  { project, connection }: Pick<Opened, 'project' | 'connection'>,
  downs: readonly Judgement[],
  dumps: Dumps,
): Promise<void> {
  const named = tablesOf(downs);
  // One that is called otherwise by now is in a dump of all of them.
  const tables = named !== null && (await areThere(connection, named)) ? named : null;
  const folder = mkdtempSync(join(tmpdir(), 'ship-dump-'));
  const file = join(folder, 'archive');
  const { url, env } = withoutSecret(project.url);
  const flags = (tables ?? []).map((table) => `--table=${quotedTable(connection, table)}`);
  try {
    await ctx.exec(['pg_dump', '--format=custom', `--file=${file}`, ...flags, `--dbname=${url}`], { env, output: 'combined' });
    const at = new Date().toISOString();
    const kept = await dumps.keep(ctx, file, {
      id: `${at.replace(/\.\d+|[-:]/g, '')}-${project.name}`,
      at,
      dir: project.dir,
      downs: downs.map(({ id }) => id),
      tables,
      bytes: statSync(file).size,
    });
    ctx.log.warn(
      `${project.dir}: what was in ${tables === null ? 'the database' : tables.join(', ')} before the downs is kept: \`ship migrations dumps get ${kept.id} --to FILE\``,
    );
  } catch (cause) {
    if (isShipError(cause) && cause.code.startsWith('SHIP_OBJECT')) throw cause;
    throw errors.SHIP_MIGRATIONS_DUMP({ dir: project.dir, problem: (cause as Error).message }, { cause });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Why a dump could not be made here; nothing where it can. `pg_dump` refuses servers that are newer than itself. */
export async function dumpProblems(ctx: Context, connection: Connection): Promise<string[]> {
  let said: string;
  try {
    said = (await ctx.exec(['pg_dump', '--version'], { onOutput: null })).stdout.trim();
  } catch (error) {
    return [`pg_dump cannot be run, and \`dump\` asks for it: ${(error as Error).message}`];
  }
  const own = Number(/(\d+)(?:\.\d+)?/.exec(said)?.[1] ?? 0);
  const [row] = await connection.query("SELECT current_setting('server_version_num')::int / 10000 AS major");
  const server = Number(row?.major);
  return own >= server ? [] : [`the server is PostgreSQL ${server}, and ${said} here is older: it refuses to dump it`];
}

/** The tables that the reasons name; null where one of them does not say. */
function tablesOf(downs: readonly Judgement[]): string[] | null {
  const reasons = downs.flatMap((down) => down.reasons.filter(({ verdict, level }) => verdict === 'run_down' && level !== 'info'));
  const tables = reasons.map(({ about }) => about?.table);
  return tables.every((table): table is string => table !== undefined) ? [...new Set(tables)] : null;
}

async function areThere(connection: Connection, tables: readonly string[]): Promise<boolean> {
  for (const table of tables) {
    if (!(await hasTable(connection, table))) return false;
  }
  return true;
}

/** Command lines can be read by everybody on the machine. */
function withoutSecret(text: string): { url: string; env: Record<string, string> } {
  const url = new URL(text);
  const password = url.searchParams.get('password') ?? decodeURIComponent(url.password);
  url.password = '';
  url.searchParams.delete('password');
  return { url: url.href, env: password === '' ? {} : { PGPASSWORD: password } };
}
