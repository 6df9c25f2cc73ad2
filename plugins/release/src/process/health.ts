import { spawn } from 'node:child_process';
import { get } from 'node:http';
import { connect } from 'node:net';
import { type Context, isAlive } from '@ship/core';
import { signal } from '../base/identity.js';
import { until } from '../base/wait.js';
import { errors } from '../errors.js';
import type { ProcessRecord, Release, Target } from '../records.js';
import type { Site } from '../site.js';
import { isRunning, logTail, readProcess } from './records.js';

const ATTEMPT_MS = 3000;
// A service that crashes this often while it starts will not come up; nobody should wait for the timeout.
const CRASHES = 5;

/** Where the process of a release listens; null for a worker. */
export function targetOf({ port }: Pick<ProcessRecord, 'port'>): Target | null {
  return port === null ? null : { host: '127.0.0.1', port };
}

/** Does the release run and answer, asked once? */
export async function isHealthy(site: Site, release: Release): Promise<boolean> {
  return (await whyUnhealthy(site, release)) === undefined;
}

/** Why the release does not serve, asked once; `undefined` where it does. */
export async function whyUnhealthy(site: Pick<Site, 'layout' | 'ctx'>, release: Release): Promise<string | undefined> {
  const record = await readProcess(site.layout, release.id);
  if (isRunning(record)) return probeOnce(site, release, targetOf(record));
  if (record?.last_end) return `${record.last_end.reason}, at ${record.last_end.at}; it was started again ${record.restarts} times`;
  return record === undefined ? 'it is stopped' : 'its process is gone';
}

/** Resolves when the release serves. `serving` says what serves instead, for the message when it does not. */
export async function waitHealthy(site: Site, release: Release, serving: string): Promise<void> {
  const { timeout_ms: timeoutMs, interval_ms: intervalMs } = release.health;
  const watch: Watch = { reason: 'it did not start', since: performance.now(), service: undefined };
  const patience = { timeoutMs, intervalMs, signal: site.ctx.signal };
  const healthy = await until(() => look(site, release, watch), patience);
  if (healthy) return site.reached('healthy');
  const reason = healthy === undefined ? `${watch.reason}, for ${timeoutMs / 1000} s` : watch.reason;
  const log = await logTail(site, release.id);
  throw errors.SHIP_RELEASE_UNHEALTHY({ component: site.name, version: release.version, reason: site.ctx.redact(reason), serving, log });
}

interface Watch {
  reason: string;
  /** Since when this same process of the service has been there. */
  since: number;
  service: number | undefined;
}

// `true`: it serves; `false`: it never will; `undefined`: not yet.
async function look(site: Site, release: Release, watch: Watch): Promise<boolean | undefined> {
  const record = await readProcess(site.layout, release.id);
  const hopeless = whyHopeless(record);
  if (hopeless !== undefined || !record) {
    watch.reason = hopeless ?? 'its record is gone';
    return false;
  }
  if (record.service?.pid !== watch.service) Object.assign(watch, { service: record.service?.pid, since: performance.now() });
  if (!isRunning(record)) {
    watch.reason = 'its process does not stay alive';
    return undefined;
  }
  return (await answers(site, release, record, watch)) && isSame(record, await readProcess(site.layout, release.id)) ? true : undefined;
}

function whyHopeless(record: ProcessRecord | undefined): string | undefined {
  if (record && record.restarts >= CRASHES) return `its process ended ${record.restarts} times while it started`;
  return record?.supervisor && !isAlive(record.supervisor) ? 'its supervisor ended' : undefined;
}

async function answers(site: Site, release: Release, record: ProcessRecord, watch: Watch): Promise<boolean> {
  if (release.health.kind === 'uptime') {
    watch.reason = 'its process does not stay alive long enough';
    return performance.now() - watch.since >= release.health.min_uptime_ms;
  }
  const reason = await probeOnce(site, release, targetOf(record));
  watch.reason = reason ?? 'its process ended';
  return reason === undefined;
}

// Another program could have answered on the port while the service itself crashed.
function isSame(before: ProcessRecord, now: ProcessRecord | undefined): boolean {
  return isRunning(now) && now.service?.pid === before.service?.pid;
}

/** Asks a release once whether it serves: `undefined` where it does, else why not. */
function probeOnce({ ctx }: Pick<Site, 'ctx'>, release: Release, target: Target | null): Promise<string | undefined> {
  const { kind, target: argument, host } = release.health;
  if (kind === 'run') return probeRun(ctx, release, target);
  if (target === null || kind === 'uptime') return Promise.resolve(undefined);
  return kind === 'http' ? probeHttp(argument, host, target, ATTEMPT_MS) : probeTcp(target, ATTEMPT_MS);
}

function probeHttp(path: string, asked: string | undefined, { host, port }: Target, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const headers = asked === undefined ? {} : { host: asked };
    const request = get({ host, port, path, headers, agent: false }, (response) => {
      const { statusCode = 0 } = response;
      response.resume();
      resolve(statusCode >= 200 && statusCode < 400 ? undefined : `GET ${path} answers ${statusCode}`);
    });
    request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    request.on('error', (error) => resolve(`GET ${path}: ${error.message}`));
  });
}

function probeTcp({ host, port }: Target, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (reason?: string) => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(timeoutMs, () => settle(`port ${port} does not answer`));
    socket.once('connect', () => settle());
    socket.once('error', (error) => settle(`port ${port}: ${error.message}`));
  });
}

/** A health command is asked many times; that a step has started any is reported once. */
const reported = new WeakSet<Context>();

function probeRun(ctx: Context, { health, env, inherited }: Release, target: Target | null): Promise<string | undefined> {
  return new Promise((resolve) => {
    const address = target ? { HOST: target.host, PORT: String(target.port) } : {};
    // By these a run finds what its commands left behind.
    const { SHIP_RUN, SHIP_STEP } = ctx.env;
    const all = { ...inherited, ...env, ...address, SHIP_RUN, SHIP_STEP };
    const child = spawn('sh', ['-c', health.target], { env: all, stdio: 'ignore', detached: true });
    if (child.pid !== undefined && !reported.has(ctx)) {
      reported.add(ctx);
      ctx.spawned({ pid: child.pid, pgid: child.pid, command: ctx.redact(health.target) });
    }
    const late = setTimeout(() => child.pid && signal(-child.pid, 'SIGKILL'), ATTEMPT_MS);
    const settle = (reason?: string) => {
      clearTimeout(late);
      resolve(reason);
    };
    child.once('error', (error) => settle(error.message));
    child.once('exit', (code, name) => settle(code === 0 ? undefined : `the health command ended with ${code ?? name}`));
  });
}
