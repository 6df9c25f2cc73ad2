import type { KubeObject } from '@ship/kube';
import { parseAllDocuments } from 'yaml';
import type { Hook } from './storage.js';

/** The objects of a manifest, as it says them: those without a namespace are in that of the release, or in none. */
export function objectsIn(manifest: string): KubeObject[] {
  return [...parseAllDocuments(manifest, { version: '1.1', logLevel: 'silent' })].flatMap((document) => flat(document.toJS()));
}

/** A list is what is in it. */
function flat(object: KubeObject | null | undefined): KubeObject[] {
  if (object?.kind === undefined) return [];
  if (object.kind.endsWith('List') && Array.isArray(object.items)) return (object.items as KubeObject[]).flatMap(flat);
  if (object.metadata?.name === undefined) return [];
  // YAML takes some names for numbers.
  return [{ ...object, metadata: { ...object.metadata, name: String(object.metadata.name) } }];
}

/** The objects of hooks: Helm makes them, and forgets them. */
export const objectsOfHooks = (hooks: readonly Hook[] | undefined): KubeObject[] =>
  (hooks ?? []).flatMap(({ manifest = '' }) => objectsIn(manifest));

/** The documents of a manifest, whatever files they are of and in whatever order. */
export const documentsOf = (manifest: string): string[] =>
  manifest
    .split(/^---[ \t]*$/m)
    .map((each) => each.replace(/^# Source: .*$/gm, '').trim())
    .filter((each) => each !== '')
    .sort();
