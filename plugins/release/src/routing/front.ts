import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isAlive, makeFolder, sha256 } from '@ship/core';
import { readJson, writeJson } from '../base/files.js';
import { holder, holderOf, processesGiven } from '../base/identity.js';
import { until } from '../base/wait.js';
import { endFound, launch, newToken, stopDaemon, unitName } from '../daemon/daemon.js';
import { FRONT_MARK } from '../entries.js';
import { errors } from '../errors.js';
import type { Layout } from '../layout.js';
import { isSupervised, listProcesses } from '../process/records.js';
import { isFree } from '../process/run.js';
import type { FrontRecord, FrontState, Limits, Release, Routes } from '../records.js';
import type { Site } from '../site.js';

const START_MS = 15_000;
/** A process that was killed is there until the system has taken it apart, and answers no more. */
export const DYING_MS = 2000;
/** A supervisor looks every quarter of a second, and the front needs less than one to start. */
const AGAIN_MS = 3_000;
/** How long a front may finish what it is doing. */
const DRAIN_MS = 10_000;
const NO_ROUTES: Routes = { targets: {}, weights: {} };

/** Where a front listens. */
export type Address = Pick<Release, 'host'> & { readonly port: number };

/** The record of the front; `undefined` where the component has none. */
export function readFront(layout: Layout): Promise<FrontRecord | undefined> {
  return readJson<FrontRecord>(layout.front);
}

/** Does the front run? */
export function isUp(record: FrontRecord | undefined): record is FrontRecord {
  return Boolean(record?.front && isAlive(record.front));
}

/** The state of the front, asked; `undefined` where none runs or it does not answer. */
export async function frontState(layout: Layout): Promise<FrontState | undefined> {
  const record = await readFront(layout);
  return isUp(record) ? askState(record).catch(() => undefined) : undefined;
}

/** Refuses a port that is held by somebody else. Changes nothing. */
export async function refuseTakenPort({ layout }: Pick<Site, 'layout'>, address: Address): Promise<void> {
  const record = await readFront(layout);
  if (record && isOurs(layout, record) && isAt(record, address)) return;
  // Of a front that was killed the system may hold the port for a moment after its process is gone.
  const patience = { timeoutMs: record ? DYING_MS : 0, intervalMs: 25 };
  if (await until(async () => (await isFree(address.host, address.port)) || undefined, patience)) return;
  throw errors.SHIP_RELEASE_PORT_TAKEN({ ...address, holder: holderOf(address.port) });
}

/**
 * Resolves to the front at the address, started where it is missing or died. It comes back with the routes
 * that it had. One of another version stays as it is: it holds connections that nobody may cut.
 */
export async function ensureFront(site: Site, address: Address): Promise<FrontRecord> {
  const record = await readFront(site.layout);
  if (isUp(record) && isAt(record, address) && (await answers(site, record))) return withLimits(site, record);
  const again = record && isAt(record, address) ? await startedAgain(site, record) : undefined;
  if (again) return withLimits(site, again);
  await refuseTakenPort(site, address);
  if (record) await endFront(site.layout, record);
  return startFront(site, address, record);
}

/** The front that a supervisor has started in place of one that died; `undefined` where none does. */
async function startedAgain({ layout, ctx }: Site, { token, front, unit }: FrontRecord): Promise<FrontRecord | undefined> {
  const supervised = front !== null && (unit !== null || (await listProcesses(layout)).some(isSupervised));
  if (!supervised) return undefined;
  const ask = async () => {
    const record = await readFront(layout);
    if (record?.token !== token) return null;
    return isUp(record)
      ? await askState(record).then(
          () => record,
          () => undefined,
        )
      : undefined;
  };
  return (await until(ask, { timeoutMs: AGAIN_MS, intervalMs: 25, signal: ctx.signal })) ?? undefined;
}

// A front of another version may not know limits.
async function withLimits({ settings, name, ctx }: Site, record: FrontRecord): Promise<FrontRecord> {
  if (isDeepStrictEqual(record.limits, settings.front)) return record;
  await putLimits(record, settings.front).catch((error) =>
    ctx.log.warn(`${name}: the limits of the front stay as they were: ${error.message}`),
  );
  return record;
}

/** Ends the front and forgets it, also one whose record is gone. False where there was none. */
export async function stopFront(layout: Layout): Promise<boolean> {
  const record = await readFront(layout).catch(() => undefined);
  if (record) {
    await endFront(layout, record);
    // The record goes before the claim: a front that comes up late finds one of the two and ends.
    await rm(layout.front, { force: true });
    await rm(layout.frontClaim(record.token), { force: true });
  }
  return (await endFound(() => lostFronts(layout), 'of the front', DRAIN_MS + DYING_MS)) || record !== undefined;
}

async function endFront(layout: Layout, record: FrontRecord): Promise<void> {
  const { token, unit, control } = record;
  // What looks after it must not start it again. A full disk is no reason to let it run.
  await writeJson(layout.front, { ...record, front: null } satisfies FrontRecord).catch(() => {});
  await stopDaemon({ name: 'front', token, unit, claim: layout.frontClaim(token), service: null, stopMs: DRAIN_MS });
  await rm(control, { force: true });
}

/** Fronts of this component that run without a record: they bear its root in their environment, or hold a claim. */
export async function lostFronts(layout: Layout): Promise<number[]> {
  const record = await readFront(layout).catch(() => undefined);
  const names = await readdir(layout.processes).catch(() => []);
  const claims = names.filter((name) => /^front\.\w+\.claim$/.test(name)).map((name) => holder(join(layout.processes, name)));
  const held = claims.flatMap((identity) => (identity && isAlive(identity) ? [identity.pid] : []));
  const found = [...new Set([...processesGiven(`${FRONT_MARK}=${layout.root}`), ...held])];
  return found.filter((pid) => pid !== record?.front?.pid);
}

