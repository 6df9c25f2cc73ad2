import type { KubeObject, Workload } from './objects.js';

/** What the API server and the controllers write, and no manifest says. */
const OF_THE_SERVER = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'selfLink',
  'managedFields',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
]);
const OF_CONTROLLERS = [
  /^deployment\.kubernetes\.io\//,
  /^deprecated\.daemonset\.template\.generation$/,
  /^autoscaling\.alpha\.kubernetes\.io\/(conditions|current-metrics)$/,
  /^pv\.kubernetes\.io\//,
  /^volume\.(beta\.)?kubernetes\.io\/(storage-provisioner|selected-node)$/,
];

/** What kubectl itself keeps of the last `kubectl apply` of old, in an annotation. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * An object as somebody would have written it: without what the server and controllers add, and without the replicas where
 * an autoscaler sets them. Two answers of the API that mean the same are the same.
 */
export function cleaned(object: KubeObject, isScaled: boolean): KubeObject {
  const { status: _status, metadata, ...rest } = object;
  const clean = withoutTimes({ ...rest, metadata: cleanMetadata(metadata) }) as KubeObject;
  if (clean.kind === 'ServiceAccount') return withoutTokens(clean);
  if (!isScaled) return clean;
  const { replicas: _replicas, ...spec } = clean.spec as NonNullable<Workload['spec']>;
  return { ...clean, spec };
}

function cleanMetadata(metadata: KubeObject['metadata']): KubeObject['metadata'] {
  const entries = Object.entries(metadata).flatMap(([key, value]): [string, unknown][] => {
    if (OF_THE_SERVER.has(key)) return [];
    if (key === 'annotations')
      return some(
        key,
        Object.entries(value).filter(([name]) => !OF_CONTROLLERS.some((each) => each.test(name))),
      );
    if (key === 'labels') return some(key, Object.entries(value));
    if (key === 'finalizers') {
      const own = (value as string[]).filter((each) => !/(^|\.)kubernetes\.io\//.test(each));
      return own.length === 0 ? [] : [[key, own]];
    }
    return [[key, value]];
  });
  return Object.fromEntries(entries) as unknown as KubeObject['metadata'];
}

/** An empty map is as good as none. */
const some = (key: string, entries: [string, unknown][]): [string, unknown][] =>
  entries.length === 0 ? [] : [[key, Object.fromEntries(entries)]];

/** Templates have times and a status of their own, which say nothing. */
function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, each]) => !(key === 'creationTimestamp' && each === null))
      .map(([key, each]) => [key, key === 'volumeClaimTemplates' ? templatesOf(each) : withoutTimes(each)]),
  );
}

const templatesOf = (templates: unknown): unknown =>
  (templates as Record<string, unknown>[]).map(({ status: _status, ...each }) => withoutTimes(each));

/** Tokens of a service account are made for it, under names that nobody chooses. */
function withoutTokens(account: KubeObject): KubeObject {
  const { secrets, ...rest } = account;
  const own = ((secrets as { name?: string }[] | undefined) ?? []).filter(
    ({ name = '' }) => !new RegExp(`^${account.metadata.name.replaceAll('.', '\\.')}-(token|dockercfg)-\\w{5}$`).test(name),
  );
  return (own.length === 0 ? rest : { ...rest, secrets: own }) as KubeObject;
}

/** The same text for the same content, in whatever order its fields come. */
export function stable(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
}
