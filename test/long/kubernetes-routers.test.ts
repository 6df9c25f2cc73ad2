import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ComponentConfig, Json, Router, Weights } from '@ship/core';
import { testContext, testRouter } from '@ship/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httprouteRouter } from '../../plugins/kubernetes/src/routers/httproute.js';
import { rolloutRouter } from '../../plugins/kubernetes/src/routers/rollout.js';
import { serviceRouter } from '../../plugins/kubernetes/src/routers/service.js';
import { type Cluster, clusterOfFile, hasCluster, hasFakeNodes } from '../services/cluster.js';
import { startFakeArgo } from '../services/fake-argo.js';
import { startNodes } from '../services/kubelet.js';
import { crashAt, HEAD, project, shipJson } from '../support/ship.js';

type Fields = Record<string, unknown>;

const VERSION = 'app.kubernetes.io/version';

/** A Deployment of one version, in the slot of that name. */
function deployment(version: string, { image = 'shop:1', replicas = 2, slot = version }: Partial<Workload> = {}): Fields {
  const labels = { app: 'web', slot, [VERSION]: version };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `web-${slot}` },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web', slot } },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image }] } },
    },
  };
}

interface Workload {
  readonly image: string;
  readonly replicas: number;
  readonly slot: string;
}

const service = (name: string, selector: Fields): Fields => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector, ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
});

/** A namespace with these objects, and what asks about it. */
async function world(cluster: Cluster, objects: readonly Fields[]) {
  const namespace = await cluster.namespace();
  const context = (await cluster.kubectl('config', 'current-context')).stdout.trim();
  const kubectl = async (...words: string[]) => {
    const ended = await cluster.kubectl('-n', namespace, ...words);
    if (ended.code !== 0) throw new Error(ended.stderr);
    return ended.stdout.trim();
  };
  const apply = (...more: Fields[]) => cluster.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: more }), namespace);
  if (objects.length > 0) await apply(...objects);
  const ready = async (...names: string[]) => {
    for (const name of names) await kubectl('rollout', 'status', `deployment/${name}`, '--timeout=30s');
  };
  return {
    cluster,
    namespace,
    context,
    kubectl,
    apply,
    ready,
    get: async (what: string) => JSON.parse(await kubectl('get', what, '-o', 'json')) as Fields,
    selector: () => kubectl('get', 'service/web', '-o', `jsonpath={.spec.selector}`).then((text) => JSON.parse(text) as Fields),
  };
}

type World = Awaited<ReturnType<typeof world>>;

/** A router by itself. */
function routed(it: World, router: Router, name: string, settings: Json & object) {
  const warnings: string[] = [];
  const log = { debug() {}, info() {}, warn: (line: string) => void warnings.push(line) };
  const ctx = testContext({ env: { ...process.env, ...it.cluster.env(4) }, log, run: it.namespace });
  const component = {
    name: 'web',
    driver: 'kubectl',
    version: '2',
    core: false,
    depends_on: [],
    dependencies: {},
    compatible_with: {},
    router: { name, settings },
    settings: { context: it.context, namespace: it.namespace },
  } as unknown as ComponentConfig;
  return {
    router,
    ctx,
    component,
    warnings,
    shift: (weights: Weights) => router.shift(ctx, component, weights),
    weights: () => router.weights(ctx, component),
    healthy: (version: string) => router.healthy(ctx, component, version),
  };
}

/** A project whose component has a router. */
function deployed(it: World, router: string, more = '') {
  const cwd = project(`${HEAD}plugins: [instant-rollback, { kubernetes: { context: ${it.context}, namespace: ${it.namespace} } }]
components:
  web: { driver: kubectl, version: "\${VERSION:-0}", timeout: 40s, manifests: ./k8s, router: ${router}${more} }
steps:
  - { id: web, uses: deploy, component: web }
  - { id: check, run: test ! -e broken, undo: "true", needs: [web] }
verify: { smoke: [{ run: "true" }] }
`);
  const env = it.cluster.env(4);
  return {
    cwd,
    env,
    deploy(version: string, workload: Fields, args: readonly string[] = [], variables: Record<string, string> = {}) {
      rmSync(join(cwd, 'k8s'), { recursive: true, force: true });
      mkdirSync(join(cwd, 'k8s'));
      writeFileSync(join(cwd, 'k8s/web.json'), JSON.stringify(workload));
      return shipJson([...args], { cwd, env: { ...env, VERSION: version, ...variables } });
    },
    ship: (args: readonly string[], version: string) => shipJson([...args], { cwd, env: { ...env, VERSION: version } }),
    break: () => writeFileSync(join(cwd, 'broken'), ''),
  };
}

