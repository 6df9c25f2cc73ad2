import { type ComponentConfig, type Finding, isShipError, type Logger, type PlanReview } from '@ship/core';
import type { Cluster } from './cluster.js';
import { documentsOf, type KubeObject } from './objects.js';
import { demandPermissions, forbiddenText, type Permissions, permissionsFor, permissionsText, type Wanted } from './permissions.js';
import { exhaustedIn, quotasOf, tooMuchFor } from './quota.js';

/** A component, as far as its cluster can be asked about it before anything is changed. */
export interface Intent {
  /** The name of the component. */
  readonly name: string;
  readonly cluster: Cluster;
  /** It makes its namespace itself. */
  readonly makesNamespace?: boolean;
  /** What it would bring live. May throw, as long as something else makes it first. */
  rendered(): Promise<readonly KubeObject[]>;
  /** What is live of it. */
  live(): Promise<readonly KubeObject[]>;
  /** What it must be allowed to do, now and on the way back. */
  wanted(rendered: readonly KubeObject[], live: readonly KubeObject[]): readonly Wanted[];
}

/** How long a cluster has to answer. One that is dead must not keep anybody. */
const ANSWER_MS = 8_000;

/** Objects of a manifest, as far as the cluster knows their kinds, with the namespace of each. Changes nothing. */
export async function objectsIn(cluster: Cluster, manifest: string): Promise<KubeObject[]> {
  if (manifest.trim() === '') return [];
  return documentsOf((await cluster.attempt(['create', '--dry-run=client', '--output=json', '--filename=-'], { input: manifest })).stdout);
}

/**
 * Before a deploy: is something missing that it, or its way back, needs? All components of the driver are asked about together,
 * so that one refusal names all. What runs on another machine, or on a condition, and what cannot be asked yet, such as a
 * cluster that an earlier step makes, is passed over: each deploy asks again, before it changes anything.
 */
export async function refuseForbidden(review: PlanReview, driver: string, intentOf: (component: ComponentConfig) => Intent): Promise<void> {
  // A preview asks nobody but whom its steps ask.
  if (review.purpose !== 'deploy') return;
  const certain = review.plan.steps.filter(({ uses, on, when }) => uses === 'deploy' && on === undefined && when === undefined);
  const components = certain.flatMap(({ component }) => (component?.driver === driver ? [component] : []));
  await Promise.all(
    [...byPlace(components.map(intentOf)).values()].map(async (there) => {
      const { cluster } = there[0]!;
      if ((await versionsOf(cluster)).problem !== undefined) return;
      const findings = await permissionFindings(cluster, there, await Promise.all(there.map(seen))).catch(() => []);
      for (const each of findings) if (each.level === 'block') review.finding(each);
    }),
  );
}

/** Before a component is changed: throws SHIP_KUBE_FORBIDDEN with all that is missing. What nobody can say is logged. */
export async function demandIntent(intent: Intent, log: Pick<Logger, 'warn'>): Promise<void> {
  const { rendered, live } = await seen(intent);
  const unknown = await demandPermissions(intent.cluster, intent.name, intent.wanted(rendered, live));
  if (unknown.length > 0) log.warn(`${intent.name}: nobody can say whether it may do ${permissionsText(unknown)}`);
}

/** What `ship doctor` says of the clusters of components: do they answer, is the namespace there, is a right missing, does all of it fit? */
export async function examineComponents(
  components: Readonly<Record<string, ComponentConfig>>,
  { driver, tools = '' }: { readonly driver: string /** Whose versions are known besides. */; readonly tools?: string },
  intentOf: (component: ComponentConfig) => Intent,
): Promise<Finding[]> {
  const wrong: Finding[] = [];
  const intents = Object.values(components).flatMap((component) => {
    if (component.driver !== driver) return [];
    try {
      return [intentOf(component)];
    } catch (error) {
      if (!isShipError(error)) throw error;
      wrong.push({ level: 'block', rule: driver, message: `${error.message}. ${error.hint ?? ''}` });
      return [];
    }
  });
  const found = await Promise.all([...byPlace(intents).values()].map((there) => examinePlace(driver, there, tools)));
  return [...wrong, ...found.flat()];
}

