import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupAlive, isAlive } from '@ship/core';
import { readJson, writeJson } from './base/files.js';
import { identityOf, signal, takeClaim } from './base/identity.js';
import { until } from './base/wait.js';
import { entryPath, FRONT_MARK, TOKEN_MARK } from './entries.js';
import { type Layout, layoutOf } from './layout.js';
import { type Log, pipeInto, rotatingLog } from './process/log.js';
import type { FrontRecord, ProcessRecord, Release, Routes } from './records.js';

/** Takes the start that `token` names and keeps the release running until SIGTERM. */
export async function supervise(root: string, id: string, token: string): Promise<void> {
  // What ship writes is private; the service has the umask of whoever started it.
  const umask = process.umask(0o077);
  const layout = layoutOf(root);
  const me = identityOf(process.pid);
  const claim = layout.claim(id, token);
  if (!me || !takeClaim(claim, me)) return;
  const record = await readJson<ProcessRecord>(layout.process(id));
  const release = await readJson<Release>(layout.releaseFile(id));
  if (record?.token !== token || !release) return rmSync(claim, { force: true });
  const log = pipeInto(rotatingLog(layout.log(id)), `${claim}.pipe`);
  const keep = keeper(layout.process(id), { ...record, supervisor: me, service: null }, log.note);
  await keep({});
  const stop = stopRequest();
  void keepFront(layout, id, stop.signal, log.note);
  const { stop_timeout_ms: stopMs } = record;
  await keepRunning(
    { command: commandOf(release), cwd: layout.app(id), env: environmentFor(release, record), umask, stopMs, log, keep },
    stop,
  );
  log.drain();
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
type Keep = (change: Partial<Pick<ProcessRecord, 'service' | 'restarts' | 'last_end' | 'killed'>>) => Promise<void>;

/** A service to be kept running. */
interface Service {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly umask: number;
  readonly stopMs: number;
  readonly log: Log;
  readonly keep: Keep;
}

const WINDOW_MS = 60_000;

/** How long to wait before a restart, by the number of restarts of the last minute. */
export function backoffMs(recent: number): number {
  return Math.min(100 * 2 ** recent, 5000);
}

/** Starts the service, and again when it ends unasked, for as long as it takes: what it waits for may come back. Resolves after SIGTERM. */
async function keepRunning(service: Service, stop: AbortController): Promise<void> {
  const restarts: number[] = [];
  let total = 0;
  while (!stop.signal.aborted) {
    const ended = await runOnce(service, stop);
    if (stop.signal.aborted) return;
    const now = performance.now();
    while (restarts.length > 0 && now - restarts[0]! > WINDOW_MS) restarts.shift();
    await service.keep({ last_end: { reason: ended, at: new Date().toISOString() } });
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

async function runOnce(service: Service, stop: AbortController): Promise<string> {
  const { keep } = service;
  const child = start(service);
  const ending = endOf(child);
  let killing: Promise<void> | undefined;
  const end = () => {
    if (child.pid !== undefined) killing ??= endGroup(child.pid, service);
  };
  stop.signal.addEventListener('abort', end);
  if (child.pid !== undefined) await keep({ service: identityOf(child.pid) ?? null });
  const ended = await ending;
  stop.signal.removeEventListener('abort', end);
  // What the service started itself may still hold its port.
  if (stop.signal.aborted) end();
  if (child.pid !== undefined) await (killing ?? killGroup(child.pid));
  return ended;
}

function start({ command, cwd, env, umask, log }: Service): ChildProcess {
  const own = process.umask(umask);
  try {
    return spawn(command[0]!, command.slice(1), { cwd, env: { ...env }, detached: true, stdio: ['ignore', log.fd, log.fd] });
  } finally {
    process.umask(own);
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`it could not be started: ${error.message}`));
    child.once('exit', (code, name) => resolve(name ? `it was ended by ${name}` : `it ended with exit code ${code}`));
  });
}

async function endGroup(group: number, { stopMs, log, keep }: Service): Promise<void> {
  if (groupAlive(group)) signal(-group, 'SIGTERM');
  const ended = await until(() => !groupAlive(group) || undefined, { timeoutMs: stopMs, intervalMs: 25 });
  if (ended) return;
  log.note(`it did not end within ${stopMs / 1000} s after TERM, and is killed`);
  await keep({ killed: true });
  await killGroup(group);
}

async function killGroup(group: number): Promise<void> {
  if (groupAlive(group)) signal(-group, 'SIGKILL');
  await until(() => !groupAlive(group) || undefined, { timeoutMs: 2000, intervalMs: 10 });
}

const FRONT_LOOK_MS = 250;

/**
 * Starts the front of the component again when it died, with the routes that it had. The release that most requests go to
 * looks after it; where the front is a unit, systemd does.
 */
async function keepFront(layout: Layout, id: string, stop: AbortSignal, note: (line: string) => void): Promise<void> {
  for (let failed = 0; !stop.aborted; ) {
    await sleep(FRONT_LOOK_MS * 2 ** Math.min(failed, 4), undefined, { signal: stop }).catch(() => {});
    const record = await readJson<FrontRecord>(layout.front).catch(() => undefined);
    const died = record?.front && record.unit === null && !isAlive(record.front) && leader(record.routes) === id;
    if (died && !stop.aborted) startFront(layout, record.token, note);
    failed = died ? failed + 1 : 0;
  }
}

function startFront(layout: Layout, token: string, note: (line: string) => void): void {
  try {
    const log = openSync(layout.frontLog, 'a', 0o600);
    const env = { ...process.env, [TOKEN_MARK]: token, [FRONT_MARK]: layout.root };
    const child = spawn(process.execPath, [...process.execArgv, entryPath('front'), layout.root, token], {
      ...{ cwd: layout.root, env, detached: true },
      stdio: ['ignore', log, log],
    });
    child.on('error', (error) => note(`the front cannot be started: ${error.message}`));
    child.unref();
    closeSync(log);
  } catch (error) {
    note(`the front cannot be started: ${(error as Error).message}`);
  }
}

/** The release with the largest share; of two, the older one. */
function leader({ weights }: Routes): string | undefined {
  return Object.keys(weights)
    .filter((release) => weights[release]! > 0)
    .sort((a, b) => weights[b]! - weights[a]! || (a < b ? -1 : 1))[0];
}

/** The argv of a release: a list as it is, a text through the shell. */
function commandOf({ run }: Pick<Release, 'run'>): readonly string[] {
  return typeof run === 'string' ? ['sh', '-c', run] : run;
}

/** The environment of a release's service: frozen with the release, but for the port. */
function environmentFor(release: Release, { port, token }: ProcessRecord): Record<string, string> {
  const address = port === null ? {} : { HOST: '127.0.0.1', PORT: String(port) };
  const own = { SHIP_RELEASE: release.id, SHIP_VERSION: release.version, [TOKEN_MARK]: token };
  return { ...release.inherited, ...release.env, ...address, ...own };
}
