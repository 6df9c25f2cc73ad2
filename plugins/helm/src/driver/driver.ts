import type { Change, ComponentConfig, ComponentState, Context, Driver, Objects, Probed } from '@ship/core';
import type { PlaceOptions } from '@ship/kube';
import { pendingOf, revisionsOf } from '../release/storage.js';
import { settingsSchema } from '../settings.js';
import { admit } from './admit.js';
import { deploy } from './deploy.js';
import { describe, stateOf } from './live.js';
import { restore } from './restore.js';
import { type ReleaseState, type Site, siteOf } from './site.js';

/** The driver `helm`. */
export function helmDriver(options: PlaceOptions, objects: Objects): Driver<ReleaseState> {
  const open = (ctx: Context, component: ComponentConfig) => siteOf(ctx, component, options, objects);
  return {
    settings: settingsSchema,
    describe: (ctx, component) => describe(open(ctx, component)),
    deploy: (ctx, component, before) => deploy(open(ctx, component), before),
    probe: (ctx, component, before) => probe(open(ctx, component), before),
    restore: (ctx, component, state) => restore(open(ctx, component), state),
    admit: (ctx, component, state) => admit(open(ctx, component), state),
    preview: (ctx, component) => preview(open(ctx, component)),
  };
}

/**
 * By the revisions: a new one is begun before anything is changed. One that says and has the same as before is no change. Helm
 * calls one deployed before any pod has started.
 */
async function probe(site: Site, before: ComponentState<ReleaseState> | undefined): Promise<Probed> {
  const { cluster, settings, ctx } = site;
  const revisions = await revisionsOf(cluster, settings.release);
  const last = revisions.at(-1);
  if ((last?.revision ?? 0) === (before?.driver.revision ?? 0) && pendingOf(revisions) === undefined) return 'untouched';
  if (last?.status !== 'deployed') return 'partial';
  const now = await stateOf(site, revisions, last);
  if (now.version === before?.version && now.config_hash === before.config_hash) return 'untouched';
  return last.run === ctx.run && now.healthy ? 'done' : 'partial';
}

async function preview({ cluster, settings, name, version }: Site): Promise<Change[]> {
  const last = (await revisionsOf(cluster, settings.release)).at(-1);
  const { where, release, chart } = settings;
  const what = `${name} ${version}: release ${release} in ${where.context}/${where.namespace}, by ${chart}`;
  return [last === undefined ? { kind: 'create', what } : { kind: 'update', what: `${what}, after revision ${last.revision}` }];
}
