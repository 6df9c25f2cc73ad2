import { cleaned, LAST_APPLIED } from './clean.js';
import type { Cluster } from './cluster.js';
import { type Difference, differencesOf, differenceText } from './differences.js';
import { identityOf, type KubeObject, nameOf } from './objects.js';
import { foreignOwners } from './owners.js';
import { digestsOf, newestPods, workloadsIn } from './running.js';

/** What objects are held to. */
export interface Measure {
  /** By name, such as `Deployment web`: the replicas at that time, where somebody else sets them. */
  readonly scaled: Readonly<Record<string, number>>;
  /** Managers of fields that act for ship, such as `helm`. */
  readonly tools?: readonly string[];
}

/** How an object that is there differs from what it was. */
export const differencesFrom = (live: KubeObject, wanted: KubeObject, { scaled }: Measure): Difference[] =>
  differencesOf(cleaned(live, scaled[nameOf(wanted)] !== undefined), wanted);

/** What of these objects is not what it was, in words, with who has set it. */
export function leftOf(now: readonly KubeObject[], wanted: readonly KubeObject[], measure: Measure): string[] {
  const live = new Map(now.map((each) => [identityOf(each), each]));
  return wanted.flatMap((each) => {
    const there = live.get(identityOf(each));
    if (there === undefined) return [`${nameOf(each)} is not there, and was`];
    return differencesFrom(there, each, measure).map((difference) => {
      const isAdded = difference.kind !== 'missing';
      const owners = isAdded ? foreignOwners(there, difference.path, measure.tools) : [];
      const isSecret = each.kind === 'Secret' || difference.path.includes(LAST_APPLIED) || difference.path.includes('env');
      const by = owners.length === 0 ? '' : `, set by ${owners.join(' and ')}`;
      return `${nameOf(each)}: ${differenceText(difference, isAdded ? there : each, isSecret)}${by}`;
    });
  });
}

/** Do the pods run the same images? The name of an image may mean another one today. `digests`: what ran then. */
export async function provenPods(
  cluster: Cluster,
  objects: readonly KubeObject[],
  digests: Readonly<Record<string, readonly string[]>>,
): Promise<string[]> {
  const now = digestsOf(await newestPods(cluster, workloadsIn(objects)));
  return Object.entries(digests).flatMap(([container, then]) =>
    (now[container] ?? []).filter((each) => !then.includes(each)).map((each) => `${container} runs ${each}, and ran ${then.join(', ')}`),
  );
}

/** Whose number of replicas changes, in words: an API server of old does not note who has scaled. */
export function replicasText(now: readonly KubeObject[], differing: readonly KubeObject[]): string[] {
  const live = new Map(now.map((each) => [identityOf(each), each]));
  return differing.flatMap((each) => {
    const [today, then] = [live.get(identityOf(each)), each].map((one) => (one?.spec as { replicas?: number } | undefined)?.replicas);
    return today === undefined || then === undefined || today === then
      ? []
      : [`${nameOf(each)} had ${today} replicas, and has ${then} again`];
  });
}
