import type { ComponentConfig, Failure, FailureNotice, Objects, RunContext } from '@ship/core';
import { evidenceOf, type PlaceOptions, workloadsIn } from '@ship/kube';
import { find } from './found.js';
import { siteOf } from './site.js';

/** Gathers what pods, events and logs say of a component that has failed, before anything of it is taken back. */
export async function addEvidence(
  { options, objects }: { readonly options: PlaceOptions; readonly objects: Objects },
  { component }: Pick<Failure, 'component'>,
  run: RunContext,
  notice: FailureNotice,
): Promise<void> {
  const config: ComponentConfig | undefined = component === undefined ? undefined : run.config.components[component];
  if (config?.driver !== 'kubectl') return;
  const site = siteOf(run, config, options, objects);
  const text = await evidenceOf(site.cluster, workloadsIn((await find(site)).objects));
  if (text !== '') notice.addEvidence(`kubernetes ${site.name}`, text);
}
