import { setTimeout as pause } from 'node:timers/promises';
import type { JsonSchema, Router } from '@ship/core';
import type { KubeObject, PlaceOptions } from '@ship/kube';
import { errors } from '../errors.js';
import type { Backend, Shares } from './backends.js';
import { behind, runningIn } from './behind.js';
import { type Change, demand, type Guard, patchGuarded, unread } from './guard.js';
import {
  type HttpRoute,
  pinningRules,
  rulesWith,
  type Standing,
  standingOf,
  weighingRules,
  weightChanges,
  weightsAsChanges,
  weightsIn,
} from './route-rules.js';
import { type Front, kubeRouter, type RouterSite } from './router.js';

/** `router: { httproute: { … } }` of a component. */
interface Settings {
  readonly route: string;
  /** One for each version that may run at the same time. */
  readonly services: readonly string[];
}

const name = { type: 'string', minLength: 1 };

const schema: JsonSchema = {
  $id: 'ship:router/httproute',
  type: 'object',
  required: ['route', 'services'],
  additionalProperties: false,
  properties: {
    route: { ...name, description: 'The HTTPRoute whose weights say how much of the traffic each version has.' },
    services: {
      type: 'array',
      minItems: 2,
      uniqueItems: true,
      items: name,
      description: 'The Services of the versions, among the backends of the route. Weights of other backends never change.',
    },
  },
};

/** The kind without its version: the API server answers the one that it prefers, `v1` where it has that. */
const KIND = 'httproutes.gateway.networking.k8s.io';
const KNOWN = /^gateway\.networking\.k8s\.io\/(v1|v1beta1)$/;

/** Weights of the backends of an HTTPRoute of the Gateway API. */
export const httprouteRouter = (options: PlaceOptions): Router => kubeRouter(options, schema, read);

type Service = KubeObject & { readonly spec?: { readonly selector?: Readonly<Record<string, string>> } };

async function read(site: RouterSite): Promise<Front> {
  const { component, cluster } = site;
  const settings = component.router!.settings as unknown as Settings;
  const route = await demand<HttpRoute>(cluster, component.name, KIND, settings.route);
  const services = await Promise.all(settings.services.map((each) => demand<Service>(cluster, component.name, 'services', each)));
  const rules = weighingRules(route, settings.services);
  const refuse = refusal(site, route);
  if (!KNOWN.test(route.apiVersion)) throw refuse(`the cluster serves ${route.apiVersion}, and what is known is v1 and v1beta1`);
  if (rules.length === 0) throw refuse(`no rule of it names two of ${settings.services.join(', ')}`);
  const weights = weightsIn(rules, settings.services);
  const running = await runningIn(cluster);
  return {
    backends: services.map(({ metadata, spec }): Backend => {
      if (spec?.selector === undefined) throw refuse(`Service ${metadata.name} has no selector, so nobody knows what stands behind it`);
      return { key: metadata.name, name: `Service ${metadata.name}`, ...behind(running, spec.selector), weight: weights[metadata.name]! };
    }),
    put: (shares) => put(site, route, settings, shares),
  };
}

const refusal =
  ({ component }: RouterSite, route: HttpRoute) =>
  (problem: string) =>
    errors.SHIP_KUBECTL_ROUTER_FORM({ component: component.name, object: `HTTPRoute ${route.metadata.name}`, problem });

/** All that a patch by places in lists relies on. */
const guardOf = (route: HttpRoute): Guard => ({
  path: '/spec/rules',
  value: route.spec?.rules,
  of: ({ spec }) => (spec as HttpRoute['spec'])?.rules,
});

async function put(site: RouterSite, route: HttpRoute, { services }: Settings, shares: Shares): Promise<void> {
  const { cluster, component, ctx } = site;
  const planned = weightChanges(weighingRules(route, services), shares);
  if ('problem' in planned) throw refusal(site, route)(planned.problem);
  const { changes } = planned;
  for (const { at, service } of pinningRules(route, services))
    ctx.log.info(`${component.name}: rule ${at + 1} of HTTPRoute ${route.metadata.name} names ${service} alone, and stays as it is`);
  if (changes.length > 0) await patchGuarded(cluster, route, guardOf(route), changes);
  const problem = await whyNotInForce(site, { before: route, services, shares }).catch(unread);
  if (problem === undefined) return;
  const end = changes.length === 0 ? '' : await putBack(site, route, services, changes);
  const wanted = [...shares].map(([key, share]) => `${key} ${share} %`).join(', ');
  throw errors.SHIP_KUBECTL_ROUTER_PROOF({ component: component.name, wanted, found: `${problem}${end}` });
}

/** The weights of before, unless somebody has changed the rules since. Answers what to say where that did not work. */
async function putBack(
  { cluster }: RouterSite,
  before: HttpRoute,
  services: readonly string[],
  changes: readonly Change[],
): Promise<string> {
  const written = rulesWith(before, changes);
  try {
    await patchGuarded(cluster, before, { ...guardOf(before), value: written }, weightsAsChanges(before, services));
    return '';
  } catch (error) {
    return `; the weights could not be put back: ${(error as Error).message}`;
  }
}

interface Wanted {
  readonly before: HttpRoute;
  readonly services: readonly string[];
  readonly shares: Shares;
}

/** A controller writes its conditions within a second or two. */
const CONDITIONS_MS = 20_000;
const POLL_MS = 500;

/** Are the weights those that were asked for, and do the controllers say that they are in force? Undefined: so it is. */
async function whyNotInForce(site: RouterSite, { before, services, shares }: Wanted): Promise<string | undefined> {
  const { ctx, cluster, component } = site;
  const until = Date.now() + CONDITIONS_MS;
  for (;;) {
    const now = await demand<HttpRoute>(cluster, component.name, KIND, before.metadata.name);
    const left = weightChanges(weighingRules(now, services), shares);
    if ('problem' in left || left.changes.length > 0) return 'somebody has changed its weights meanwhile';
    const standing = standingOf(now);
    if (standing.state !== 'late' || Date.now() >= until) return judged(site, before, standing);
    await pause(POLL_MS, undefined, { signal: ctx.signal });
  }
}

/** The runs that have heard of a route that no controller reports on: once is enough. */
const heard = new Set<string>();

function judged({ ctx, component }: RouterSite, before: HttpRoute, standing: Standing): string | undefined {
  if (standing.state === 'in-force') return undefined;
  if (standing.state !== 'silent') {
    const then = standingOf(before);
    const isOld = then.state === 'refused' && standing.state === 'refused' && then.problem === standing.problem;
    // What was so before is no consequence of the weights, such as a backend of somebody else that is gone.
    if (!isOld || !/ ResolvedRefs=/.test(standing.problem)) return standing.problem;
    ctx.log.warn(`${component.name}: HTTPRoute ${before.metadata.name}, before and after the weights changed: ${standing.problem}`);
    return undefined;
  }
  const key = `${ctx.run} ${component.name}`;
  if (!heard.has(key))
    ctx.log.warn(
      `${component.name}: no controller reports on HTTPRoute ${before.metadata.name}. Its weights are read back; whether a gateway follows them nobody says`,
    );
  heard.add(key);
  return undefined;
}
