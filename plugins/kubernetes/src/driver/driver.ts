import type { Change, ComponentConfig, ComponentState, Context, Driver, Objects, Probed } from '@ship/core';
import { driftOf, identityOf, nameOf, type PlaceOptions } from '@ship/kube';
import { settingsSchema } from '../settings.js';
import { admit } from './admit.js';
import { deploy, isKept } from './deploy.js';
import { find, isOwn } from './found.js';
import { describe, stateOf } from './live.js';
import { restore } from './restore.js';
import { formName, type KubectlState, type Site, siteOf } from './site.js';

/** The driver `kubectl`. */
export function kubectlDriver(options: PlaceOptions, objects: Objects): Driver<KubectlState> {
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

/** By what is live: as before, as the config wants it, or something in between. */
async function probe(site: Site, before: ComponentState<KubectlState> | undefined): Promise<Probed> {
  const found = await find(site);
  const now = found.objects.length === 0 ? undefined : await stateOf(site, found);
  if (now?.config_hash === before?.config_hash) return 'untouched';
  if (now === undefined || !now.healthy || now.version !== site.version) return 'partial';
  const { form } = site.settings;
  if (form.kind === 'image') return now.image === form.image ? 'done' : 'partial';
  const isWanted = new Set(found.rendered.map(identityOf));
  const isPruned = !form.prune || found.objects.every((each) => isWanted.has(identityOf(each)) || isKept(each));
  const drift = await driftOf(site.cluster, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: found.rendered }));
  return isPruned && drift.length === 0 ? 'done' : 'partial';
}

/** What would be made, changed and deleted. */
async function preview(site: Site): Promise<Change[]> {
  const { settings, label, name, version } = site;
  const { form, where } = settings;
  const at = `${where.context}/${where.namespace}`;
  const found = await find(site);
  if (form.kind === 'image') return [{ kind: 'update', what: `${name} ${version}: ${formName(settings)} in ${at} gets ${form.image}` }];
  const isThere = new Set(found.objects.map(identityOf));
  const isWanted = new Set(found.rendered.map(identityOf));
  const gone = form.prune ? found.objects.filter((each) => isOwn(each, label) && !isWanted.has(identityOf(each)) && !isKept(each)) : [];
  return [
    ...found.rendered.map((each): Change => {
      const what = `${name} ${version}: ${nameOf(each)} in ${at}`;
      return isThere.has(identityOf(each)) ? { kind: 'update', what } : { kind: 'create', what };
    }),
    ...gone.map((each): Change => ({ kind: 'delete', what: `${name} ${version}: ${nameOf(each)} in ${at}` })),
  ];
}
