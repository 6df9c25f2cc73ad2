import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KubeObject, errors as kubeErrors, nameOf, WORKLOADS, type Workload } from '@ship/kube';
import { errors } from '../errors.js';
import { LAST_APPLIED } from '../objects/clean.js';
import { identityOf } from '../objects/marks.js';
import { foreignOwners, MANAGER, managersOf } from '../objects/owners.js';
import { apply, conflictText, type Refusal, tryApply } from '../tool/apply.js';
import { reference, replaceArgs } from '../tool/words.js';
import { withLiveReplicas } from './deploy.js';
import { type Found, named } from './found.js';
import { restoreImage } from './image.js';
import type { Kept } from './live.js';
import { differencesFrom } from './proof.js';
import { formName, type Site } from './site.js';

/** How often a replacement is tried that somebody else's change came before. */
const TRIES = 8;

/** Configuration before what reads it: its pods are made with it. */
const inOrder = (objects: readonly KubeObject[]): KubeObject[] => [...objects].sort((one, other) => rankOf(one) - rankOf(other));
const rankOf = ({ kind }: KubeObject): number => ((WORKLOADS as readonly string[]).includes(kind) ? 1 : 0);

/**
 * Makes objects what they were: applied by our manager, so that what the newer version added goes. Answers what somebody else
 * had set since, and is overwritten.
 */
export async function putBack(site: Site, now: Found, kept: Kept, differing: readonly KubeObject[]): Promise<string[]> {
  const { cluster } = site;
  const live = new Map(now.objects.map((each) => [identityOf(each), each]));
  const overwritten: string[] = [];
  for (const was of inOrder(differing)) {
    const there = live.get(identityOf(was));
    if (there !== undefined && nameOf(was) === formName(site.settings)) {
      await restoreImage(site, was, there);
      continue;
    }
    const wanted = wantedOf(was, there, kept);
    const refusal = await tryApply(cluster, [wanted]);
    overwritten.push(...(refusal?.conflicts ?? []).map((each) => `${nameOf(was)}: ${conflictText(each)}`));
    const stillRefused = refusal === undefined ? undefined : await tryApply(cluster, [wanted], true);
    if (stillRefused === undefined) await apply(cluster, [wanted], true);
    await finish(site, kept, was, wanted, stillRefused);
    await noteLastApplied(site, was);
  }
  return overwritten;
}

/** Without what kubectl notes for itself, which would have it take over fields; that comes back on its own. */
function wantedOf(then: KubeObject, live: KubeObject | undefined, kept: Kept): KubeObject {
  const { annotations = {}, ...metadata } = then.metadata;
  const { [LAST_APPLIED]: _noted, ...rest } = annotations;
  const replicas = kept.scaled[nameOf(then)];
  const object: KubeObject = {
    ...then,
    metadata: { ...metadata, ...(Object.keys(rest).length === 0 ? {} : { annotations: rest }) },
    ...(replicas === undefined ? {} : { spec: { ...(then.spec as object), replicas } }),
  };
  return withLiveReplicas(object, live, { scaled: new Set(Object.keys(kept.scaled)), rendered: [] });
}

/**
 * Older API servers do not take a field away with all that they had added to it, such as a probe with its defaults, or refuse
 * what is left of it. Then the object is replaced as a whole, unless somebody else has set something in it that was not there.
 */
async function finish(site: Site, kept: Kept, then: KubeObject, wanted: KubeObject, refusal: Refusal | undefined): Promise<void> {
  const { cluster } = site;
  for (let tries = 1; ; tries += 1) {
    const [live] = await named(cluster, [then]);
    const left = live === undefined ? [] : differencesFrom(live, then, kept).filter(({ path }) => !path.includes(LAST_APPLIED));
    const isForeign = left.some(({ kind, path }) => kind !== 'missing' && foreignOwners(live!, path).length > 0);
    if (live === undefined || left.length === 0 || isForeign) {
      // What is left is said by the proof; what was refused, here.
      if (refusal !== undefined) throw errors.SHIP_KUBECTL_REFUSED({ verb: 'apply', problem: refusal.problems.join('; ') });
      return;
    }
    const { exitCode, stderr } = await cluster.attempt(replaceArgs(), {
      input: JSON.stringify(replacementOf(live, wanted)),
      isShown: true,
    });
    if (exitCode === 0) break;
    // Its controller writes a status every now and then: what is live is read again.
    if (tries === TRIES || !/\(Conflict\)/.test(stderr))
      throw kubeErrors.SHIP_KUBE_COMMAND({ tool: 'kubectl replace', problem: stderr.trim() });
  }
  await apply(cluster, [wanted], true);
  await disownUpdate(site, then);
}

/** What is live, with all that somebody would write as it was. It has the version that was read: who changes it meanwhile wins. */
function replacementOf(live: KubeObject, wanted: KubeObject): KubeObject {
  const { labels: _labels, annotations = {}, ...metadata } = live.metadata;
  const ofOthers = Object.fromEntries(
    Object.entries(annotations).filter(([name]) => /(^|\.)kubernetes\.io\//.test(name) && name !== LAST_APPLIED),
  );
  return {
    ...wanted,
    ...(live.status === undefined ? {} : { status: live.status }),
    metadata: { ...metadata, ...wanted.metadata, annotations: { ...ofOthers, ...wanted.metadata.annotations } },
  };
}

/** A replacement is noted as another manager of the same name: what it has set would stay when a later version has it no more. */
async function disownUpdate({ cluster }: Site, then: KubeObject): Promise<void> {
  const [live] = await named(cluster, [then]);
  const at =
    live === undefined ? -1 : managersOf(live).findIndex(({ manager, operation }) => manager === MANAGER && operation === 'Update');
  if (at < 0) return;
  const path = `/metadata/managedFields/${at}`;
  const patch = [
    { op: 'test', path: `${path}/manager`, value: MANAGER },
    { op: 'test', path: `${path}/operation`, value: 'Update' },
    { op: 'remove', path },
  ];
  await cluster.text(['patch', reference(then), '--type=json', `--patch=${JSON.stringify(patch)}`]);
}

/** `kubectl apply` of old knows by this what it may take away: it is what it was, in the name of who had written it. */
async function noteLastApplied({ cluster }: Site, then: KubeObject): Promise<void> {
  const noted = then.metadata.annotations?.[LAST_APPLIED];
  if (noted === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'ship-kubectl-'));
  try {
    // It may hold what is secret, and everybody can read command lines.
    const file = join(folder, 'patch.json');
    writeFileSync(file, JSON.stringify({ metadata: { annotations: { [LAST_APPLIED]: noted } } }), { mode: 0o600 });
    await cluster.text(['patch', reference(then), '--type=merge', `--patch-file=${file}`, '--field-manager=kubectl-client-side-apply']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whose number of replicas changes, in words: an API server of old does not note who has scaled. */
export function replicasText(now: Found, differing: readonly KubeObject[]): string[] {
  const live = new Map(now.objects.map((each) => [identityOf(each), each as Workload]));
  return differing.flatMap((each) => {
    const [today, then] = [live.get(identityOf(each))?.spec?.replicas, (each as Workload).spec?.replicas];
    return today === undefined || then === undefined || today === then
      ? []
      : [`${nameOf(each)} had ${today} replicas, and has ${then} again`];
  });
}
