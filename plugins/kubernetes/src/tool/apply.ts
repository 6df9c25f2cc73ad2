import { type Cluster, isFormer, type KubeObject } from '@ship/kube';
import { errors } from '../errors.js';
import { applyArgs, tryDeleteArgs } from './words.js';

/** A field that somebody else has set to another value. */
export interface Conflict {
  readonly manager: string;
  readonly fields: readonly string[];
}

/** What kubectl says of an apply that it did not do. */
export interface Refusal {
  readonly conflicts: readonly Conflict[];
  /** All other reasons. */
  readonly problems: readonly string[];
}

const CONFLICT = /conflicts? with "([^"]+)"[^\n]*?:[ ]?([^\n]*)((?:\n- [^\n]+)*)/g;
/** What kubectl adds for people who work with it by hand. */
const ADVICE = /^Please review the fields above[\s\S]*?^See https:.*$/gm;
const PROBLEM = /^(Error from server|error|The \S+ "[^"]*" is invalid|Unable to connect|\* )/;

/** Reads what `kubectl apply --server-side` writes when it fails. */
export function refusalOf(stderr: string): Refusal {
  const conflicts = [...stderr.matchAll(CONFLICT)].map(([, manager = '', inline = '', below = '']) => ({
    manager,
    fields: [inline, ...below.split('\n- ')].map((each) => each.trim()).filter((each) => each !== ''),
  }));
  return {
    conflicts,
    problems: stderr
      .replace(ADVICE, '')
      .split('\n')
      .filter((line) => PROBLEM.test(line) && !/conflicts? with "/.test(line)),
  };
}

const manifestOf = (objects: readonly KubeObject[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });

/** How long one object may take to be applied, or to be gone. */
const EACH_MS = 30_000;

/** Would all of it be taken? Nothing is changed. Undefined: yes. */
export async function tryApply(cluster: Cluster, objects: readonly KubeObject[], isForced = false): Promise<Refusal | undefined> {
  const { exitCode, stderr } = await cluster.attempt(applyArgs({ isTried: true, isForced }), {
    input: manifestOf(objects),
    timeoutMs: EACH_MS + objects.length * 1_000,
  });
  if (exitCode === 0) return undefined;
  const refusal = refusalOf(stderr);
  if (refusal.conflicts.length > 0 || refusal.problems.length > 0) return refusal;
  return { conflicts: [], problems: [stderr.trim().split('\n').at(-1) || `it ended with ${exitCode}`] };
}

/** Applies all of it. Throws SHIP_KUBE_COMMAND. */
export async function apply(cluster: Cluster, objects: readonly KubeObject[], isForced: boolean): Promise<void> {
  if (objects.length === 0) return;
  await cluster.text(applyArgs({ isForced }), {
    input: manifestOf(objects),
    isShown: true,
    timeoutMs: EACH_MS + objects.length * 1_000,
  });
}

/**
 * Sees that all of it would be taken before any of it is. Answers what must be taken over from tools that people worked with
 * before. Throws SHIP_KUBECTL_CONFLICT where somebody else manages a field, and SHIP_KUBECTL_REFUSED.
 */
export async function demandApplicable(cluster: Cluster, objects: readonly KubeObject[]): Promise<readonly Conflict[]> {
  const refusal = await tryApply(cluster, objects);
  if (refusal === undefined) return [];
  const others = refusal.conflicts.filter(({ manager }) => !isFormer(manager));
  if (refusal.problems.length > 0) throw errors.SHIP_KUBECTL_REFUSED({ verb: 'apply', problem: refusal.problems.join('; ') });
  if (others.length > 0) throw errors.SHIP_KUBECTL_CONFLICT({ conflicts: others.map(conflictText) });
  return refusal.conflicts;
}

/** `kubectl-set has set .spec.replicas`. */
export const conflictText = ({ manager, fields }: Conflict): string => `${manager} has set ${fields.join(', ')}`;

/** May these be deleted? They need not be there. Throws SHIP_KUBECTL_REFUSED. */
export async function demandDeletable(cluster: Cluster, references: readonly string[]): Promise<void> {
  if (references.length === 0) return;
  const { exitCode, stderr } = await cluster.attempt(tryDeleteArgs(references));
  if (exitCode !== 0) throw errors.SHIP_KUBECTL_REFUSED({ verb: 'delete', problem: stderr.trim().split('\n').join('; ') });
}
