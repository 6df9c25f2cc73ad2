import type { Cluster } from './cluster.js';
import { errors } from './errors.js';

/** What somebody must be allowed to do with objects of a kind. */
export interface Wanted {
  readonly apiVersion: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  /** Where it is not the namespace of the component. */
  readonly namespace?: string | undefined;
}

/** One permission, as the API asks for it. */
export interface Permission {
  readonly verb: string;
  /** '' for those that have none, such as ConfigMaps. */
  readonly group: string;
  /** Such as `deployments`. */
  readonly resource: string;
  /** '' for the whole cluster. */
  readonly namespace: string;
}

/** What the cluster says of permissions. */
export interface Permissions {
  readonly missing: readonly Permission[];
  /** Those of which nobody can say, such as an authoriser that does not answer: these are not taken as missing. */
  readonly unknown: readonly Permission[];
}

/** What a kind is called in rules. */
interface Resource {
  readonly name: string;
  readonly isNamespaced: boolean;
}

/** Asks for all of it at once. A kind that the server does not know is left out: whoever makes it is told so by the server. */
export async function permissionsFor(cluster: Cluster, wanted: readonly Wanted[]): Promise<Permissions> {
  const resources = await resourcesOf(cluster);
  const all = wanted.flatMap(({ apiVersion, kind, verbs, namespace = cluster.where.namespace }) => {
    const group = groupOf(apiVersion);
    const resource = resources.get(`${group}/${kind}`);
    if (resource === undefined) return [];
    return verbs.map((verb) => ({ verb, group, resource: resource.name, namespace: resource.isNamespaced ? namespace : '' }));
  });
  const asked = [...new Map(all.map((each) => [keyOf(each), each])).values()];
  const answers = asked.length === 0 ? new Map<string, Answered>() : await answersTo(cluster, asked);
  const answerOf = (each: Permission): Answered => answers.get(keyOf(each)) ?? 'unknown';
  return {
    missing: asked.filter((each) => answerOf(each) === 'no'),
    unknown: asked.filter((each) => answerOf(each) === 'unknown'),
  };
}

/** Throws SHIP_KUBE_FORBIDDEN with all that is missing. Answers what nobody can say. */
export async function demandPermissions(cluster: Cluster, what: string, wanted: readonly Wanted[]): Promise<readonly Permission[]> {
  const { missing, unknown } = await permissionsFor(cluster, wanted);
  if (missing.length > 0) throw errors.SHIP_KUBE_FORBIDDEN({ problem: await forbiddenText(cluster, what, missing) });
  return unknown;
}

/** Who may not do what, and the rules that would allow it. */
export async function forbiddenText(cluster: Cluster, what: string, missing: readonly Permission[]): Promise<string> {
  const { context } = cluster.where;
  const user = (await userOf(cluster)) ?? `the user of the context ${context}`;
  const places = [...new Set(missing.map(({ namespace }) => namespace))].sort();
  const lines = places.map((namespace) => {
    const here = missing.filter((each) => each.namespace === namespace);
    const [at, role] =
      namespace === '' ? [`in all of ${context}`, 'a ClusterRole'] : [`in ${context}/${namespace}`, `a Role in ${namespace}`];
    return `${permissionsText(here)} ${at}; ${role} would allow it: ${rulesText(here)}`;
  });
  return `${user} may not do what ${what} needs, now or on the way back: ${lines.join('; ')}`;
}

/** `configmaps (update, delete), deployments.apps (update)`. */
export const permissionsText = (permissions: readonly Permission[]): string =>
  [...byResource(permissions)].map(([resource, verbs]) => `${resource} (${verbs.join(', ')})`).join(', ');

/** Rules of RBAC, as YAML in one line. */
function rulesText(permissions: readonly Permission[]): string {
  const rules = new Map<string, { group: string; verbs: string[]; resources: string[] }>();
  for (const [name, verbs] of byResource(permissions)) {
    const [resource = '', ...group] = name.split('.');
    const key = `${group.join('.')} ${verbs.join()}`;
    const rule = rules.get(key) ?? { group: group.join('.'), verbs, resources: [] };
    rule.resources.push(resource);
    rules.set(key, rule);
  }
  const list = (words: readonly string[]) => `[${words.map((each) => JSON.stringify(each)).join(', ')}]`;
  return `rules: [${[...rules.values()]
    .map(({ group, resources, verbs }) => `{ apiGroups: ${list([group])}, resources: ${list(resources)}, verbs: ${list(verbs)} }`)
    .join(', ')}]`;
}

function byResource(permissions: readonly Permission[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { group, resource, verb } of permissions) {
    const name = group === '' ? resource : `${resource}.${group}`;
    found.set(name, [...(found.get(name) ?? []), verb]);
  }
  return found;
}

const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? apiVersion.split('/')[0]! : '');
const keyOf = ({ verb, group = '', resource, namespace = '' }: Partial<Permission>): string => [verb, group, resource, namespace].join(' ');

/** By `group/Kind`. A group whose server does not answer keeps nobody from the others. */
async function resourcesOf(cluster: Cluster): Promise<Map<string, Resource>> {
  const { stdout } = await cluster.attempt(['api-resources', '--no-headers']);
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/));
  return new Map(
    rows
      // There may be short names in between.
      .filter((row) => row.length >= 4)
      .map((row) => {
        const [apiVersion = '', isNamespaced, kind] = row.slice(-3);
        return [`${groupOf(apiVersion)}/${kind}`, { name: row[0]!, isNamespaced: isNamespaced === 'true' }];
      }),
  );
}

type Answered = 'yes' | 'no' | 'unknown';

/** One process asks for all: each is a review that the server answers, and keeps nothing of. */
async function answersTo(cluster: Cluster, asked: readonly Permission[]): Promise<Map<string, Answered>> {
  const items = asked.map((resourceAttributes) => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  }));
  const { stdout } = await cluster.attempt(
    ['create', '--filename=-', '--output=jsonpath={.spec.resourceAttributes}{"\\t"}{.status}{"\\n"}'],
    {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    },
  );
  return new Map(stdout.split('\n').flatMap(answerIn));
}

/** What is neither allowed nor denied, with an error, nobody has decided upon. */
function answerIn(line: string): [string, Answered][] {
  const [attributes, status] = line.split('\t');
  if (attributes === undefined || status === undefined) return [];
  const { allowed, denied, evaluationError } = JSON.parse(status) as { allowed: boolean; denied?: boolean; evaluationError?: string };
  const answered = allowed ? 'yes' : denied !== true && evaluationError !== undefined ? 'unknown' : 'no';
  return [[keyOf(JSON.parse(attributes) as Partial<Permission>), answered]];
}

/** A path that is none, which hardly anybody may read: the refusal says who has asked. Newer servers would say it themselves. */
async function userOf(cluster: Cluster): Promise<string | undefined> {
  const { stderr } = await cluster.attempt(['get', '--raw=/ship-whoami']);
  return /User "([^"]+)"/.exec(stderr)?.[1];
}
