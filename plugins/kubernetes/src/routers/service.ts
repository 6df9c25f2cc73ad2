import { setTimeout as pause } from 'node:timers/promises';
import type { JsonSchema, Router } from '@ship/core';
import type { KubeObject, PlaceOptions } from '@ship/kube';
import { errors } from '../errors.js';
import { OWNER, ownerLabel } from '../objects/marks.js';
import type { Backend, Shares } from './backends.js';
import { behind, matches, type Running, runningIn, templateLabels, VERSION_LABEL } from './behind.js';
import { demand, patchGuarded, pointer, unread } from './guard.js';
import { type Front, kubeRouter, type RouterSite } from './router.js';

/** `router: { service: { … } }` of a component. */
interface Settings {
  readonly service: string;
  readonly label?: string;
}

type Selector = Readonly<Record<string, string>>;
type Service = KubeObject & { readonly spec?: { readonly selector?: Selector } };

const schema: JsonSchema = {
  $id: 'ship:router/service',
  type: 'object',
  required: ['service'],
  additionalProperties: false,
  properties: {
    service: { type: 'string', minLength: 1, description: 'The Service whose selector says which version has the traffic.' },
    label: {
      type: 'string',
      pattern: '^[A-Za-z0-9][A-Za-z0-9./_-]*$',
      title: 'the key of a label',
      examples: ['slot'],
      description: `The label of the selector that is switched: the version of pods, or their slot. Default: ${VERSION_LABEL}.`,
    },
  },
};

/** Blue and green by the selector of a Service: all of the traffic, or nothing of it. */
export const serviceRouter = (options: PlaceOptions): Router => kubeRouter(options, schema, read);

async function read(site: RouterSite): Promise<Front> {
  const { component, cluster } = site;
  const { service: name, label = VERSION_LABEL } = component.router!.settings as unknown as Settings;
  const service = await demand<Service>(cluster, component.name, 'services', name);
  const selector = selectorOf(site, service, label);
  const running = await runningIn(cluster);
  return {
    backends: valuesOf(running, selector, label).map((value): Backend => {
      const own = { ...selector, [label]: value };
      return { key: value, name: `${label}=${value}`, ...behind(running, own, value), weight: selector[label] === value ? 100 : 0 };
    }),
    put: (shares) => put(site, { service, selector, label }, shares),
  };
}

/** The selector, where it can be switched. Throws SHIP_KUBECTL_ROUTER_FORM. */
function selectorOf({ ctx, component }: RouterSite, service: Service, label: string): Selector {
  const selector = service.spec?.selector ?? {};
  const refuse = (problem: string) =>
    errors.SHIP_KUBECTL_ROUTER_FORM({ component: component.name, object: `Service ${service.metadata.name}`, problem });
  if (selector[label] === undefined) throw refuse(`its selector has no ${label}, so it does not tell versions apart`);
  if (Object.keys(selector).length === 1) throw refuse(`its selector has nothing but ${label}, which pods of others may have, too`);
  if (service.metadata.labels?.[OWNER] === ownerLabel(ctx.project, ctx.environment, component.name))
    throw refuse('it is one of the manifests of the component, and each deploy would switch it before the new pods are ready');
  return selector;
}

/** Which values of the label there are: of what runs, and the one that is selected. */
function valuesOf({ workloads, pods }: Running, selector: Selector, label: string): string[] {
  const { [label]: now, ...rest } = selector;
  const all = [...workloads.map(templateLabels), ...pods.map(({ metadata }) => metadata.labels ?? {})];
  const values = all.filter((labels) => matches(labels, rest)).flatMap((labels) => labels[label] ?? []);
  return [...new Set([...values, now!])].sort();
}

interface Switch {
  readonly service: Service;
  readonly selector: Selector;
  readonly label: string;
}

async function put(site: RouterSite, { service, selector, label }: Switch, shares: Shares): Promise<void> {
  const { component, cluster } = site;
  const [to] = [...shares].find(([, share]) => share === 100) ?? [];
  if (to === undefined)
    throw errors.SHIP_KUBECTL_ROUTER_WEIGHTS({
      component: component.name,
      weights: JSON.stringify(Object.fromEntries(shares)),
      problem: 'the selector of a Service gives a version all of the traffic, or nothing',
    });
  const select = (was: Selector, value: string) =>
    patchGuarded(cluster, service, { path: '/spec/selector', value: was, of: ({ spec }) => (spec as Service['spec'])?.selector }, [
      { path: `/spec/selector/${pointer(label)}`, value },
    ]);
  const wanted = { ...selector, [label]: to };
  if (selector[label] !== to) await select(selector, to);
  const problem = await whyNotInForce(site, service, wanted).catch(unread);
  if (problem === undefined) return;
  const back = selector[label] === to ? undefined : await select(wanted, selector[label]!).catch((error: Error) => error);
  const end = back === undefined ? '' : `, and the selector could not be put back: ${back.message}`;
  throw errors.SHIP_KUBECTL_ROUTER_PROOF({ component: component.name, wanted: `${label}=${to} alone`, found: `${problem}${end}` });
}

/** Its controller writes the endpoints of a Service within a second. */
const ENDPOINTS_MS = 15_000;
const POLL_MS = 250;

type Slice = KubeObject & {
  readonly endpoints?: readonly {
    readonly targetRef?: { readonly kind?: string; readonly name?: string };
    readonly conditions?: { readonly ready?: boolean };
  }[];
};

/** The selector is what it should be, and the endpoints are ready pods that it selects, and no others. Undefined: so it is. */
async function whyNotInForce({ ctx, cluster, component }: RouterSite, service: Service, wanted: Selector): Promise<string | undefined> {
  const { name } = service.metadata;
  const until = Date.now() + ENDPOINTS_MS;
  for (;;) {
    const now = await demand<Service>(cluster, component.name, 'services', name);
    const found = now.spec?.selector ?? {};
    if (!matches(found, wanted) || !matches(wanted, found)) return `somebody has set its selector to ${JSON.stringify(found)} meanwhile`;
    const problem = await strayEndpoints({ cluster }, name, wanted);
    if (problem === undefined || Date.now() >= until) return problem;
    await pause(POLL_MS, undefined, { signal: ctx.signal });
  }
}

async function strayEndpoints({ cluster }: Pick<RouterSite, 'cluster'>, name: string, selector: Selector): Promise<string | undefined> {
  const [slices, { pods }] = await Promise.all([
    cluster.list<Slice>('endpointslices.discovery.k8s.io', `kubernetes.io/service-name=${name}`),
    runningIn(cluster),
  ]);
  const named = slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ targetRef }) => targetRef?.name ?? []);
  const isSelected = new Set(pods.filter(({ metadata }) => matches(metadata.labels, selector)).map(({ metadata }) => metadata.name));
  if (named.length === 0) return 'it has no ready endpoint';
  const stray = named.filter((each) => !isSelected.has(each));
  return stray.length === 0 ? undefined : `its endpoints still are ${stray.join(', ')}`;
}
