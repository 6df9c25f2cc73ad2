import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '@ship/core';
import { checkedName, documentsOf, identityOf, type KubeObject, nameOf } from '@ship/kube';
import type { Site } from '../driver/site.js';
import { errors } from '../errors.js';
import { renderArgs } from '../tool/words.js';

const KUSTOMIZATION = /^(kustomization\.ya?ml|Kustomization)$/;

/** What kubectl has read, by where and what: a run asks for the same many times, and kubectl takes the longest for it. */
const read = new Map<string, string>();

/** The objects of the manifests, as kubectl reads them. Throws SHIP_KUBECTL_MANIFESTS, and SHIP_KUBE_COMMAND with the words of kubectl. */
export async function render({ cluster }: Pick<Site, 'cluster'>, path: string): Promise<KubeObject[]> {
  const way = wayOf(path);
  // What a kustomization is made of may lie anywhere.
  const key = way === 'kustomization' ? undefined : sha256(JSON.stringify([cluster.where, path, contentOf(path)]));
  const known = key === undefined ? undefined : read.get(key);
  const text = known ?? (await cluster.text(renderArgs(path, way)));
  if (key !== undefined) read.set(key, text);
  const objects = documentsOf(text);
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

/** All that kubectl would read, and more. */
function contentOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [readFileSync(path, 'base64')];
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
  return files.flatMap((name) => (statSync(join(path, name)).isFile() ? [name, readFileSync(join(path, name), 'base64')] : []));
}
