import type { ComponentState } from '@ship/core';
import { digestsOf, type KubeObject, nameOf, newPodsByWorkload, workloadsIn } from '@ship/kube';
import { cleaned, LAST_APPLIED } from '../objects/clean.js';
import { type Difference, differencesOf, differenceText } from '../objects/differences.js';
import { identityOf } from '../objects/marks.js';
import { foreignOwners } from '../objects/owners.js';
import type { Found } from './found.js';
import type { Kept } from './live.js';
import type { KubectlState, Site } from './site.js';

/** How an object that is there differs from what it was. */
export const differencesFrom = (live: KubeObject, wanted: KubeObject, { scaled }: Kept): Difference[] =>
  differencesOf(cleaned(live, scaled[nameOf(wanted)] !== undefined), wanted);

/** What of these objects is not what it was, in words, with who has set it. */
export function leftOf(now: Found, wanted: readonly KubeObject[], kept: Kept): string[] {
  const live = new Map(now.objects.map((each) => [identityOf(each), each]));
  return wanted.flatMap((each) => {
    const there = live.get(identityOf(each));
    if (there === undefined) return [`${nameOf(each)} is not there, and was`];
    return differencesFrom(there, each, kept).map((difference) => {
      const isAdded = difference.kind !== 'missing';
      const owners = isAdded ? foreignOwners(there, difference.path) : [];
      const isSecret = each.kind === 'Secret' || difference.path.includes(LAST_APPLIED) || difference.path.includes('env');
      const by = owners.length === 0 ? '' : `, set by ${owners.join(' and ')}`;
      return `${nameOf(each)}: ${differenceText(difference, isAdded ? there : each, isSecret)}${by}`;
    });
  });
}

/** Do the pods run the same images? The name of an image may mean another one today. */
export async function provenPods(
  { cluster }: Site,
  objects: readonly KubeObject[],
  { driver }: ComponentState<KubectlState>,
): Promise<string[]> {
  const workloads = workloadsIn(objects);
  if (workloads.length === 0) return [];
  const digests = digestsOf(newPodsByWorkload(workloads, await cluster.list<KubeObject>('replicasets,pods')));
  return Object.entries(driver.digests).flatMap(([container, then]) =>
    (digests[container] ?? [])
      .filter((each) => !then.includes(each))
      .map((each) => `${container} runs ${each}, and ran ${then.join(', ')}`),
  );
}
