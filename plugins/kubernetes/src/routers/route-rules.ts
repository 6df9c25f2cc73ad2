import type { KubeObject } from '@ship/kube';
import type { Shares } from './backends.js';
import type { Change } from './guard.js';

/** Where a rule of an HTTPRoute sends what it matches. */
export interface BackendRef {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly weight?: number;
}

/** An HTTPRoute, as far as it is read. What is not read is never written. */
export type HttpRoute = KubeObject & {
  readonly spec?: { readonly rules?: readonly { readonly backendRefs?: readonly BackendRef[] }[] };
  readonly status?: { readonly parents?: readonly ParentStatus[] };
};

/** What the controller of one gateway says of the route. */
export interface ParentStatus {
  readonly parentRef?: { readonly name?: string };
  readonly controllerName?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
    readonly observedGeneration?: number;
  }[];
}

/** One rule that weighs between Services of ours. */
interface Rule {
  /** Its place in the route, from 0. */
  readonly at: number;
  /** Places in its backendRefs, with the Service and the weight of each of ours. */
  readonly own: readonly { readonly at: number; readonly name: string; readonly weight: number }[];
  /** What backends of others weigh in it. */
  readonly foreign: number;
}

/** The rules that name Services of ours. A weight that is not written is 1, as the Gateway API says. */
function rulesOf({ spec, metadata }: HttpRoute, services: readonly string[]): Rule[] {
  const isOwn = ({ group = '', kind = 'Service', namespace = metadata.namespace, name }: BackendRef) =>
    (group === '' || group === 'core') && kind === 'Service' && namespace === metadata.namespace && services.includes(name);
  return (spec?.rules ?? []).flatMap(({ backendRefs = [] }, at) => {
    const all = backendRefs.map((each, place) => ({ at: place, name: each.name, weight: each.weight ?? 1, isOwn: isOwn(each) }));
    const own = all.filter((each) => each.isOwn);
    const foreign = all.filter((each) => !each.isOwn).reduce((sum, { weight }) => sum + weight, 0);
    return own.length === 0 ? [] : [{ at, own, foreign }];
  });
}

const weightPath = (rule: number, backend: number): string => `/spec/rules/${rule}/backendRefs/${backend}/weight`;
const namesIn = ({ own }: Rule): string[] => [...new Set(own.map(({ name }) => name))];
const totalOf = ({ own }: Rule): number => own.reduce((sum, { weight }) => sum + weight, 0);

/** The rules that weigh between versions: those that name two of the Services at least. */
export const weighingRules = (route: HttpRoute, services: readonly string[]): Rule[] =>
  rulesOf(route, services).filter((rule) => namesIn(rule).length > 1);

/** The rules that name one of the Services alone, such as for a header: what they match goes there, whatever the weights. */
export const pinningRules = (route: HttpRoute, services: readonly string[]): { at: number; service: string }[] =>
  rulesOf(route, services).flatMap((rule) => {
    const [service, ...others] = namesIn(rule);
    return others.length === 0 ? [{ at: rule.at, service: service! }] : [];
  });

/** What each Service weighs, all rules together, each rule counting the same. */
export function weightsIn(rules: readonly Rule[], services: readonly string[]): Record<string, number> {
  const weights = Object.fromEntries(services.map((name) => [name, 0]));
  for (const rule of rules)
    for (const { name, weight } of rule.own) if (weight > 0) weights[name] = weights[name]! + weight / totalOf(rule);
  return weights;
}

/**
 * The weights that must change. Ours go on weighing together what they weigh, where backends of others share the rule.
 * Answers why not where that cannot be said in whole numbers.
 */
export function weightChanges(rules: readonly Rule[], shares: Shares): { changes: Change[] } | { problem: string } {
  const changes: Change[] = [];
  if (rules.every((rule) => rule.foreign > 0 && totalOf(rule) === 0))
    return { problem: 'its Services weigh nothing beside backends of others' };
  for (const rule of rules) {
    const total = rule.foreign > 0 ? totalOf(rule) : 100;
    const first = new Map(rule.own.toReversed().map(({ name, at }) => [name, at]));
    for (const { at, name, weight } of rule.own) {
      // A Service that is named twice in one rule has all its weight at the first of them.
      const wanted = first.get(name) === at ? (shares.get(name)! * total) / 100 : 0;
      if (!Number.isInteger(wanted))
        return {
          problem: `in rule ${rule.at + 1} its Services weigh ${total} together, beside backends of others, and ${shares.get(name)} % of that is no whole number`,
        };
      if (wanted !== weight) changes.push({ path: weightPath(rule.at, at), value: wanted });
    }
  }
  return { changes };
}

/** The weights that a route has now, as changes that would make them so again. */
export const weightsAsChanges = (route: HttpRoute, services: readonly string[]): Change[] =>
  weighingRules(route, services).flatMap(({ at, own }) => own.map((each) => ({ path: weightPath(at, each.at), value: each.weight })));

/** The rules as they are once the changes are made. */
export function rulesWith({ spec }: HttpRoute, changes: readonly Change[]): unknown {
  const values = new Map(changes.map(({ path, value }) => [path, value]));
  return spec?.rules?.map((rule, at) => ({
    ...rule,
    ...(rule.backendRefs && {
      backendRefs: rule.backendRefs.map((each, place) => {
        const weight = values.get(weightPath(at, place));
        return weight === undefined ? each : { ...each, weight };
      }),
    }),
  }));
}

/** Conditions by which a controller says that a route is in force. */
const IN_FORCE = ['Accepted', 'ResolvedRefs', 'Programmed'];

/** How the controllers of a route stand to its newest generation. */
export type Standing =
  /** No controller has ever said anything. */
  { readonly state: 'silent' } | { readonly state: 'in-force' } | { readonly state: 'late' | 'refused'; readonly problem: string };

/** By what its conditions say. One that does not say of which generation it speaks is taken at its word. */
export function standingOf({ metadata, status }: HttpRoute): Standing {
  const all = (status?.parents ?? []).flatMap(({ controllerName = 'a controller', parentRef, conditions = [] }) =>
    conditions.map((each) => ({ ...each, who: `${controllerName}${parentRef?.name === undefined ? '' : ` (${parentRef.name})`}` })),
  );
  const told = all.filter(({ type }) => IN_FORCE.includes(type));
  if (told.length === 0) return { state: 'silent' };
  const { generation = 0 } = metadata;
  const late = told.find(({ observedGeneration = generation }) => observedGeneration < generation);
  if (late !== undefined)
    return { state: 'late', problem: `${late.who} has seen generation ${late.observedGeneration}, and not yet ${generation}` };
  const bad = told.find(({ status: is }) => is !== 'True');
  if (bad === undefined) return { state: 'in-force' };
  const { who, type, status: is, reason = '', message = '' } = bad;
  return { state: 'refused', problem: `${who} says ${type}=${is}${reason && `, ${reason}`}${message && `: ${message}`}` };
}
