import { type KubeObject, MANAGER, reference } from '@ship/kube';
import { OWNER } from '../objects/marks.js';

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

/** Changes some fields of an object, items of lists by their names. */
export const patchArgs = (object: KubeObject, patch: object, { isTried = false }: { isTried?: boolean } = {}): string[] => [
  'patch',
  reference(object),
  '--type=strategic',
  `--field-manager=${MANAGER}`,
  ...(isTried ? ['--dry-run=server'] : []),
  `--patch=${JSON.stringify(patch)}`,
];

/** Objects of a component, by its label, with who manages their fields. */
export const labelledArgs = (kinds: readonly string[], label: string): string[] => [
  'get',
  kinds.join(','),
  `--selector=${OWNER}=${label}`,
  '--show-managed-fields',
];

/** Would they be deleted? Nothing is changed; what is not there is no error. */
export const tryDeleteArgs = (references: readonly string[]): string[] => [
  'delete',
  ...references,
  '--ignore-not-found',
  '--dry-run=server',
];
