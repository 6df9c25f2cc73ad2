import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Cluster, clusterOfFile, hasCluster, hasFakeNodes, startCluster } from '../services/cluster.js';
import { startNodes } from '../services/kubelet.js';
import { ROOT, runProgram } from '../support/ship.js';

const CHART = join(ROOT, 'test/support/charts/shop');
const PATIENT = { timeout: 20_000, interval: 100 };

/** A workload with one container. */
const workload = (kind: string, name: string, image: string, more = '') => `apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers: [{ name: web, image: "${image}", ports: [{ containerPort: 8080 }] }]
${more}`;
const deployment = (name: string, image: string, more = '  replicas: 1\n') => workload('Deployment', name, image, more);

interface SeenPod {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName?: string; readonly containers: readonly { readonly image: string }[] };
  readonly status: { readonly phase: string; readonly containerStatuses?: readonly SeenContainer[] };
}
interface SeenContainer {
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: { readonly waiting?: { readonly reason: string }; readonly terminated?: { readonly reason: string } };
}
interface SeenEvent {
  readonly involvedObject: { readonly name: string };
  readonly reason: string;
  readonly message: string;
}

const pods = async (cluster: Cluster, namespace: string, app: string) =>
  (await cluster.api.call<{ items: SeenPod[] }>('GET', `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${app}`)).items;
/** What `kubectl get pod` has in its column STATUS, or nearly so. */
const statesOf = async (cluster: Cluster, namespace: string, app: string): Promise<string[]> =>
  (await pods(cluster, namespace, app)).map(({ status: { containerStatuses, phase } }) => {
    const { waiting, terminated } = containerStatuses?.[0]?.state ?? {};
    return waiting?.reason ?? terminated?.reason ?? phase;
  });
const eventsOf = async (cluster: Cluster, namespace: string, app: string): Promise<string[]> =>
  (await cluster.api.call<{ items: SeenEvent[] }>('GET', `/api/v1/namespaces/${namespace}/events`)).items
    .filter(({ involvedObject }) => involvedObject.name.startsWith(`${app}-`))
    .map(({ reason, message }) => `${reason}: ${message}`);

