import type { Change, ComponentConfig, ComponentState, Context, Driver, Finding, Probed, Targets } from '@ship/core';
import { targetOf } from '../process/health.js';
import { isRunning, listProcesses } from '../process/records.js';
import { damageOf, listReleases, readRelease } from '../release/store.js';
import { readFront } from '../routing/front.js';
import { settingsSchema } from '../settings.js';
import { type Observer, type Site, siteOf } from '../site.js';
import { deploy } from './deploy.js';
import { describe, liveRelease, type ReleaseState } from './live.js';
import { isRestored, restore } from './restore.js';

/** The driver `release`. `reached` is told each stage of a deployment. */
export function releaseDriver(reached?: Observer): Driver<ReleaseState> {
  const open = (ctx: Context, component: ComponentConfig) => siteOf(ctx, component, reached);
  return {
    settings: settingsSchema,
    describe: (ctx, component) => describe(open(ctx, component)),
    deploy: (ctx, component) => deploy(open(ctx, component)),
    probe: (ctx, component, before) => probe(open(ctx, component), before),
    restore: (ctx, component, state) => restore(open(ctx, component), state),
    admit: (ctx, component, state) => admit(open(ctx, component), state),
    preview: (ctx, component) => preview(open(ctx, component)),
    targets: (ctx, component) => targets(open(ctx, component)),
    router: 'front',
  };
}

async function admit({ layout, name }: Site, state: ComponentState<ReleaseState>): Promise<Finding[]> {
  const { release, root } = state.driver;
  const block = (rule: string, message: string): Finding[] => [{ level: 'block', rule, message: `${name}: ${message}` }];
  if (root !== layout.root) return block('release-root', `release ${release} stands under ${root}, and the config says ${layout.root}`);
  const damage = await damageOf(layout, release);
  return damage === undefined ? [] : block('release-intact', `release ${release} cannot run again: ${damage}`);
}

/** What runs, by the id of its release: ids sort by time. */
async function targets({ layout }: Site): Promise<Targets> {
  const running = (await listProcesses(layout)).filter(isRunning);
  const named = await Promise.all(
    running.map(async (record) => [record.release, await readRelease(layout, record.release), targetOf(record)] as const),
  );
  const listening = named.flatMap(([id, release, target]) =>
    release && target ? [[id, { version: release.version, ...target }] as const] : [],
  );
  return Object.fromEntries(listening.sort(([one], [other]) => (one < other ? -1 : 1)));
}

async function preview({ layout, name, version, settings }: Site): Promise<Change[]> {
  const behind = settings.port === null ? '' : ` behind ${settings.host}:${settings.port}`;
  const live = await liveRelease(layout);
  if (live === undefined) return [{ kind: 'create', what: `${name} ${version}${behind}` }];
  const before = (await readRelease(layout, live))?.version ?? live;
  return [{ kind: 'update', what: `${name} ${before} -> ${version}${behind}` }];
}

/** Compares what is there with `before`: is a deployment untouched, half done, or done? */
async function probe(site: Site, before: ComponentState<ReleaseState> | undefined): Promise<Probed> {
  const live = await liveRelease(site.layout);
  const release = live === undefined ? undefined : await readRelease(site.layout, live);
  if (live === before?.driver.release) return (await isUntouched(site, before)) ? 'untouched' : 'partial';
  return release && (await isRestored(site, release)) ? 'done' : 'partial';
}

async function isUntouched(site: Site, before: ComponentState<ReleaseState> | undefined): Promise<boolean> {
  const releases = await listReleases(site.layout);
  if (before === undefined) return releases.length === 0 && (await readFront(site.layout)) === undefined;
  const newer = (await listProcesses(site.layout)).filter(({ release }) => release > before.driver.release);
  return newer.length === 0;
}
