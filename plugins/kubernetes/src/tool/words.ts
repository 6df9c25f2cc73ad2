import type { KubeObject } from '@ship/kube';
import { kindOf, OWNER } from '../objects/marks.js';
import { MANAGER } from '../objects/owners.js';

/** Reads manifests, and changes nothing. */
export const renderArgs = (path: string, way: 'file' | 'kustomization'): string[] => [
  'create',
  '--dry-run=client',
  '--output=json',
  ...(way === 'kustomization' ? [`--kustomize=${path}`] : [`--filename=${path}`, '--recursive']),
];

/** Applies what comes on stdin, on the server, in our name. */
export const applyArgs = ({ isForced = false, isTried = false }: { isForced?: boolean; isTried?: boolean }): string[] => [
  'apply',
  '--server-side',
  `--field-manager=${MANAGER}`,
  ...(isForced ? ['--force-conflicts'] : []),
  ...(isTried ? ['--dry-run=server'] : []),
  '--filename=-',
];

/** Puts exactly what comes on stdin in the place of an object that has not been changed since it was read. */
export const replaceArgs = (): string[] => ['replace', `--field-manager=${MANAGER}`, '--filename=-'];

/** Changes some fields of an object, items of lists by their names. */
export const patchArgs = (object: KubeObject, patch: object, { isTried = false }: { isTried?: boolean } = {}): string[] => [
  'patch',
  reference(object),
  '--type=strategic',
  `--field-manager=${MANAGER}`,
  ...(isTried ? ['--dry-run=server'] : []),
  `--patch=${JSON.stringify(patch)}`,
];

/** Changes an object by a JSON patch, whose tests must hold. */
export const guardedPatchArgs = (object: KubeObject, patch: readonly object[], subresource?: 'status'): string[] => [
  'patch',
  reference(object),
  '--type=json',
  ...(subresource === undefined ? [] : [`--subresource=${subresource}`]),
  `--field-manager=${MANAGER}`,
  `--patch=${JSON.stringify(patch)}`,
];

/** `Deployment.v1.apps/web`. */
export const reference = (object: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>): string =>
  `${kindOf(object)}/${object.metadata.name}`;

/** Objects of a component, by its label, with who manages their fields. */
export const labelledArgs = (kinds: readonly string[], label: string): string[] => [
  'get',
  kinds.join(','),
  `--selector=${OWNER}=${label}`,
  '--show-managed-fields',
];

/** Objects by their names; what is not there is left out. */
export const namedArgs = (references: readonly string[]): string[] => ['get', ...references, '--ignore-not-found', '--show-managed-fields'];

/** Deletes objects, and waits until they are gone. What is gone already is no error. */
export const deleteArgs = (references: readonly string[], { isTried = false }: { isTried?: boolean } = {}): string[] => [
  'delete',
  ...references,
  '--ignore-not-found',
  ...(isTried ? ['--dry-run=server'] : ['--wait=true']),
];