async function examinePlace(rule: string, there: readonly Intent[], tools: string): Promise<Finding[]> {
  const { cluster } = there[0]!;
  const { context, namespace } = cluster.where;
  const finding = (level: Finding['level'], message: string): Finding => ({ level, rule, message });
  const { client, server, problem } = await versionsOf(cluster);
  if (problem !== undefined) return [finding('block', `${context}: ${problem}`)];
  const isThere = await hasNamespace(cluster);
  if (isThere === false && !there.some(({ makesNamespace }) => makesNamespace))
    return [finding('block', `${context} has no namespace ${namespace}: \`kubectl --context=${context} create namespace ${namespace}\``)];
  const things = await Promise.all(there.map(seen));
  const quotas = await quotasOf(cluster);
  const [rendered, live] = [things.flatMap((each) => each.rendered), things.flatMap((each) => each.live)];
  const problems = things.flatMap(({ problem: unread }, at) => (unread === undefined ? [] : [`${there[at]!.name}: ${unread}`]));
  return [
    ...(await permissionFindings(cluster, there, things)),
    ...problems.map((each) => finding('warn', each)),
    ...[...exhaustedIn(quotas), ...tooMuchFor(quotas, rendered, live)].map((each) => finding('warn', `${context}/${namespace}: ${each}`)),
    finding('info', `${context}/${namespace} answers: Kubernetes ${server}, kubectl ${client}${tools}`),
  ];
}

/** What could be read of a component. */
interface Seen {
  readonly rendered: readonly KubeObject[];
  readonly live: readonly KubeObject[];
  readonly problem?: string;
}

async function seen(intent: Intent): Promise<Seen> {
  const live = await intent.live().catch(() => []);
  try {
    return { rendered: await intent.rendered(), live };
  } catch (error) {
    return { rendered: [], live, problem: (error as Error).message };
  }
}

async function permissionFindings(cluster: Cluster, there: readonly Intent[], things: readonly Seen[]): Promise<Finding[]> {
  const { missing, unknown }: Permissions = await permissionsFor(
    cluster,
    there.flatMap((each, at) => each.wanted(things[at]!.rendered, things[at]!.live)),
  );
  const names = there.map(({ name }) => name).join(' and ');
  const finding = (level: Finding['level'], message: string): Finding => ({ level, rule: 'kube-permissions', message });
  return [
    ...(missing.length === 0 ? [] : [finding('block', await forbiddenText(cluster, names, missing))]),
    ...(unknown.length === 0 ? [] : [finding('warn', `nobody can say whether ${names} may do ${permissionsText(unknown)}`)]),
  ];
}

function byPlace(intents: readonly Intent[]): Map<string, Intent[]> {
  const places = new Map<string, Intent[]>();
  for (const each of intents) {
    const { context, namespace, kubeconfig } = each.cluster.where;
    const key = JSON.stringify([context, namespace, kubeconfig]);
    places.set(key, [...(places.get(key) ?? []), each]);
  }
  return places;
}

/** The versions of both sides, or why there is none, in the words of kubectl. */
async function versionsOf(cluster: Cluster): Promise<{ client?: string; server?: string; problem?: string }> {
  try {
    const words = ['version', '--output=json', `--request-timeout=${ANSWER_MS / 2_000}s`];
    const { stdout, stderr } = await cluster.attempt(words, { timeoutMs: ANSWER_MS });
    const { clientVersion, serverVersion } = JSON.parse(stdout || '{}') as Record<string, { gitVersion?: string } | undefined>;
    if (serverVersion?.gitVersion === undefined) return { problem: stderr.trim().split('\n').at(-1) || 'the cluster does not answer' };
    return { client: clientVersion?.gitVersion ?? 'of no version', server: serverVersion.gitVersion };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** Undefined: that may not be seen. */
async function hasNamespace(cluster: Cluster): Promise<boolean | undefined> {
  const words = ['get', 'namespace', cluster.where.namespace, '--ignore-not-found', '--output=name'];
  const { exitCode, stdout } = await cluster.attempt(words);
  return exitCode === 0 ? stdout.trim() !== '' : undefined;
}
