import type { ComponentConfig, Objects, RunContext } from '@ship/core';
import type { Looked, PlaceOptions } from '@ship/kube';
import { revisionsOf } from '../release/storage.js';
import { findRevision } from './found.js';
import { siteOf } from './site.js';

/** What is looked at of a component that has failed: the newest revision, whatever became of it. */
export async function lookAt(options: PlaceOptions, objects: Objects, run: RunContext, component: ComponentConfig): Promise<Looked> {
  const site = siteOf(run, component, options, objects);
  const last = (await revisionsOf(site.cluster, site.settings.release)).at(-1);
  return { cluster: site.cluster, objects: last === undefined ? [] : (await findRevision(site, last)).objects };
}
