import type { ComponentConfig, Objects, RunContext } from '@ship/core';
import type { Looked, PlaceOptions } from '@ship/kube';
import { find } from './found.js';
import { siteOf } from './site.js';

/** What is looked at of a component that has failed. */
export async function lookAt(options: PlaceOptions, objects: Objects, run: RunContext, component: ComponentConfig): Promise<Looked> {
  const site = siteOf(run, component, options, objects);
  return { cluster: site.cluster, objects: (await find(site)).objects };
}