const SERVICE = '{ service: { service: web } }';
const HTTPROUTE = '{ httproute: { route: web, services: [web-blue, web-green] } }';

/** Rules with what must stay as it is: filters, a rule for a header, a mirror, a backend of somebody else. */
const RULES = (blue: number, green: number): Fields[] => [
  {
    matches: [{ path: { type: 'PathPrefix', value: '/' } }],
    filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-shop', value: '1' }] } }],
    backendRefs: [
      { name: 'web-blue', port: 80, weight: blue },
      {
        name: 'web-green',
        port: 80,
        weight: green,
        filters: [{ type: 'RequestMirror', requestMirror: { backendRef: { name: 'audit' } } }],
      },
      { name: 'legacy', port: 80, weight: 50 },
    ],
  },
  {
    matches: [{ headers: [{ type: 'Exact', name: 'x-canary', value: 'always' }] }],
    backendRefs: [{ name: 'web-green', port: 80 }],
  },
  { matches: [{ path: { type: 'PathPrefix', value: '/legacy' } }], backendRefs: [{ name: 'legacy', port: 80, weight: 7 }] },
];

const route = (rules: Fields[]): Fields => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'web' },
  spec: { parentRefs: [{ name: 'edge' }], hostnames: ['shop.example'], rules },
});

const ROUTE = 'httproutes.gateway.networking.k8s.io/web';

const slots = (rules: Fields[]): Fields[] => [
  service('web-blue', { app: 'web', slot: 'blue' }),
  service('web-green', { app: 'web', slot: 'green' }),
  route(rules),
];

const weightsOf = (found: Fields): unknown =>
  ((found.spec as Fields).rules as Fields[]).map(({ backendRefs }) =>
    (backendRefs as { name: string; weight: number }[]).map(({ name, weight }) => `${name} ${weight}`),
  );

/** A Rollout of Argo. */
function rollout(version: string, steps: readonly Fields[], image = 'shop:1'): Fields {
  const { spec } = deployment(version, { image, slot: 'any' });
  const strategy = { canary: { stableService: 'web-stable', canaryService: 'web-canary', trafficRouting: { nginx: {} }, steps } };
  const { metadata, ...template } = (spec as { template: { metadata: { labels: Fields } } }).template;
  const labels = { app: 'web', [VERSION]: metadata.labels[VERSION] };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web' },
    spec: { replicas: 4, selector: { matchLabels: { app: 'web' } }, strategy, template: { ...template, metadata: { labels } } },
  };
}

/** All pods end at once, and those that follow never become ready. */
const UNREADY = JSON.stringify([
  { op: 'replace', path: '/spec/strategy', value: { type: 'Recreate' } },
  { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'shop:unready' },
]);

/** What of a route a shift may not touch. */
const withoutWeights = ({ spec }: Fields): unknown =>
  JSON.parse(JSON.stringify(spec, (key, value) => (key === 'weight' ? undefined : value)));

