import type { CommandContext, Finding } from '@ship/core';
import { holderOf } from './base/identity.js';
import { liveRelease, whyNotServing } from './driver/live.js';
import { isSupervised, listProcesses } from './process/records.js';
import { isFree } from './process/run.js';
import { damageOf, readRelease } from './release/store.js';
import { isUp, lostFronts, readFront } from './routing/front.js';
import { type Site, siteOf } from './site.js';

const RECENTLY_MS = 24 * 60 * 60 * 1000;

/** What `ship doctor` says about the releases of this machine. Reads only. */
export async function examineReleases(ctx: CommandContext): Promise<Finding[]> {
  const ours = Object.values(ctx.components).filter(({ driver }) => driver === 'release');
  return (await Promise.all(ours.map((component) => examine(siteOf(ctx, component))))).flat();
}

async function examine(site: Site): Promise<Finding[]> {
  const warn = (rule: string, message: string): Finding => ({ level: 'warn', rule, message: `${site.name}: ${site.ctx.redact(message)}` });
  return [
    ...(await examineService(site)).map((message) => warn('release', message)),
    ...(await examineFront(site)).map((message) => warn('front', message)),
  ];
}

async function examineService(site: Site): Promise<string[]> {
  const { layout } = site;
  const id = await liveRelease(layout);
  if (id === undefined) return [];
  const release = await readRelease(layout, id);
  if (release === undefined) return [`release ${id} is live, and its folder is missing or damaged; deploy again`];
  const damage = await damageOf(layout, id);
  const reason = await whyNotServing(site, release);
  const record = (await listProcesses(layout)).find((process) => process.release === id);
  return [
    ...(damage === undefined ? [] : [`release ${id} is live, and could not be started again: ${damage}`]),
    ...(reason === undefined
      ? []
      : [`${release.version} does not serve: ${reason}. \`ship release start ${site.name}\` starts what is stopped`]),
    ...(record?.last_end && reason === undefined && isRecent(record.last_end.at)
      ? [
          `${release.version} was started again ${times(record.restarts)}; the last time at ${record.last_end.at}: ${record.last_end.reason}`,
        ]
      : []),
    ...(record && !isSupervised(record) && record.supervisor !== null
      ? [
          `the supervisor of ${release.version} is gone: nothing starts the service again when it ends; \`ship release start ${site.name}\` mends that`,
        ]
      : []),
  ];
}

async function examineFront({ layout, name, settings: { host, port } }: Site): Promise<string[]> {
  const record = await readFront(layout);
  const lost = await lostFronts(layout);
  if (lost.length > 0)
    return [`a front runs whose record ${layout.front} is missing (pid ${lost.join(', ')}); \`ship release stop ${name}\` ends it`];
  if (record === undefined) {
    if (port === null || (await isFree(host, port))) return [];
    return [`port ${port} is held by another program, ${holderOf(port) ?? 'of another user'}: ${name} cannot be deployed behind it`];
  }
  const { restarts = 0, restarted_at: at = null } = record;
  if (!isUp(record)) return [`its front is dead; see ${layout.frontLog}`];
  if (at === null || !isRecent(at)) return [];
  return [`its front died, and was started again ${times(restarts)}, the last time at ${at}; see ${layout.frontLog}`];
}

const isRecent = (at: string): boolean => Date.now() - Date.parse(at) < RECENTLY_MS;

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
