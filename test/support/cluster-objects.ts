type Fields = Record<string, unknown>;

/** What of a namespace is compared, whoever deployed it. */
const KINDS =
  'deployments,statefulsets,daemonsets,configmaps,secrets,services,serviceaccounts,horizontalpodautoscalers,persistentvolumeclaims';

/** All objects of a namespace, without what changes with every change, what the cluster makes by itself, and what Helm keeps for itself. */
export async function allObjects(kubectl: (...words: string[]) => Promise<string>): Promise<Fields[]> {
  const { items } = JSON.parse(await kubectl('get', KINDS, '-o', 'json')) as { items: Fields[] };
  return items.filter(({ type, metadata }) => !isOfCluster(String(type), (metadata as Fields).name as string)).map(comparable);
}

/** What belongs to the whole cluster, and has a name in its own. */
export async function clusterObjects(kubectl: (...words: string[]) => Promise<string>, name: string): Promise<Fields[]> {
  const kinds = 'clusterroles,clusterrolebindings,podsecuritypolicies,validatingwebhookconfigurations,mutatingwebhookconfigurations';
  const { items } = JSON.parse(await kubectl('get', kinds, '-o', 'json')) as { items: Fields[] };
  return items.filter(({ metadata }) => String((metadata as Fields).name).includes(name)).map(comparable);
}

const isOfCluster = (type: string, name: string): boolean =>
  type === 'kubernetes.io/service-account-token' || type === 'helm.sh/release.v1' || name === 'kube-root-ca.crt' || name === 'default';

/** An answer of the API without what changes with every change, whatever it is. */
function comparable({ status: _status, secrets: _secrets, ...object }: Fields): Fields {
  const { uid: _u, resourceVersion: _r, generation: _g, creationTimestamp: _c, annotations = {}, ...metadata } = object.metadata as Fields;
  const { 'deployment.kubernetes.io/revision': _d, 'deprecated.daemonset.template.generation': _t, ...rest } = annotations as Fields;
  return { ...object, metadata: { ...metadata, annotations: rest } };
}
