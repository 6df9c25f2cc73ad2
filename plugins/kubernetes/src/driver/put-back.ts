import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Captured,
  disownUpdate,
  identityOf,
  type KubeObject,
  LAST_APPLIED,
  nameOf,
  reference,
  replaceWhole,
  WORKLOADS,
} from '@ship/kube';
import { errors } from '../errors.js';
import { apply, conflictText, type Refusal, tryApply } from '../tool/apply.js';
import { withLiveReplicas } from './deploy.js';
import type { Found } from './found.js';
import { restoreImage } from './image.js';
import { formName, type Site } from './site.js';

/** Configuration before what reads it: its pods are made with it. */
const inOrder = (objects: readonly KubeObject[]): KubeObject[] => [...objects].sort((one, other) => rankOf(one) - rankOf(other));
const rankOf = ({ kind }: KubeObject): number => ((WORKLOADS as readonly string[]).includes(kind) ? 1 : 0);

/**
 * Makes objects what they were: applied by our manager, so that what the newer version added goes. Answers what somebody else
 * had set since, and is overwritten.
 */
export async function putBack(site: Site, now: Found, kept: Captured, differing: readonly KubeObject[]): Promise<string[]> {
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
function wantedOf(then: KubeObject, live: KubeObject | undefined, kept: Captured): KubeObject {
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
async function finish(site: Site, kept: Captured, then: KubeObject, wanted: KubeObject, refusal: Refusal | undefined): Promise<void> {
  const { cluster } = site;
  if ((await replaceWhole(cluster, then, wanted, kept)) === 'left') {
    // What is left is said by the proof; what was refused, here.
    if (refusal !== undefined) throw errors.SHIP_KUBECTL_REFUSED({ verb: 'apply', problem: refusal.problems.join('; ') });
    return;
  }
  await apply(cluster, [wanted], true);
  await disownUpdate(cluster, then);
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
