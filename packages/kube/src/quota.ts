import type { Cluster } from './cluster.js';
import { type KubeObject, nameOf, type Workload } from './objects.js';
import { workloadsIn } from './running.js';

/** What may be used in a namespace, and what is. */
export interface Quota extends KubeObject {
  readonly spec?: { readonly scopes?: readonly string[]; readonly scopeSelector?: object };
  readonly status?: { readonly hard?: Readonly<Record<string, string>>; readonly used?: Readonly<Record<string, string>> };
}

type Amounts = Readonly<Record<string, number>>;

interface Resources {
  readonly requests?: Readonly<Record<string, string | number>>;
  readonly limits?: Readonly<Record<string, string | number>>;
}

const POWERS: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** A quantity of Kubernetes, such as `500m` or `1Gi`; NaN for what is none. */
export function quantityOf(text: string | number): number {
  const [, value, power = ''] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(String(text)) ?? [];
  return value === undefined ? Number.NaN : Number(value) * (POWERS[power] ?? Number.NaN);
}

/** The quotas of the namespace; none where they may not be seen. */
export async function quotasOf(cluster: Cluster): Promise<Quota[]> {
  const { exitCode, stdout } = await cluster.attempt(['get', 'resourcequotas', '--output=json']);
  return exitCode === 0 ? (JSON.parse(stdout) as { items: Quota[] }).items : [];
}

/** What of the quotas is used up. */
export const exhaustedIn = (quotas: readonly Quota[]): string[] =>
  quotas.flatMap(({ metadata, status: { hard = {}, used = {} } = {} }) =>
    Object.entries(hard).flatMap(([name, most]) =>
      // Of nothing nothing is meant to be used.
      quantityOf(most) > 0 && quantityOf(used[name] ?? 0) >= quantityOf(most)
        ? [`the quota ${metadata.name} is used up: ${name} ${used[name]} of ${most}`]
        : [],
    ),
  );

/**
 * What of the objects would not fit into the quotas, after what is live of them has made room. Quotas with a scope are for some
 * pods alone, which nobody can tell from here: these are passed over. What pods get by a LimitRange is not known either.
 */
export function tooMuchFor(quotas: readonly Quota[], wanted: readonly KubeObject[], live: readonly KubeObject[]): string[] {
  const then = sum(workloadsIn(live).map(amountsOf));
  const now = sum([...workloadsIn(wanted).map(amountsOf), ...workloadsIn(wanted).map((each) => surgeOf(each, live))]);
  return quotas.flatMap(({ metadata, spec, status: { hard = {}, used = {} } = {} }) =>
    spec?.scopes !== undefined || spec?.scopeSelector !== undefined
      ? []
      : Object.entries(hard).flatMap(([name, most]) => {
          const more = (now[name] ?? 0) - (then[name] ?? 0);
          const free = quantityOf(most) - quantityOf(used[name] ?? 0);
          return more <= 0 || more <= free + TINY
            ? []
            : [
                `what is configured does not fit into the quota ${metadata.name}: it needs ${shown(more)} more of ${name}, and ${used[name] ?? 0} of ${most} is used`,
              ];
        }),
  );
}

/** Sums of fractions are not exact. */
const TINY = 1e-6;
const shown = (amount: number): string => String(Math.round(amount * 1000) / 1000);

/** What the pods of a workload use, by the names that quotas have for it. */
function amountsOf(workload: Workload): Amounts {
  const { kind, spec, status } = workload;
  // How many nodes there are nobody says beforehand.
  const replicas = kind === 'DaemonSet' ? (status?.desiredNumberScheduled ?? 1) : (spec.replicas ?? 1);
  return times(podOf(workload), replicas);
}

/** While a Deployment is replaced one pod more is there, where none of it may be missing. */
function surgeOf(workload: Workload, live: readonly KubeObject[]): Amounts {
  const isLive = live.some((each) => nameOf(each) === nameOf(workload));
  if (workload.kind !== 'Deployment' || !isLive) return {};
  const { type, rollingUpdate } =
    (workload.spec as { strategy?: { type?: string; rollingUpdate?: { maxUnavailable?: string | number } } }).strategy ?? {};
  const most = String(rollingUpdate?.maxUnavailable ?? '25%');
  const away = most.endsWith('%') ? Math.floor(((workload.spec.replicas ?? 1) * Number.parseFloat(most)) / 100) : Number(most);
  return type === 'Recreate' || away > 0 ? {} : podOf(workload);
}

/** Containers side by side; those that come before them count only where one needs more than all that follow. */
function podOf({ spec }: Workload): Amounts {
  const { containers = [], initContainers = [] } = spec.template?.spec ?? {};
  const of = (container: object) => resourcesIn((container as { resources?: Resources }).resources ?? {});
  const all = sum(containers.map(of));
  const most = initContainers.map(of).reduce((one, other) => merged(one, other, Math.max), all);
  return { ...most, pods: 1, 'count/pods': 1 };
}

function resourcesIn({ requests = {}, limits = {} }: Resources): Amounts {
  // Where nothing is requested, what is the limit is requested.
  const requested = Object.entries({ ...limits, ...requests }).flatMap(([name, amount]) => [
    [`requests.${name}`, quantityOf(amount)] as const,
    ...(name === 'cpu' || name === 'memory' ? [[name, quantityOf(amount)] as const] : []),
  ]);
  return Object.fromEntries([
    ...requested,
    ...Object.entries(limits).map(([name, amount]) => [`limits.${name}`, quantityOf(amount)] as const),
  ]);
}

const sum = (all: readonly Amounts[]): Amounts => all.reduce((one, other) => merged(one, other, (a, b) => a + b), {});
const times = (amounts: Amounts, by: number): Amounts =>
  Object.fromEntries(Object.entries(amounts).map(([name, each]) => [name, each * by]));

function merged(one: Amounts, other: Amounts, by: (a: number, b: number) => number): Amounts {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...names].map((name) => [name, by(one[name] ?? 0, other[name] ?? 0)]));
}
