import { createHash } from 'node:crypto';
import { lstat, mkdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, makeFolder } from '@ship/core';
import { readJson, writeJson } from '../base/files.js';
import { holder } from '../base/identity.js';
import { until } from '../base/wait.js';
import { launch, newToken, stopDaemon, unitName } from '../daemon/daemon.js';
import { errors } from '../errors.js';
import type { Layout } from '../layout.js';
import { isFree } from '../process/run.js';
import type { FrontRecord, FrontState, Release, Routes } from '../records.js';
import type { Site } from '../site.js';

const START_MS = 15_000;
/** A process that was killed is there until the system has taken it apart, and answers no more. */
export const DYING_MS = 2000;
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
  if (!(await isFree(address.host, address.port))) throw errors.SHIP_RELEASE_PORT_TAKEN(address);
}

/**
 * Resolves to the front at the address, started where it is missing or died. It comes back with the routes
 * that it had. One of another version stays as it is: it holds connections that nobody may cut.
 */
export async function ensureFront(site: Site, address: Address): Promise<FrontRecord> {
  const record = await readFront(site.layout);
  if (isUp(record) && isAt(record, address) && (await answers(site, record))) return record;
  await refuseTakenPort(site, address);
  if (record) await endFront(site.layout, record);
  return startFront(site, address, record);
}

/** Ends the front and forgets it. False where there was none. */
export async function stopFront(layout: Layout): Promise<boolean> {
  const record = await readFront(layout);
  if (!record) return false;
  await endFront(layout, record);
  // The record goes before the claim: a front that comes up late finds one of the two and ends.
  await rm(layout.front, { force: true });
  await rm(layout.frontClaim(record.token), { force: true });
  return true;
}

async function endFront(layout: Layout, { token, unit, control }: FrontRecord): Promise<void> {
  await stopDaemon({ name: 'front', token, unit, claim: layout.frontClaim(token), service: null });
  await rm(control, { force: true });
}

// A front that was started by a killed `ship` may hold the port before it says so.
function isOurs(layout: Layout, record: FrontRecord): boolean {
  const identity = record.front ?? holder(layout.frontClaim(record.token));
  return identity !== undefined && isAlive(identity);
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
  await writeJson(layout.front, { token, unit, host, port, control, version: null, front: null, routes } satisfies FrontRecord);
  if (before) await rm(layout.frontClaim(before.token), { force: true });
  site.reached('front-intended');
  const description = `ship: front of ${name}`;
  await launch({ entry: 'front', args: [layout.root, token], token, description, folder: layout.root, log: layout.frontLog, unit });
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
  if (!(await isFree(host, port))) throw errors.SHIP_RELEASE_PORT_TAKEN({ host, port });
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

function talk({ control, host, port }: Reachable, method: string, path: string, body?: unknown): Promise<FrontState> {
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
  return join(folder, `${createHash('sha256').update(root).digest('hex').slice(0, 16)}.sock`);
}

// Anybody may make a folder of this name under the temporary one.
async function checkPrivate(folder: string, uid: number): Promise<void> {
  const stat = await lstat(folder);
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o077) !== 0) {
    throw new Error(`${folder} must be a folder that only user ${uid} may enter`);
  }
}