describe.skipIf(!hasCluster())('a cluster', { timeout: 60_000 }, () => {
  const cluster = clusterOfFile(async (started, atEnd) => {
    if (hasFakeNodes()) await startNodes(started, { nodes: 2 }, atEnd);
    return started;
  });

  describe.skipIf(!hasFakeNodes())('with fake nodes', () => {
    it('given a Deployment with a Service, when it is applied, then it becomes ready, and the Service has its addresses', async () => {
      const namespace = await cluster().namespace();
      await cluster().apply(deployment('web', 'shop:1', '  replicas: 3\n'), namespace);
      await cluster().kubectl('expose', 'deployment/web', '-n', namespace, '--port=80', '--target-port=8080');

      expect(await cluster().kubectl('rollout', 'status', 'deployment/web', '-n', namespace)).toMatchObject({ code: 0 });

      const endpoints = () => cluster().kubectl('get', 'endpoints/web', '-n', namespace, '-o', 'jsonpath={.subsets[0].addresses[*].ip}');
      await expect.poll(async () => (await endpoints()).stdout.split(' ').length, PATIENT).toBe(3);
      expect(new Set((await pods(cluster(), namespace, 'web')).map(({ spec }) => spec.nodeName))).toEqual(new Set(['node-1', 'node-2']));
    });

    it('given another image, when it is rolled out and back, then the old pods are gone each time', async () => {
      const namespace = await cluster().namespace();
      await cluster().apply(deployment('web', 'shop:1'), namespace);
      const images = async () => (await pods(cluster(), namespace, 'web')).map(({ spec }) => spec.containers[0]?.image);
      await cluster().kubectl('rollout', 'status', 'deployment/web', '-n', namespace);

      await cluster().kubectl('set', 'image', 'deployment/web', 'web=shop:2', '-n', namespace);
      await expect.poll(images, PATIENT).toEqual(['shop:2']);
      await expect.poll(() => eventsOf(cluster(), namespace, 'web'), PATIENT).toContain('Killing: Stopping container web');

      await cluster().kubectl('rollout', 'undo', 'deployment/web', '-n', namespace);
      await expect.poll(images, PATIENT).toEqual(['shop:1']);
    });

    it('given a StatefulSet and a DaemonSet, when they are applied, then both become ready, with a pod for each node', async () => {
      const namespace = await cluster().namespace();
      await cluster().apply(workload('StatefulSet', 'db', 'db:1', '  replicas: 2\n  serviceName: db\n'), namespace);
      await cluster().apply(workload('DaemonSet', 'agent', 'agent:1'), namespace);

      for (const each of ['statefulset/db', 'daemonset/agent'])
        expect(await cluster().kubectl('rollout', 'status', each, '-n', namespace)).toMatchObject({ code: 0 });

      expect((await pods(cluster(), namespace, 'db')).map(({ metadata }) => metadata.name).sort()).toEqual(['db-0', 'db-1']);
      expect((await pods(cluster(), namespace, 'agent')).map(({ spec }) => spec.nodeName).sort()).toEqual(['node-1', 'node-2']);
    });

    it('given a Job, when its container ends well, then the Job is complete', async () => {
      const namespace = await cluster().namespace();
      await cluster().kubectl('create', 'job', 'seed', '--image=seed:done', '-n', namespace);
      expect(await cluster().kubectl('wait', '--for=condition=complete', 'job/seed', '--timeout=30s', '-n', namespace)).toMatchObject({
        code: 0,
      });
    });

    it.each([
      { tag: 'crash', state: 'CrashLoopBackOff', event: 'BackOff: Back-off restarting failed container' },
      { tag: 'oom', state: 'CrashLoopBackOff', event: 'BackOff: Back-off restarting failed container' },
      { tag: 'missing', state: 'ImagePullBackOff', event: /^Failed: Failed to pull image "shop:missing": .*manifest unknown/ },
      { tag: 'config', state: 'CreateContainerConfigError', event: 'Failed: Error: secret "settings" not found' },
      { tag: 'unready', state: 'Running', event: /^Unhealthy: Readiness probe failed/ },
    ])(
      'given an image $tag, when it is rolled out, then its pod is $state, with its event, and the rollout fails',
      async ({ tag, state, event }) => {
        const namespace = await cluster().namespace();
        await cluster().apply(deployment('web', `shop:${tag}`, '  replicas: 1\n  progressDeadlineSeconds: 2\n'), namespace);

        await expect.poll(() => statesOf(cluster(), namespace, 'web'), PATIENT).toEqual([state]);
        await expect
          .poll(() => eventsOf(cluster(), namespace, 'web'), PATIENT)
          .toContainEqual(typeof event === 'string' ? event : expect.stringMatching(event));

        const { code, stderr } = await cluster().kubectl('rollout', 'status', 'deployment/web', '-n', namespace);
        expect({ code, stderr }).toEqual({ code: 1, stderr: 'error: deployment "web" exceeded its progress deadline\n' });
      },
    );

    it('given a rollout that never ends, when our own deadline is over, then kubectl is killed', async () => {
      const namespace = await cluster().namespace();
      await cluster().apply(deployment('web', 'shop:unready'), namespace);
      const args = ['rollout', 'status', 'deployment/web', '-n', namespace];
      expect(await cluster().run('kubectl', args, { deadline: 2_000 })).toMatchObject({ code: null, signal: 'SIGKILL' });
    });

    it('given containers that end, when they are started again, then restarts, exit codes and logs are to be seen', async () => {
      const namespace = await cluster().namespace();
      for (const tag of ['crash', 'oom', 'flaky']) await cluster().apply(deployment(tag, `shop:${tag}`), namespace);
      const first = async (app: string) => (await pods(cluster(), namespace, app))[0]?.status.containerStatuses?.[0];

      await expect.poll(() => first('crash').then((seen) => seen?.restartCount), PATIENT).toBeGreaterThan(1);
      await expect.poll(() => first('crash'), PATIENT).toMatchObject({ lastState: { terminated: { exitCode: 1, reason: 'Error' } } });
      await expect.poll(() => first('oom'), PATIENT).toMatchObject({ lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } });
      const hasRecovered = async () => ((seen) => seen?.ready && seen.restartCount > 1)(await first('flaky'));
      await expect.poll(hasRecovered, PATIENT).toBe(true);

      const logs = (...more: string[]) => cluster().kubectl('logs', 'deployment/crash', '-n', namespace, ...more);
      expect(await logs('--previous')).toMatchObject({ stdout: 'starting shop:crash\nError: no connection to the database\n' });
      await expect.poll(async () => (await logs('--tail=1')).stdout, PATIENT).toBe('Error: no connection to the database\n');
    });

    it('given an image that is ready late, when it is rolled out, then the rollout waits for it', async () => {
      const namespace = await cluster().namespace();
      const began = Date.now();
      await cluster().apply(deployment('web', 'shop:slow'), namespace);
      expect(await cluster().kubectl('rollout', 'status', 'deployment/web', '-n', namespace)).toMatchObject({ code: 0 });
      expect(Date.now() - began).toBeGreaterThan(2_000);
    });

    it('given requests that no node has, when it is rolled out, then its pod is pending, until there is room', async () => {
      const namespace = await cluster().namespace();
      const big = (name: string) => deployment(name, 'shop:1').replace('image:', 'resources: { requests: { memory: 5Gi } }, image:');
      for (const name of ['one', 'two']) await cluster().apply(big(name), namespace);
      for (const name of ['one', 'two']) await cluster().kubectl('rollout', 'status', `deployment/${name}`, '-n', namespace);

      await cluster().apply(big('three'), namespace);
      await expect
        .poll(() => eventsOf(cluster(), namespace, 'three'), PATIENT)
        .toContain('FailedScheduling: 0/2 nodes are available: 2 Insufficient memory.');
      expect(await statesOf(cluster(), namespace, 'three')).toEqual(['Pending']);

      await cluster().kubectl('delete', 'deployment/one', '-n', namespace);
      expect(await cluster().kubectl('rollout', 'status', 'deployment/three', '-n', namespace)).toMatchObject({ code: 0 });
    });

    it.each([3, 4] as const)('given a chart, when Helm %i installs, upgrades and rolls back, then the cluster follows', async (version) => {
      const namespace = await cluster().namespace();
      const helm = (...args: string[]) => cluster().helm(version, ...args, '-n', namespace);
      const wait = ['--wait', '--timeout', '20s'];
      const greeting = async () =>
        (await cluster().kubectl('get', 'configmap/shop', '-n', namespace, '-o', 'jsonpath={.data.greeting}')).stdout;

      expect(await helm('install', 'shop', CHART, ...wait)).toMatchObject({ code: 0 });
      expect(await helm('upgrade', 'shop', CHART, '--set', 'image=shop:2,greeting=bye', ...wait)).toMatchObject({ code: 0 });
      expect(await greeting()).toBe('bye');
      expect(await helm('rollback', 'shop', '1', ...wait)).toMatchObject({ code: 0 });
      expect(await greeting()).toBe('hello');

      // Programs that call them by their names find them, too.
      const byName = await runProgram(['sh', '-c', 'helm version --short; kubectl get deployments -o name -n $0', namespace], {
        cwd: '/',
        env: cluster().env(version),
      });
      expect(byName.stdout).toMatch(new RegExp(`^v${version}\\..*\ndeployment.apps/shop\n$`));

      // An upgrade that fails leaves what it has done, and says so.
      const failed = await helm('upgrade', 'shop', CHART, '--set', 'image=shop:missing', '--wait', '--timeout', '3s');
      expect(failed.code).toBe(1);
      const history = JSON.parse((await helm('history', 'shop', '-o', 'json')).stdout) as { status: string }[];
      expect(history.map(({ status }) => status)).toEqual(['superseded', 'superseded', 'deployed', 'failed']);
    });
  });

  describe('with or without nodes', () => {
    it('given a user with few rights, when it does more, then that is forbidden', async () => {
      const namespace = await cluster().namespace();
      const kubeconfig = await cluster().user(namespace, [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list'] }]);
      const asUser = (...args: string[]) => cluster().run('kubectl', [...args, '-n', namespace], { kubeconfig });

      expect(await asUser('get', 'deployments')).toMatchObject({ code: 0 });
      const { code, stderr } = await asUser('create', 'deployment', 'web', '--image=shop:1');
      expect(code).toBe(1);
      expect(stderr).toContain('deployments.apps is forbidden');
    });

    it('given a quota, when more is asked for, then it is refused', async () => {
      const namespace = await cluster().namespace();
      await cluster().kubectl('create', 'quota', 'small', '--hard=configmaps=2', '-n', namespace);
      const used = () => cluster().kubectl('get', 'quota/small', '-n', namespace, '-o', 'jsonpath={.status.hard.configmaps}');
      await expect.poll(async () => (await used()).stdout, PATIENT).toBe('2');

      const made = [];
      for (const name of ['one', 'two', 'three']) made.push(await cluster().kubectl('create', 'configmap', name, '-n', namespace));
      expect(made.at(-1)!.stderr).toContain('exceeded quota: small');
    });

    it('given an autoscaler, a route and a rollout, when they are applied, then the API keeps them', async () => {
      const namespace = await cluster().namespace();
      await cluster().install('httproutes');
      await cluster().install('rollouts');
      await cluster().apply(
        `apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, minReplicas: 2, maxReplicas: 5 }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec: { rules: [{ backendRefs: [{ name: stable, port: 80, weight: 95 }, { name: canary, port: 80 }] }] }
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: web }
spec: { replicas: 2, strategy: { canary: { steps: [{ setWeight: 5 }] } } }
`,
        namespace,
      );
      const get = async (what: string, path: string) =>
        (await cluster().kubectl('get', what, '-n', namespace, '-o', `jsonpath={${path}}`)).stdout;
      expect(await get('hpa/web', '.spec.maxReplicas')).toBe('5');
      expect(await get('httproutes/web', '.spec.rules[0].backendRefs[*].weight')).toBe('95 1');
      expect(await get('rollouts/web', '.spec.strategy.canary.steps[0].setWeight')).toBe('5');
      const status = await cluster().run('kubectl', [
        'patch',
        'rollout',
        'web',
        '-n',
        namespace,
        '--subresource=status',
        '--type=merge',
        '-p',
        '{"status":{"phase":"Degraded"}}',
      ]);
      expect(status).toMatchObject({ code: 0 });
      expect(await get('rollouts/web', '.status.phase')).toBe('Degraded');
    });
  });
});

it.skipIf(!hasFakeNodes())(
  'given two clusters side by side, when one is given a namespace, then the other has none',
  { timeout: 200_000 },
  async () => {
    const [one, other] = await Promise.all([startCluster(), startCluster()]);
    await one.kubectl('create', 'namespace', 'only-here');
    expect((await one.kubectl('get', 'namespace', 'only-here')).code).toBe(0);
    expect((await other.kubectl('get', 'namespace', 'only-here')).stderr).toContain('not found');
  },
);
