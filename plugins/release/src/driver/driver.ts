import type { Change, ComponentConfig, ComponentState, Context, Driver, Finding, Targets } from '@ship/core';
import { targetOf } from '../process/health.js';
import { isRunning, listProcesses } from '../process/records.js';
import { damageOf, readRelease } from '../release/store.js';
import { settingsSchema } from '../schema.js';
import { type Observer, type Site, siteOf } from '../site.js';
import { deploy } from './deploy.js';
import { describe, type ReleaseState } from './describe.js';
import { liveRelease } from './live.js';
import { probe } from './probe.js';
import { restore } from './restore.js';

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
