import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { accepts, freePort, hasProgram, SYSTEM_ENV, serviceFolder, startService } from './started.js';

export const hasMariadb = (): boolean => hasProgram('mariadbd') && hasProgram('my_print_defaults');

/** MariaDB refuses to run as root, unless it is told that this is meant. */
const USER = process.getuid?.() === 0 ? ['--user=root'] : [];

/** Starts one that listens on a socket in its own folder, and answers the path of the socket; root has no password. */
export const startMariadb = (): Promise<string> => started('--skip-networking');

/** Starts one that listens on loopback, with an empty database, and answers its URL; root has no password. */
export async function startMariadbServer(): Promise<{ readonly url: string }> {
  const port = await freePort();
  const socketPath = await started('--bind-address=127.0.0.1', `--port=${port}`);
  const client = await createConnection({ socketPath, user: 'root' });
  await client.query('CREATE DATABASE app CHARACTER SET utf8mb4');
  await client.end();
  return { url: `mysql://root@127.0.0.1:${port}/app` };
}

async function started(...listening: readonly string[]): Promise<string> {
  const folder = serviceFolder();
  const [data, socket] = [join(folder, 'data'), join(folder, 'sock')];
  const args = ['--no-defaults', ...USER, `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'];
  const made = spawnSync('mariadb-install-db', args, { encoding: 'utf8', env: SYSTEM_ENV });
  if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.error?.message ?? `${made.stdout}${made.stderr}`}`);
  const server = [...listening, '--skip-log-bin', '--innodb-flush-log-at-trx-commit=0', '--skip-name-resolve'];
  await startService(['mariadbd', '--no-defaults', ...USER, `--datadir=${data}`, `--socket=${socket}`, ...server], () =>
    accepts({ path: socket }),
  );
  return socket;
}
