import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ComponentState, isShipError, type Restored } from '@ship/core';
import { writeJson } from '../base/files.js';
import { holderOf, processesGiven } from '../base/identity.js';
import { endFound, LONGER_MS } from '../daemon/daemon.js';
import { ROOT_MARK } from '../entries.js';
import { errors } from '../errors.js';
import type { Layout } from '../layout.js';
import { isHealthy } from '../process/health.js';
import { listProcesses } from '../process/records.js';
import { isFree, stopProcess } from '../process/run.js';
import type { Release } from '../records.js';
import { exists, readCurrent, readRelease, removePartials } from '../release/store.js';
import { frontState, readFront, stopFront } from '../routing/front.js';
import { switchTo } from '../routing/switch.js';
import type { Site } from '../site.js';
import { bringUp, retire, type StandsBy, superfluous } from './deploy.js';
import type { ReleaseState } from './live.js';

/** Makes `state` live again, as it was; `undefined` takes away everything that was made. */
export async function restore(site: Site, state: ComponentState<ReleaseState> | undefined): Promise<Restored> {
  if (state === undefined) return removeAll(site);
  const { release: id } = state.driver;
  const release = await readRelease(site.layout, id);
  const reason = `${site.layout.releaseFile(id)} is missing or damaged`;
  if (!release) throw errors.SHIP_RELEASE_MISSING({ component: site.name, release: id, reason });
  const cleaned = await removePartials(site.layout);
  if (!cleaned && (await isRestored(site, release))) return { changed: false, summary: `${site.name} already at ${release.version}` };
  await makeLive(site, await withSecretsOfToday(site, release));
  return { changed: true, summary: `${site.name} back at ${release.version}` };
}

/** A release that is about to be live again, with what its secrets are now. One that is not set now stays as it was. */
async function withSecretsOfToday(site: Site, release: Release): Promise<Release> {
  const now = Object.entries(release.secrets ?? {}).map(([name, text]) => [name, valueNow(site, text) ?? release.env[name]!] as const);
  const env = { ...release.env, ...Object.fromEntries(now) };
  if (now.every(([name, value]) => value === release.env[name])) return release;
  // What stands by has the old ones. The hash stays: the configuration is the same.
  await stopProcess(site, release.id);
  const refreshed = { ...release, env };
  await writeJson(site.layout.releaseFile(release.id), refreshed);
  return refreshed;
}

function valueNow({ ctx }: Site, text: string): string | undefined {
  try {
    return ctx.resolve(text);
  } catch (error) {
    if (isShipError(error) && error.code === 'SHIP_SECRET_MISSING') return undefined;
    throw error;
  }
}

/** Starts a release where it does not run, sends all requests to it, and ends every other one. */
export async function makeLive(site: Site, release: Release): Promise<void> {
  await bringUp(site, release);
  await switchTo(site, release);
  await retire(site, release, olderThan(release));
}

/** Stops everything and removes what `ship` made under the root, and nothing else. */
export async function removeAll(site: Site): Promise<Restored> {
  const { layout, name } = site;
  // A front whose record was removed by hand still holds the port.
  const ended = await stopFront(layout);
  if (!(await exists(layout))) return removeRest(site, ended);
  await stopAll(site);
  const held = ended ? '' : await whoHolds(site);
  for (const path of await whatIsOurs(layout)) await rm(path, { recursive: true, force: true });
  // Whatever else stands in the folder is not ours, and then the folder stays as well.
  await rmdir(layout.root).catch(() => {});
  return { changed: true, summary: `${name} removed${held}` };
}

/** Its folder was removed by hand, and what runs of it is found by its environment. */
async function removeRest({ layout, name, settings }: Site, ended: boolean): Promise<Restored> {
  const rest = () => processesGiven(`${ROOT_MARK}=${layout.root}`);
  const changed = (await endFound(rest, `of ${name}`, settings.stop_timeout_ms + LONGER_MS)) || ended;
  return { changed, summary: changed ? `${name} removed` : `${name} already removed` };
}

/** Words on who holds the port although no front was found. What cannot be looked into may be the front all the same. */
async function whoHolds({ name, settings: { host, port } }: Site): Promise<string> {
  if (port === null || (await isFree(host, port))) return '';
  const holder = holderOf(port);
  if (holder === undefined) throw errors.SHIP_RELEASE_PORT_HELD({ component: name, host, port });
  return `; port ${port} is held by another program, ${holder}`;
}

// A killed write may have left its temporary file.
async function whatIsOurs({ root, current, releases, processes, logs }: Layout): Promise<string[]> {
  const torn = (await readdir(root)).filter((name) => /^(current|front\.json)\..+\.tmp$/.test(name));
  return [current, releases, processes, logs, ...torn.map((name) => join(root, name))];
}

/** Ends the front and every process. The releases stay. */
export async function stopAll(site: Site): Promise<void> {
  await stopFront(site.layout);
  const records = await listProcesses(site.layout);
  await Promise.all(records.map(({ release }) => stopProcess(site, release)));
}

/** Is exactly this release live, whole, and nothing else running? */
export async function isRestored(site: Site, release: Release): Promise<boolean> {
  const { layout } = site;
  if ((await readCurrent(layout)) !== release.id || !(await isHealthy(site, release))) return false;
  if ((await superfluous(site, release.id, olderThan(release))).length > 0) return false;
  if (site.router) return (await site.router.weights())[release.version] === 100;
  return release.port === null ? (await readFront(layout)) === undefined : holdsAll(site, release);
}

async function holdsAll({ layout }: Site, { id, host, port }: Release): Promise<boolean> {
  const record = await readFront(layout);
  const state = await frontState(layout);
  return record?.host === host && record.port === port && state?.weights[id] === 100;
}

// What stood by for this release was there before; a newer one is what is being taken back.
function olderThan({ id }: Release): StandsBy {
  return (other) => other < id;
}
