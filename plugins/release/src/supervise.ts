import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupAlive } from '@ship/core';
import { readJson, writeJson } from './base/files.js';
import { type Identity, identityOf, signal, takeClaim } from './base/identity.js';
import { until } from './base/wait.js';
import { layoutOf } from './layout.js';
import type { ProcessRecord, Release } from './records.js';

/** Takes the start that `token` names and keeps the release running until SIGTERM. */
export async function supervise(root: string, id: string, token: string): Promise<void> {
  process.umask(0o077);
  const layout = layoutOf(root);
  const me = identityOf(process.pid);
  const claim = layout.claim(id, token);
  if (!me || !takeClaim(claim, me)) return;
  const record = await readJson<ProcessRecord>(layout.process(id));
  const release = await readJson<Release>(layout.releaseFile(id));
  if (record?.token !== token || !release) return rmSync(claim, { force: true });
  const log = rotatingLog(layout.log(id));
  const keep = keeper(layout.process(id), { ...record, supervisor: me, service: null }, log.note);
  await keep({});
  await keepRunning({ command: commandOf(release), cwd: layout.app(id), env: environmentFor(release, record), log, keep });
}

// A full disk must not end a service that runs: the record may be late, the log says so.
function keeper(path: string, start: ProcessRecord, note: (line: string) => void): Keep {
  let record = start;
  let writing = Promise.resolve();
  return (change) => {
    record = { ...record, ...change };
    const text = record;
    writing = writing.then(() => writeJson(path, text)).catch((error) => note(`cannot write ${path}: ${error.message}`));
    return writing;
  };
}

/** What the supervisor writes down. */
type Keep = (change: { service?: Identity | null; restarts?: number; gave_up?: string }) => Promise<void>;

/** A service to be kept running. */
interface Service {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: Log;
  readonly keep: Keep;
}

const WINDOW_MS = 60_000;
const RESTARTS_IN_WINDOW = 10;
const TERM_MS = 10_000;

/** How long to wait before a restart, by the number of restarts of the last minute. */
export function backoffMs(recent: number): number {
  return Math.min(100 * 2 ** recent, 5000);
}

/** Starts the service, and again when it ends unasked. Resolves after SIGTERM or when it gave up. */
async function keepRunning(service: Service): Promise<void> {
  const stop = stopRequest();
  const restarts: number[] = [];
  let total = 0;
  while (!stop.signal.aborted) {
    const ended = await runOnce(service, stop);
    if (stop.signal.aborted) return;
    const now = performance.now();
    while (restarts.length > 0 && now - restarts[0]! > WINDOW_MS) restarts.shift();
    if (restarts.length >= RESTARTS_IN_WINDOW) return giveUp(service, ended);
    service.log.note(`${ended}; starting it again in ${backoffMs(restarts.length)} ms`);
    await sleep(backoffMs(restarts.length), undefined, { signal: stop.signal }).catch(() => {});
    restarts.push(now);
    total += 1;
    await service.keep({ restarts: total });
  }
}

function stopRequest(): AbortController {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort());
  process.on('SIGHUP', () => {});
  return stop;
}

async function giveUp({ log, keep }: Service, ended: string): Promise<void> {
  const reason = `its process ended ${RESTARTS_IN_WINDOW + 1} times within a minute; the last time ${ended}`;
  log.note(reason);
  await keep({ gave_up: reason });
}

async function runOnce(service: Service, stop: AbortController): Promise<string> {
  const { command, cwd, env, log, keep } = service;
  const child = spawn(command[0]!, command.slice(1), { cwd, env: { ...env }, detached: true, stdio: ['ignore', log.fd, log.fd] });
  const ending = endOf(child);
  const end = () => child.pid !== undefined && void endGroup(child.pid);
  stop.signal.addEventListener('abort', end);
  if (child.pid !== undefined) await keep({ service: identityOf(child.pid) ?? null });
  const ended = await ending;
  stop.signal.removeEventListener('abort', end);
  // What the service started itself may still hold its port.
  if (child.pid !== undefined) await (stop.signal.aborted ? endGroup(child.pid) : killGroup(child.pid));
  return ended;
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`it could not be started: ${error.message}`));
    child.once('exit', (code, name) => resolve(name ? `it was ended by ${name}` : `it ended with exit code ${code}`));
  });
}

async function endGroup(group: number): Promise<void> {
  if (groupAlive(group)) signal(-group, 'SIGTERM');
  const ended = await until(() => !groupAlive(group) || undefined, { timeoutMs: TERM_MS, intervalMs: 25 });
  if (!ended) await killGroup(group);
}

async function killGroup(group: number): Promise<void> {
  if (groupAlive(group)) signal(-group, 'SIGKILL');
  await until(() => !groupAlive(group) || undefined, { timeoutMs: 2000, intervalMs: 10 });
}

/** The argv of a release: a list as it is, a text through the shell. */
function commandOf({ run }: Pick<Release, 'run'>): readonly string[] {
  return typeof run === 'string' ? ['sh', '-c', run] : run;
}

/** The environment of a release's service: frozen with the release, but for the port. */
function environmentFor(release: Release, { port, token }: ProcessRecord): Record<string, string> {
  const address = port === null ? {} : { HOST: '127.0.0.1', PORT: String(port) };
  const own = { SHIP_RELEASE: release.id, SHIP_VERSION: release.version, SHIP_RELEASE_TOKEN: token };
  return { ...release.inherited, ...release.env, ...address, ...own };
}

const LIMIT_BYTES = 10 * 1024 * 1024;
const LOOK_MS = 5000;

/** The log of one release. The service writes to it directly, so it can go on when its supervisor dies. */
interface Log {
  readonly fd: number;
  /** One line of the supervisor's own. */
  note(line: string): void;
}

/** Opens the log; at 10 MiB it moves to `.1`, and one old one is kept. */
export function rotatingLog(path: string, limit = LIMIT_BYTES, lookMs = LOOK_MS): Log {
  const fd = openSync(path, 'a', 0o600);
  setInterval(() => rotate(path, fd, limit), lookMs).unref();
  return { fd, note: (line) => attempt(() => writeSync(fd, `[ship] ${new Date().toISOString()} ${line}\n`)) };
}

// The service holds the open file, so its content moves away and the file stays.
function rotate(path: string, fd: number, limit: number): void {
  attempt(() => {
    if (fstatSync(fd).size < limit) return;
    copyFileSync(path, `${path}.1`);
    ftruncateSync(fd, 0);
  });
}

// A log that cannot be written is no reason to end the service.
function attempt(write: () => void): void {
  try {
    write();
  } catch {}
}