// A front that was started by a killed `ship` may hold the port before it says so.
function isOurs(layout: Layout, record: FrontRecord): boolean {
  return [record.front, holder(layout.frontClaim(record.token))].some((identity) => identity && isAlive(identity));
}

function isAt(record: FrontRecord, { host, port }: Address): boolean {
  return record.host === host && record.port === port;
}

/** Does it answer? False where it dies meanwhile; one that stays and is silent throws. */
async function answers({ ctx }: Site, record: FrontRecord): Promise<boolean> {
  let silence: unknown;
  const ask = () =>
    askState(record).then(
      () => true,
      (error: unknown) => {
        silence = error;
        return isUp(record) ? undefined : false;
      },
    );
  const answered = await until(ask, { timeoutMs: DYING_MS, intervalMs: 15, signal: ctx.signal });
  if (answered === undefined) throw silence;
  return answered;
}

async function checkAnswers(record: FrontRecord): Promise<FrontRecord> {
  await askState(record);
  return record;
}

async function startFront(site: Site, address: Address, before: FrontRecord | undefined): Promise<FrontRecord> {
  const { layout, settings, name } = site;
  makeFolder(layout.processes);
  makeFolder(layout.logs);
  const token = newToken();
  const unit = unitName(token, settings.systemd);
  const control = await controlPath(layout);
  const { host, port } = address;
  const routes = before?.routes ?? NO_ROUTES;
  const restarts = before?.front ? (before.restarts ?? 0) + 1 : 0;
  const restarted_at = before?.front ? new Date().toISOString() : null;
  const where = { token, unit, host, port, control, version: null, front: null };
  await writeJson(layout.front, { ...where, routes, limits: settings.front, restarts, restarted_at } satisfies FrontRecord);
  if (before) await rm(layout.frontClaim(before.token), { force: true });
  site.reached('front-intended');
  const description = `ship: front of ${name}`;
  const program = { entry: 'front', args: [layout.root, token], folder: layout.root, log: layout.frontLog } as const;
  await launch({ ...program, token, unit, description, stopMs: DRAIN_MS, marks: { [FRONT_MARK]: layout.root } });
  site.reached('front-spawned');
  return waitForFront(site, address, token);
}

async function waitForFront({ layout, ctx }: Site, { host, port }: Address, token: string): Promise<FrontRecord> {
  const up = async () => {
    const identity = holder(layout.frontClaim(token));
    if (identity && !isAlive(identity)) return null;
    const record = await readFront(layout);
    return record?.front ? record : undefined;
  };
  const record = await until(up, { timeoutMs: START_MS, intervalMs: 15, signal: ctx.signal });
  if (record) return checkAnswers(record);
  const failed = await readFront(layout);
  if (failed) await endFront(layout, failed);
  if (!(await isFree(host, port))) throw errors.SHIP_RELEASE_PORT_TAKEN({ host, port, holder: holderOf(port) });
  throw errors.SHIP_RELEASE_FRONT_FAILED({ host, port, reason: 'it ended while it started' });
}

const ANSWER_MS = 5000;

/** What is needed to talk to a front. */
type Reachable = Pick<FrontRecord, 'control' | 'host' | 'port'>;

/** Asks a front for its state. Rejects where nobody answers. */
export function askState(front: Reachable): Promise<FrontState> {
  return talk(front, 'GET', '/state');
}

/** Puts routes in force; resolves to the state read back. */
export function putRoutes(front: Reachable, routes: Routes): Promise<FrontState> {
  return talk(front, 'PUT', '/routes', routes);
}

/** Puts limits in force; resolves to the state read back. */
function putLimits(front: Reachable, limits: Limits): Promise<FrontState> {
  return talk(front, 'PUT', '/limits', limits);
}

function talk({ control, host, port }: Reachable, method: string, path: string, body?: Routes | Limits): Promise<FrontState> {
  return call(control, method, path, body).catch((error) => {
    throw errors.SHIP_RELEASE_FRONT_FAILED({ host, port, reason: error.message }, { cause: error });
  });
}

function call(socketPath: string, method: string, path: string, body?: unknown): Promise<FrontState> {
  return new Promise((resolve, reject) => {
    const req = request({ socketPath, method, path, agent: false }, async (res) => {
      let text = '';
      for await (const chunk of res.setEncoding('utf8')) text += chunk;
      if (res.statusCode === 200) resolve(JSON.parse(text) as FrontState);
      else reject(new Error(`${method} ${path} answers ${res.statusCode}: ${text}`));
    });
    req.setTimeout(ANSWER_MS, () => req.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
    req.on('error', reject);
    req.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

// The kernel takes 108 bytes with the closing NUL; some systems take 104.
const LONGEST = 100;

/** The path of the control socket: under the root, or in a private folder where that path is too long. */
export async function controlPath({ root }: Layout): Promise<string> {
  const near = join(root, 'front.sock');
  if (Buffer.byteLength(near) < LONGEST) return near;
  const uid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `ship-${uid}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await checkPrivate(folder, uid);
  return join(folder, `${sha256(root).slice(0, 16)}.sock`);
}

// Anybody may make a folder of this name under the temporary one.
async function checkPrivate(folder: string, uid: number): Promise<void> {
  const stat = await lstat(folder);
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o077) !== 0) {
    throw new Error(`${folder} must be a folder that only user ${uid} may enter`);
  }
}