describe.skipIf(!hasCluster() || !hasFakeNodes())('traffic in a cluster', { timeout: 120_000 }, () => {
  const cluster = clusterOfFile(async (started, atEnd) => {
    await startNodes(started, { nodes: 2 }, atEnd);
    await started.install('httproutes');
    await started.install('rollouts');
    return started;
  });

  describe('by the selector of a Service', () => {
    const blueGreen = (...objects: Fields[]) => world(cluster(), [service('web', { app: 'web', [VERSION]: 'none' }), ...objects]);

    it('given a version that is live, when another is deployed and fails later, then the traffic goes back at once, and the new version goes', async () => {
      const at = await blueGreen();
      const it = deployed(at, SERVICE);
      const first = await it.deploy('1', deployment('1'));
      expect(first.report.status, first.stderr).toBe('succeeded');
      expect(await at.selector()).toEqual({ app: 'web', [VERSION]: '1' });
      const second = await it.deploy('2', deployment('2'));
      expect(second.report.status, second.stderr).toBe('succeeded');
      expect(await at.selector()).toEqual({ app: 'web', [VERSION]: '2' });
      // The version before stands by, and the one before that does not.
      expect(await at.kubectl('get', 'deployments', '-o', 'name')).toBe('deployment.apps/web-1\ndeployment.apps/web-2');
      it.break();
      const { report, stderr } = await it.deploy('3', deployment('3'), ['--auto-rollback']);
      expect(report, stderr).toMatchObject({
        status: 'rolled_back',
        rollback: { way: 'instant', components: [{ name: 'web', from: '3', to: '2', status: 'restored' }] },
      });
      expect(stderr).toMatch(/Switching traffic of web: 3 -> 2/);
      expect(await at.selector()).toEqual({ app: 'web', [VERSION]: '2' });
      expect(await at.kubectl('get', 'deployments', '-o', 'name')).toBe('deployment.apps/web-1\ndeployment.apps/web-2');
    });

    it('given a success that nobody wants, when `ship rollback --instant` is said, then the version before has the traffic, and status says so', async () => {
      const at = await blueGreen();
      const it = deployed(at, SERVICE);
      await it.deploy('1', deployment('1'));
      await it.deploy('2', deployment('2'));
      const { report, stderr } = await it.ship(['rollback', '--instant'], '2');
      expect(report, stderr).toMatchObject({ exit_code: 0, rollback: { way: 'instant', components: [{ from: '2', to: '1' }] } });
      expect(await at.selector()).toEqual({ app: 'web', [VERSION]: '1' });
      expect((await it.ship(['status'], '2')).report.result).toMatchObject({ deployed: { components: { web: '1' } } });
    });

    it('given a standby that was scaled down, when the run fails, then instant is refused with the numbers, and the full rollback follows', async () => {
      const at = await blueGreen();
      const it = deployed(at, SERVICE);
      await it.deploy('1', deployment('1'));
      await it.deploy('2', deployment('2'));
      await at.kubectl('scale', 'deployment/web-1', '--replicas=1');
      await at.ready('web-1');
      const { report, stderr } = await it.ship(['rollback', '--instant'], '2');
      expect(report.status, stderr).toBe('rolled_back');
      expect(JSON.stringify(report.rollback)).toContain('it has 1 ready of the 2 pods that this takes');
      expect(await at.selector()).toEqual({ app: 'web', [VERSION]: '1' });
    });

    it('given a new version with more replicas, when it fails, then the old one cannot carry all at once, and the full rollback gives it back what it had', async () => {
      const at = await blueGreen();
      const it = deployed(at, SERVICE);
      await it.deploy('1', deployment('1', { replicas: 2 }));
      it.break();
      const { report, stderr } = await it.deploy('2', deployment('2', { replicas: 3 }), ['--auto-rollback']);
      expect(report.status, stderr).toBe('rolled_back');
      expect(JSON.stringify(report.rollback)).toContain('it has 2 ready of the 3 pods that this takes');
      expect(await at.selector()).toEqual({ app: 'web', [VERSION]: '1' });
      expect(await at.kubectl('get', 'deployments', '-o', 'name')).toBe('deployment.apps/web-1');
    });

    it('given three versions, one after the other, then the one before stands by, and older ones are pruned', async () => {
      const at = await blueGreen();
      const it = deployed(at, SERVICE);
      for (const version of ['1', '2', '3']) expect((await it.deploy(version, deployment(version))).report.status).toBe('succeeded');
      expect(await at.kubectl('get', 'deployments', '-o', 'name')).toBe('deployment.apps/web-2\ndeployment.apps/web-3');
    });

    it('given ship that is killed after the switch and before its report, when it is recovered, then the traffic is where it was', async () => {
      const at = await blueGreen();
      const it = deployed(at, SERVICE);
      await it.deploy('1', deployment('1'));
      await it.deploy('2', deployment('2'), [], crashAt('acted:1')).catch(() => undefined);
      expect(await at.selector()).toEqual({ app: 'web', [VERSION]: '2' });
      const { report, stderr } = await it.ship(['recover', '--back'], '2');
      expect(report.status, stderr).toBe('rolled_back');
      expect(await at.selector()).toEqual({ app: 'web', [VERSION]: '1' });
      expect(await at.kubectl('get', 'deployments', '-o', 'name')).toBe('deployment.apps/web-1');
    });

    it.each(['undo-intended:1', 'restored:1'])(
      'given ship that is killed at %s, when the traffic is back and the rest is not, then recovery brings that to its end',
      async (point) => {
        const at = await blueGreen();
        const it = deployed(at, SERVICE);
        await it.deploy('1', deployment('1'));
        it.break();
        await it.deploy('2', deployment('2'), ['--auto-rollback'], crashAt(point)).catch(() => undefined);
        expect(await at.selector()).toEqual({ app: 'web', [VERSION]: '1' });
        expect(await at.kubectl('get', 'deployments', '-o', 'name')).toContain('web-2');
        const { report, stderr } = await it.ship(['recover', '--back'], '2');
        expect(report.status, stderr).toBe('rolled_back');
        expect(await at.selector()).toEqual({ app: 'web', [VERSION]: '1' });
        expect(await at.kubectl('get', 'deployments', '-o', 'name')).toBe('deployment.apps/web-1');
      },
    );

    it('given a version without ready pods, when it should get the traffic, then it is not healthy, and that is refused', async () => {
      const at = await blueGreen(deployment('1'), deployment('2', { image: 'shop:unready' }));
      await at.ready('web-1');
      const it = routed(at, serviceRouter({}), 'service', { service: 'web' });
      await it.shift({ 1: 100 });
      expect([await it.healthy('1'), await it.healthy('2'), await it.healthy('9')]).toEqual([true, false, false]);
      await expect(it.shift({ 2: 100 })).rejects.toMatchObject({
        code: 'SHIP_KUBECTL_ROUTER_CARRY',
        message: 'web 2 cannot carry 100 % of the traffic: it has 0 ready of the 2 pods that this takes, of 2',
      });
      await expect(it.shift({ 9: 100 })).rejects.toMatchObject({ code: 'SHIP_KUBECTL_ROUTER_VERSION' });
      expect(await it.weights()).toEqual({ 1: 100, 2: 0 });
    });

    it('given shares, when they should be in force, then they are refused, and nothing changes', async () => {
      const at = await blueGreen(deployment('1'), deployment('2'));
      await at.ready('web-1', 'web-2');
      const it = routed(at, serviceRouter({}), 'service', { service: 'web' });
      await it.shift({ 1: 100 });
      for (const weights of [{ 1: 50, 2: 50 }, { 2: 60 }, {}, { 1: -100, 2: 200 }])
        await expect(it.shift(weights as unknown as Weights)).rejects.toMatchObject({ code: 'SHIP_KUBECTL_ROUTER_WEIGHTS' });
      expect(await it.weights()).toEqual({ 1: 100, 2: 0 });
      await it.shift({ 2: 100 });
      await it.shift({ 2: 100, 1: 0 });
      expect(await it.weights()).toEqual({ 1: 0, 2: 100 });
    });

    it('given somebody who changes the selector at the same moment, when the traffic is switched, then that is refused, and theirs stays', async () => {
      const at = await blueGreen(deployment('1'), deployment('2'));
      await at.ready('web-1', 'web-2');
      const it = routed(at, serviceRouter({}), 'service', { service: 'web' });
      await it.shift({ 1: 100 });
      const { exec } = it.ctx;
      Object.assign(it.ctx, {
        exec: async (...asked: Parameters<typeof exec>) => {
          if (asked[0][1] === 'patch') await at.kubectl('patch', 'service', 'web', '-p', '{"spec":{"selector":{"tier":"front"}}}');
          return exec.apply(it.ctx, asked);
        },
      });
      await expect(it.shift({ 2: 100 })).rejects.toMatchObject({ code: 'SHIP_KUBECTL_ROUTER_CHANGED' });
      expect(await at.selector()).toEqual({ app: 'web', [VERSION]: '1', tier: 'front' });
    });

    it('given slots, when the version in one of them is another one, then shares are said by version', async () => {
      const at = await world(cluster(), [
        service('web', { app: 'web', slot: 'blue' }),
        deployment('1', { slot: 'blue' }),
        deployment('2', { slot: 'green' }),
      ]);
      await at.ready('web-blue', 'web-green');
      const it = routed(at, serviceRouter({}), 'service', { service: 'web', label: 'slot' });
      expect(await it.weights()).toEqual({ 1: 100, 2: 0 });
      await it.shift({ 2: 100 });
      expect(await at.selector()).toEqual({ app: 'web', slot: 'green' });
    });

    it.each([
      ['no such Service', service('other', { app: 'web' }), 'SHIP_KUBECTL_ROUTER_ABSENT'],
      ['no label in its selector', service('web', { app: 'web' }), 'SHIP_KUBECTL_ROUTER_FORM'],
      ['nothing but the label in its selector', service('web', { [VERSION]: '1' }), 'SHIP_KUBECTL_ROUTER_FORM'],
    ])('given %s, when it is asked, then that is said', async (_, object, code) => {
      const it = routed(await world(cluster(), [object]), serviceRouter({}), 'service', { service: 'web' });
      await expect(it.weights()).rejects.toMatchObject({ code });
    });
  });

  describe('by the weights of an HTTPRoute', () => {
    async function canary(rules: Fields[], { blue = 4, green = 4 } = {}) {
      const objects = [deployment('1', { slot: 'blue', replicas: blue }), deployment('2', { slot: 'green', replicas: green })];
      const at = await world(cluster(), [...slots(rules), ...objects]);
      await at.ready('web-blue', 'web-green');
      return { at, ...routed(at, httprouteRouter({}), 'httproute', { route: 'web', services: ['web-blue', 'web-green'] }) };
    }

    testRouter('httproute', async () => {
      const it = await canary([
        {
          backendRefs: [
            { name: 'web-blue', port: 80 },
            { name: 'web-green', port: 80, weight: 0 },
          ],
        },
      ]);
      return { router: it.router, ctx: it.ctx, component: it.component, versions: ['1', '2'], absent: '9' };
    });

    it('given filters, rules for headers and backends of others, when weights are shifted, then nothing else is another one', async () => {
      const { at, shift, weights } = await canary(RULES(100, 0));
      const before = await at.get(ROUTE);
      expect(await weights()).toEqual({ 1: 100, 2: 0 });
      await shift({ 1: 75, 2: 25 });
      const after = await at.get(ROUTE);
      expect(weightsOf(after)).toEqual([['web-blue 75', 'web-green 25', 'legacy 50'], ['web-green 1'], ['legacy 7']]);
      expect(withoutWeights(after)).toEqual(withoutWeights(before));
      await shift({ 1: 100 });
      expect((await at.get(ROUTE)).spec).toEqual(before.spec);
    });

    it('given weights beside those of others that cannot be divided so, when they are shifted, then that is said, and nothing changes', async () => {
      const { at, shift } = await canary(RULES(1, 0));
      const before = await at.get(ROUTE);
      await expect(shift({ 1: 75, 2: 25 })).rejects.toMatchObject({
        code: 'SHIP_KUBECTL_ROUTER_FORM',
        message: expect.stringContaining('in rule 1 its Services weigh 1 together'),
      });
      expect((await at.get(ROUTE)).spec).toEqual(before.spec);
    });

    it('given a version with fewer pods than its share takes, when it is shifted, then that is refused with the numbers; a smaller one is not', async () => {
      const { shift, weights } = await canary(RULES(100, 0), { blue: 4, green: 1 });
      await expect(shift({ 1: 70, 2: 30 })).rejects.toMatchObject({
        code: 'SHIP_KUBECTL_ROUTER_CARRY',
        message: 'web 2 cannot carry 30 % of the traffic: it has 1 ready of the 2 pods that this takes, of 4',
      });
      expect(await weights()).toEqual({ 1: 100, 2: 0 });
      await shift({ 1: 75, 2: 25 });
      expect(await weights()).toEqual({ 1: 75, 2: 25 });
    });

    it('given somebody who changes a rule at the same moment, when weights are shifted, then that is refused, and theirs stays', async () => {
      const it = await canary(RULES(100, 0));
      const { exec } = it.ctx;
      const theirs = RULES(100, 0).toReversed();
      Object.assign(it.ctx, {
        exec: async (...asked: Parameters<typeof exec>) => {
          if (asked[0][1] === 'patch')
            await it.at.kubectl('patch', ROUTE, '--type=merge', '-p', JSON.stringify({ spec: { rules: theirs } }));
          return exec.apply(it.ctx, asked);
        },
      });
      await expect(it.shift({ 2: 100 })).rejects.toMatchObject({ code: 'SHIP_KUBECTL_ROUTER_CHANGED' });
      expect(weightsOf(await it.at.get(ROUTE))).toEqual([['legacy 7'], ['web-green 1'], ['web-blue 100', 'web-green 0', 'legacy 50']]);
    });

    it('given a cluster that does not answer after the patch, when weights are shifted, then they are not called in force, and go back', async () => {
      const it = await canary(RULES(100, 0));
      const before = await it.at.get(ROUTE);
      const { exec } = it.ctx;
      let patches = 0;
      Object.assign(it.ctx, {
        exec: async (...asked: Parameters<typeof exec>) => {
          if (asked[0][1] === 'patch') patches += 1;
          const isAfter = patches === 1 && asked[0][1] === 'get';
          return isAfter ? { ...(await exec.call(it.ctx, ['true'])), exitCode: 1, stderr: 'no route to host' } : exec.apply(it.ctx, asked);
        },
      });
      await expect(it.shift({ 2: 100 })).rejects.toMatchObject({
        code: 'SHIP_KUBECTL_ROUTER_PROOF',
        message: expect.stringContaining('it could not be read back: kubectl get: no route to host'),
      });
      expect((await it.at.get(ROUTE)).spec).toEqual(before.spec);
    });

    it('given no controller, when weights are shifted twice, then that nobody says whether they are in force is said once', async () => {
      const { shift, warnings } = await canary(RULES(100, 0));
      await shift({ 1: 50, 2: 50 });
      await shift({ 1: 100 });
      expect(warnings).toEqual([expect.stringContaining('no controller reports on HTTPRoute web')]);
    });

    /** Plays the controller of a gateway: it answers each generation, late, with these conditions. */
    function controller(at: World, conditions: readonly Fields[], { isLate = false } = {}) {
      const stop = new AbortController();
      const work = (async () => {
        let seen = -1;
        while (!stop.signal.aborted) {
          const { generation } = (await at.get(ROUTE)).metadata as { generation: number };
          if (generation !== seen && !(isLate && seen !== -1)) {
            const told = conditions.map((each) => ({ reason: 'Test', message: '', observedGeneration: generation, ...each }));
            const status = { parents: [{ parentRef: { name: 'edge' }, controllerName: 'example.org/gateway', conditions: told }] };
            const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${at.namespace}/httproutes/web/status`;
            await at.cluster.api.call('PATCH', path, { status });
            seen = generation;
          }
          await new Promise((resolve) => setTimeout(resolve, 400));
        }
      })();
      onTestFinished(async () => {
        stop.abort();
        await work;
      });
    }

    it('given a controller that accepts, when weights are shifted, then it waits until it has said so', async () => {
      const it = await canary(RULES(100, 0));
      controller(it.at, [
        { type: 'Accepted', status: 'True' },
        { type: 'ResolvedRefs', status: 'True' },
      ]);
      await it.shift({ 2: 100 });
      const { metadata, status } = await it.at.get(ROUTE);
      expect(JSON.stringify(status)).toContain(`"observedGeneration":${(metadata as Fields).generation}`);
      expect(it.warnings).toEqual([]);
    });

    it.each<[string, Fields[], boolean, RegExp]>([
      ['refuses', [{ type: 'Accepted', status: 'False', reason: 'NoMatchingParent' }], false, /Accepted=False, NoMatchingParent/],
      ['says nothing of the newest generation', [{ type: 'Accepted', status: 'True' }], true, /has seen generation 1, and not yet 2/],
    ])(
      'given a controller that %s, when weights are shifted, then they are not called in force, and go back',
      async (_, conditions, isLate, message) => {
        const it = await canary(RULES(100, 0));
        const before = await it.at.get(ROUTE);
        controller(it.at, conditions, { isLate });
        while ((await it.at.get(ROUTE)).status === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
        await expect(it.shift({ 2: 100 })).rejects.toMatchObject({
          code: 'SHIP_KUBECTL_ROUTER_PROOF',
          message: expect.stringMatching(message),
        });
        expect((await it.at.get(ROUTE)).spec).toEqual(before.spec);
      },
    );

    it('given a new version whose pods fail under a small share, when it is deployed in steps, then both weights go back, and so does the run', async () => {
      const at = await world(cluster(), slots(RULES(100, 0)));
      const it = deployed(at, HTTPROUTE, ', canary: { steps: [25, 50], pause: 20s }');
      const first = await it.deploy('1', deployment('1', { slot: 'blue' }));
      expect(first.report.status, first.stderr).toBe('succeeded');
      const before = (await at.get(ROUTE)).spec;
      const deploy = it.deploy('2', deployment('2', { slot: 'green', image: 'shop:2' }), ['--auto-rollback']);
      while (!JSON.stringify(weightsOf(await at.get(ROUTE))).includes('web-green 25'))
        await new Promise((resolve) => setTimeout(resolve, 200));
      await at.kubectl('patch', 'deployment/web-green', '--type=json', '-p', UNREADY);
      const { report, stderr } = await deploy;
      expect(report.failure?.message, stderr).toContain('web 2 has too few ready pods for its 25 % of the traffic');
      expect(report.status, stderr).toBe('rolled_back');
      expect((await at.get(ROUTE)).spec).toEqual(before);
      expect(await at.kubectl('get', 'deployments', '-o', 'name')).toBe('deployment.apps/web-blue');
    });

    it('given a version that took over in steps, when a later step fails, then both weights are what they were', async () => {
      const at = await world(cluster(), slots(RULES(100, 0)));
      const it = deployed(at, HTTPROUTE, ', canary: { steps: [50], pause: 1s }');
      await it.deploy('1', deployment('1', { slot: 'blue' }));
      const before = (await at.get(ROUTE)).spec;
      it.break();
      const { report, stderr } = await it.deploy('2', deployment('2', { slot: 'green' }), ['--auto-rollback']);
      expect(report, stderr).toMatchObject({ status: 'rolled_back', rollback: { way: 'instant', components: [{ from: '2', to: '1' }] } });
      expect(stderr).toContain('web: 2 has 50 % of the traffic');
      expect((await at.get(ROUTE)).spec).toEqual(before);
      expect(await at.kubectl('get', 'deployments', '-o', 'name')).toBe('deployment.apps/web-blue');
    });
  });

  describe('by a Rollout of Argo, whose controller is a fake', () => {
    const ROLLOUT = '{ rollout: { rollout: web, timeout: "${ARGO:-60s}" } }';
    const QUICK = [{ setWeight: 25 }, { pause: { duration: 1 } }, { setWeight: 50 }];
    const PAUSED = [{ setWeight: 25 }, { pause: {} }];

    async function argo() {
      const at = await world(cluster(), []);
      startFakeArgo(cluster(), at.namespace, onTestFinished);
      const status = async () => (await at.get('rollout/web')).status as Fields;
      return { at, status, router: routed(at, rolloutRouter({}), 'rollout', { rollout: 'web', timeout: '30s' }) };
    }

    /** Waits until Argo pauses. */
    async function paused(status: () => Promise<Fields>) {
      while ((await status())?.phase !== 'Paused') await new Promise((resolve) => setTimeout(resolve, 200));
    }

    it('given a version that is live, when another is deployed, then its steps are waited for; and when a later step fails, the old one comes back', async () => {
      const { at, router } = await argo();
      const it = deployed(at, ROLLOUT);
      const first = await it.deploy('1', rollout('1', QUICK));
      expect(first.report.status, first.stderr).toBe('succeeded');
      const second = await it.deploy('2', rollout('2', QUICK));
      expect(second.report.status, second.stderr).toBe('succeeded');
      expect(second.stderr).toMatch(/web: Rollout web: (Paused|Progressing)/);
      expect(await router.weights()).toEqual({ 2: 100 });
      it.break();
      const third = await it.deploy('3', rollout('3', QUICK), ['--auto-rollback']);
      expect(third.report.status, third.stderr).toBe('rolled_back');
      expect(await router.weights()).toEqual({ 2: 100 });
      expect((await at.get('rollout/web')).spec).toMatchObject({ template: { metadata: { labels: { [VERSION]: '2' } } } });
    });

    it('given a new version that Argo does not bring to an end, when the time is over, then it is aborted, and the Rollout is what it was', async () => {
      const { at, status, router } = await argo();
      const it = deployed(at, ROLLOUT);
      await it.deploy('1', rollout('1', PAUSED));
      const before = (await at.get('rollout/web')).spec;
      const { report, stderr } = await it.deploy('2', rollout('2', PAUSED), ['--auto-rollback'], { ARGO: '8s' });
      expect(report.failure?.message, stderr).toMatch(
        /the traffic of web should be with ReplicaSet .*Rollout web: Paused, CanaryPauseStep/,
      );
      expect(report.status, stderr).toBe('rolled_back');
      expect((await at.get('rollout/web')).spec).toEqual(before);
      expect(await status()).toMatchObject({ phase: 'Healthy' });
      expect(await status()).not.toHaveProperty('abort');
      expect(await router.weights()).toEqual({ 1: 100 });
    });

    it('given a canary under way, when the traffic is shifted back, then it is aborted; shares and a version that is gone are refused', async () => {
      const { at, status, router } = await argo();
      await at.apply(rollout('1', PAUSED));
      while ((await status())?.phase !== 'Healthy') await new Promise((resolve) => setTimeout(resolve, 200));
      await at.apply(rollout('2', PAUSED));
      await paused(status);
      expect(await router.weights()).toEqual({ 1: 75, 2: 25 });
      expect([await router.healthy('1'), await router.healthy('2'), await router.healthy('0')]).toEqual([true, true, false]);
      await expect(router.shift({ 1: 50, 2: 50 })).rejects.toMatchObject({ code: 'SHIP_KUBECTL_ROUTER_WEIGHTS' });
      await expect(router.shift({ 0: 100 })).rejects.toMatchObject({ code: 'SHIP_KUBECTL_ROUTER_VERSION' });
      expect(await status()).not.toHaveProperty('abort');
      await router.shift({ 1: 100 });
      expect(await status()).toMatchObject({ abort: true, phase: 'Degraded' });
      expect(await router.weights()).toEqual({ 1: 100, 2: 0 });
      await expect(router.shift({ 2: 100 })).rejects.toMatchObject({ code: 'SHIP_KUBECTL_ROUTER_PROOF' });
    });

    it('given somebody who rolls out another version at the same moment, when the traffic is shifted back, then nothing is aborted', async () => {
      const { at, status, router } = await argo();
      await at.apply(rollout('1', PAUSED));
      while ((await status())?.phase !== 'Healthy') await new Promise((resolve) => setTimeout(resolve, 200));
      await at.apply(rollout('2', PAUSED));
      await paused(status);
      const { exec } = router.ctx;
      Object.assign(router.ctx, {
        exec: async (...asked: Parameters<typeof exec>) => {
          if (asked[0][1] === 'patch') {
            const { currentPodHash } = await status();
            await at.apply(rollout('3', PAUSED));
            while ((await status()).currentPodHash === currentPodHash) await new Promise((resolve) => setTimeout(resolve, 100));
          }
          return exec.apply(router.ctx, asked);
        },
      });
      await expect(router.shift({ 1: 100 })).rejects.toMatchObject({ code: 'SHIP_KUBECTL_ROUTER_CHANGED' });
      expect(await status()).not.toHaveProperty('abort');
    });

    it('given no controller, when it is asked, then that is said', async () => {
      const at = await world(cluster(), [rollout('1', QUICK)]);
      const it = routed(at, rolloutRouter({}), 'rollout', { rollout: 'web' });
      await expect(it.weights()).rejects.toMatchObject({
        code: 'SHIP_KUBECTL_ROUTER_PROOF',
        message: expect.stringContaining('its controller has seen generation none, and not 1'),
      });
    });
  });

  it('given a cluster that serves v1beta1 alone, when weights are shifted, then they are in force', async () => {
    const at = await world(cluster(), [...slots(RULES(100, 0)), deployment('1', { slot: 'blue' }), deployment('2', { slot: 'green' })]);
    await at.ready('web-blue', 'web-green');
    const kind = 'crd/httproutes.gateway.networking.k8s.io';
    const serve = (isServed: boolean) =>
      at.kubectl('patch', kind, '--type=json', '-p', JSON.stringify([{ op: 'replace', path: '/spec/versions/0/served', value: isServed }]));
    await serve(false);
    onTestFinished(async () => void (await serve(true)));
    const it = routed(at, httprouteRouter({}), 'httproute', { route: 'web', services: ['web-blue', 'web-green'] });
    while (((await at.get(ROUTE)) as { apiVersion?: string }).apiVersion !== 'gateway.networking.k8s.io/v1beta1')
      await new Promise((resolve) => setTimeout(resolve, 500));
    await it.shift({ 2: 100 });
    expect(await it.weights()).toEqual({ 1: 0, 2: 100 });
    expect(weightsOf(await at.get(ROUTE))).toContainEqual(['web-blue 0', 'web-green 100', 'legacy 50']);
  });
});
