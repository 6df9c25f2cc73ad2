import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const BY_HAND = ['terraform'];
const INSTALLS = '`npm run services` installs it';

/** Is the program on this machine? Where all tests must run, one that is missing is a failure. */
export function hasProgram(name: string): boolean {
  const found = ['/usr/sbin', ...(process.env.PATH ?? '').split(':')].some((folder) => existsSync(join(folder, name)));
  return isThere(name, found, BY_HAND.includes(name) ? 'install it by hand, Debian has no package of it' : INSTALLS);
}

/** Where `npm run services` puts what it does not install into the system. */
export const BESIDE = join(import.meta.dirname, '../../node_modules/.cache/services');

/** The same for a service that lies beside the system. */
export const hasBeside = (name: string, program: string): boolean => isThere(name, existsSync(program), INSTALLS);

function isThere(name: string, found: boolean, how: string): boolean {
  if (!found && process.env.SHIP_TEST_ALL === '1') throw new Error(`${name} is missing: ${how}`);
  if (!found) process.stderr.write(`skipped: ${name} is missing; ${how}\n`);
  return found;
}

/** The environment in which programs of the system are found. */
export const SYSTEM_ENV = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

/** Keeps what must be done at the end: of the test, as long as nothing else is said. */
export type AtEnd = (clean: () => void | Promise<void>) => void;

/** A folder for a service, removed at the end. */
export function serviceFolder(atEnd: AtEnd = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'ship-service-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * A port on loopback that nobody holds. Below the range from which the kernel takes ports for outgoing connections, and above that
 * of the release driver: what is free now is so until the service has started.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(30_000, 32_700);
  if (!reserves(port)) return freePort();
  const server = createServer().listen(port, '127.0.0.1');
  const isFree = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  await new Promise((resolve) => server.close(resolve));
  return isFree ? port : freePort();
}

const RESERVED = join(tmpdir(), 'ship-test-ports');

/** Nothing listens on a port yet, and other tests look for one at the same time: a port is of the process that has it in a file. */
function reserves(port: number): boolean {
  const file = join(RESERVED, String(port));
  mkdirSync(RESERVED, { recursive: true });
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const owner = Number(readOr(file));
    // Whoever was killed has left it, and somebody draws it another time.
    if (owner > 0 && !isAlive(owner)) rmSync(file, { force: true });
    return false;
  }
}

const readOr = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Does a server take a connection? The file of a socket is there before anybody listens on it. */
export function accepts(at: { readonly host: string; readonly port: number } | { readonly path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(at);
    socket
      .once('error', () => resolve(false))
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      });
  });
}

/** Starts a service in the foreground and resolves when it is ready; it is ended, by its pid, at the end. */
export async function startService(
  argv: readonly [string, ...string[]],
  isReady: () => boolean | Promise<boolean>,
  env: Readonly<Record<string, string>> = {},
  { atEnd = onTestFinished, within = 20_000 }: { readonly atEnd?: AtEnd; readonly within?: number } = {},
): Promise<ChildProcess> {
  const [program, ...args] = argv;
  let told = '';
  // A group of its own: a server may have workers, which outlive a master that is killed.
  const service = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...SYSTEM_ENV, ...env },
  });
  for (const stream of [service.stdout, service.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
  atEnd(() => endGroup(service));
  const until = Date.now() + within;
  while (Date.now() < until && service.exitCode === null) {
    if (await isReady()) return service;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${program} is not ready: ${told}`);
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
