import { readdirSync, statSync } from 'node:fs';
import { checkedName, documentsOf, identityOf, type KubeObject, nameOf } from '@ship/kube';
import type { Site } from '../driver/site.js';
import { errors } from '../errors.js';
import { renderArgs } from '../tool/words.js';

const KUSTOMIZATION = /^(kustomization\.ya?ml|Kustomization)$/;

/** The objects of the manifests, as kubectl reads them. Throws SHIP_KUBECTL_MANIFESTS, and SHIP_KUBE_COMMAND with the words of kubectl. */
export async function render({ cluster }: Pick<Site, 'cluster'>, path: string): Promise<KubeObject[]> {
  const objects = documentsOf(await cluster.text(renderArgs(path, wayOf(path))));
  const refuse = (problem: string) => errors.SHIP_KUBECTL_MANIFESTS({ path, problem });
  if (objects.length === 0) throw refuse('there is no object in them');
  const seen = new Set<string>();
  for (const object of objects) {
    if (object.metadata?.name === undefined) throw refuse(`a ${object.kind} has no name`);
    checkedName(object.kind, object.metadata.name);
    // kubectl gives the namespace to all that can be in one.
    if (object.metadata.namespace === undefined) throw refuse(`${nameOf(object)} belongs to the whole cluster`);
    if (seen.has(identityOf(object))) throw refuse(`${nameOf(object)} is there twice`);
    seen.add(identityOf(object));
  }
  return objects;
}

function wayOf(path: string): 'file' | 'kustomization' {
  try {
    return statSync(path).isDirectory() && readdirSync(path).some((name) => KUSTOMIZATION.test(name)) ? 'kustomization' : 'file';
  } catch (cause) {
    throw errors.SHIP_KUBECTL_MANIFESTS({ path, problem: (cause as Error).message }, { cause });
  }
}
