import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Cluster, clusterOfFile, hasCluster, hasFakeNodes } from '../services/cluster.js';
import { startNodes } from '../services/kubelet.js';
import { allObjects } from '../support/cluster-objects.js';
import { crashAt, HEAD, project, runProgram, SHIP, ship, shipJson } from '../support/ship.js';

type Fields = Record<string, unknown>;

/** What the manifests of a version say. */
interface Version {
  readonly image?: string;
  readonly replicas?: number | undefined;
  readonly greeting?: string;
  readonly container?: Fields;
  readonly kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly config?: boolean;
  readonly more?: readonly Fields[];
}

const CONFIG_MAP = (name: string, data: Fields): Fields => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

const SCALER = (maxReplicas: number): Fields => ({
  apiVersion: 'autoscaling/v1',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 1, maxReplicas },
});

function objects({
  image = 'shop:1',
  replicas = 2,
  greeting = 'hello',
  container = {},
  kind = 'Deployment',
  config = true,
  more = [],
}: Version): Fields[] {
  const labels = { app: 'web' };
  const workload = {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'web', labels },
    spec: {
      ...(kind === 'DaemonSet' ? {} : { replicas }),
      ...(kind === 'StatefulSet' ? { serviceName: 'web' } : {}),
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'app', image, envFrom: [{ configMapRef: { name: 'web' } }], ...container }],
        },
      },
    },
  };
  return [...(config ? [CONFIG_MAP('web', { greeting })] : []), workload, ...more];
}

const write = (folder: string, version: Version) => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [at, each] of objects(version).entries()) writeFileSync(join(folder, `${at}.json`), JSON.stringify(each));
};

const MANIFESTS = 'manifests: ./k8s';

async function stage(cluster: Cluster, settings = MANIFESTS) {
  const namespace = await cluster.namespace();
  const context = (await cluster.kubectl('config', 'current-context')).stdout.trim();
  const cwd = project(`${HEAD}plugins: [{ kubernetes: { context: ${context}, namespace: ${namespace} } }]
components:
  web: { driver: kubectl, version: "\${VERSION:-0}", timeout: "\${TIMEOUT:-40s}", ${settings} }
steps:
  - { id: web, uses: deploy, component: web }
  - { id: check, run: test ! -e broken, undo: "true", needs: [web] }
verify: { smoke: [{ run: "true" }] }
`);
  const env = cluster.env(4);
  const kubectl = async (...words: string[]) => {
    const ended = await cluster.kubectl('-n', namespace, ...words);
    if (ended.code !== 0) throw new Error(ended.stderr);
    return ended.stdout.trim();
  };
  const break_ = () => writeFileSync(join(cwd, 'broken'), '');
  const deploy = (version: string, manifests: Version | undefined, args: readonly string[] = [], more: Record<string, string> = {}) => {
    if (manifests !== undefined) write(join(cwd, 'k8s'), manifests);
    return shipJson([...args], { cwd, env: { ...env, VERSION: version, ...more } });
  };
  return {
    cwd,
    env,
    namespace,
    kubectl,
    deploy,
    break: break_,
    /** Deploys a version that works, and the step after it fails. */
    async back(manifests: Version | undefined, more: Record<string, string> = {}) {
      break_();
      const ended = await deploy('2', manifests, ['--auto-rollback'], more);
      expect(ended.report.failure?.step, ended.stderr).toBe('check');
      return ended;
    },
    all: () => allObjects(kubectl),
    text: (path: string) => kubectl('get', 'deployment/web', '-o', `jsonpath={${path}}`),
  };
}

describe.skipIf(!hasCluster() || !hasFakeNodes())('workloads through kubectl', { timeout: 180_000 }, () => {
  const cluster = clusterOfFile(async (started, atEnd) => {
    await startNodes(started, { nodes: 2 }, atEnd);
    return started;
  });

  it('given nothing, when a first deploy fails later, then all that it made is gone', async () => {
    const it = await stage(cluster());
    const { report, stderr } = await it.back({});
    expect(report.status, stderr).toBe('rolled_back');
    expect(await it.all()).toEqual([]);
  });

  it('given a version, when a better one is deployed, then it is live, and what it has no more is deleted', async () => {
    const it = await stage(cluster());
    expect((await it.deploy('1', { more: [CONFIG_MAP('old', { a: 'b' })] })).report.status).toBe('succeeded');
    const { report, stderr } = await it.deploy('2', { image: 'shop:2', more: [CONFIG_MAP('new', { a: 'b' })] });
    expect(report.status, stderr).toBe('succeeded');
    expect((await it.all()).map(({ metadata }) => (metadata as Fields).name).sort()).toEqual(['new', 'web', 'web']);
    expect(await it.text('.spec.template.spec.containers[0].image')).toBe('shop:2');
  });

  it.each([
    ['shop:unready', 'is not ready after', '4s'],
    ['shop:crash', 'CrashLoopBackOff', '40s'],
    ['shop:oom', 'OOMKilled', '40s'],
    ['shop:missing', 'ErrImagePull|ImagePullBackOff', '40s'],
    ['shop:config', 'CreateContainerConfigError', '40s'],
  ])('given the image %s, when it is rolled out, then that is seen, and all objects are what they were', async (image, reason, timeout) => {
    const it = await stage(cluster());
    expect((await it.deploy('1', {})).report.status).toBe('succeeded');
    const before = await it.all();
    const { report, stderr } = await it.deploy('2', { image, greeting: 'bye' }, ['--auto-rollback'], { TIMEOUT: timeout });
    expect(report.status, stderr).toBe('rolled_back');
    expect(report.failure?.message).toMatch(new RegExp(reason));
    expect(JSON.stringify(report)).toMatch(/Available=.*pod web-/);
    if (image === 'shop:crash') expect(JSON.stringify(report)).toContain('last lines of app');
    expect(await it.all()).toEqual(before);
  });

  it.each<[string, Version, Version]>([
    ['only a ConfigMap is another one', {}, { greeting: 'bye' }],
    ['a variable is new', {}, { container: { env: [{ name: 'NEW', value: '1' }] } }],
    ['a probe is new', {}, { container: { livenessProbe: { httpGet: { path: '/', port: 80 } } } }],
    ['resources are new', {}, { container: { resources: { limits: { memory: '64Mi' } } } }],
    ['an object is new', {}, { more: [CONFIG_MAP('new', { a: 'b' })] }],
    ['an object is gone', { more: [CONFIG_MAP('old', { a: 'b' })] }, {}],
    [
      'a variable is gone',
      {
        container: {
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
        },
      },
      { container: { env: [{ name: 'B', value: '3' }] } },
    ],
    ['a StatefulSet is another one', { kind: 'StatefulSet' }, { kind: 'StatefulSet', image: 'shop:2', replicas: 3 }],
    ['a DaemonSet is another one', { kind: 'DaemonSet' }, { kind: 'DaemonSet', image: 'shop:2' }],
    ['a Deployment becomes a StatefulSet', {}, { kind: 'StatefulSet' }],
  ])('given a version in which %s, when the run goes back, then all objects are what they were', async (_, one, two) => {
    const it = await stage(cluster());
    expect((await it.deploy('1', one)).report.status).toBe('succeeded');
    const before = await it.all();
    const { report, stderr } = await it.back(two);
    expect(report.status, stderr).toBe('rolled_back');
    expect(await it.all()).toEqual(before);
  });

  it('given objects that `kubectl apply` had made, when the run goes back, then they are what they were, with what kubectl notes', async () => {
    const it = await stage(cluster());
    write(join(it.cwd, 'k8s'), { container: { livenessProbe: { tcpSocket: { port: 80 } } } });
    await it.kubectl('apply', '-f', join(it.cwd, 'k8s'));
    await it.kubectl('rollout', 'status', 'deployment/web');
    const before = await it.all();
    expect(JSON.stringify(before)).toContain('last-applied-configuration');
    const { report, stderr } = await it.back({ image: 'shop:2', replicas: 3, greeting: 'bye', more: [CONFIG_MAP('new', { a: 'b' })] });
    expect(report.status, stderr).toBe('rolled_back');
    expect(await it.all()).toEqual(before);
  });

  it('given a Deployment whose replicas an autoscaler sets, when it is deployed and goes back, then they stay what they are', async () => {
    const it = await stage(cluster());
    expect((await it.deploy('1', { more: [SCALER(5)] })).report.status).toBe('succeeded');
    await it.kubectl('scale', 'deployment/web', '--replicas=4');
    await it.kubectl('rollout', 'status', 'deployment/web');
    const before = await it.all();
    const { report, stderr } = await it.back({ image: 'shop:2', replicas: undefined, more: [SCALER(9)] });
    expect(report.status, stderr).toBe('rolled_back');
    expect(await it.text('.spec.replicas')).toBe('4');
    expect(await it.all()).toEqual(before);
  });

  it.each([
    ['kubectl create', ['create', '--save-config=false']],
    ['kubectl apply', ['apply']],
  ])('given the image of a workload that `%s` has made, when the run goes back, then all of it is what it was', async (_, words) => {
    const it = await stage(cluster(), 'deployment: web, image: "shop:${VERSION:-0}"');
    write(join(it.cwd, 'k8s'), { container: { env: [{ name: 'A', value: '1' }] } });
    await it.kubectl(...words, '-f', join(it.cwd, 'k8s'));
    await it.kubectl('rollout', 'status', 'deployment/web');
    const before = await it.all();
    const { report, stderr } = await it.back(undefined);
    expect(report.status, stderr).toBe('rolled_back');
    expect(stderr).toMatch(/web: 2 -> 1/);
    expect(await it.all()).toEqual(before);
  });

  it('given a workload of another tool, when its image is to be changed, then that is refused, and its name is said', async () => {
    const it = await stage(cluster(), 'deployment: web, image: "shop:${VERSION:-0}"');
    await it.kubectl('create', 'deployment', 'web', '--image=shop:1', '--field-manager=argocd');
    const before = await it.text('.spec');
    const { report } = await it.deploy('2', undefined, ['--auto-rollback']);
    expect(report.failure?.message).toContain('argocd has set the image');
    expect(await it.text('.spec')).toBe(before);
  });

  describe('given a change by another hand in between', () => {
    it('when it is of a field that was there, then it is overwritten, and said', async () => {
      const it = await stage(cluster());
      await it.deploy('1', {});
      await it.deploy('2', { image: 'shop:2' });
      await it.kubectl('scale', 'deployment/web', '--replicas=3');
      const { report, stderr } = await shipJson(['rollback'], { cwd: it.cwd, env: { ...it.env, VERSION: '2' } });
      expect(report.status, stderr).toBe('rolled_back');
      expect(stderr).toContain('Deployment web had 3 replicas, and has 2 again');
      expect(await it.text('.spec.replicas')).toBe('2');
    });

    it('when it is a new field, then it stays, and the rollback is not called one', async () => {
      const it = await stage(cluster());
      await it.deploy('1', {});
      await it.deploy('2', { image: 'shop:2' });
      await it.kubectl('set', 'env', 'deployment/web', 'BY_HAND=1');
      const { report, stderr } = await shipJson(['rollback'], { cwd: it.cwd, env: { ...it.env, VERSION: '2' } });
      expect(report.status, stderr).toBe('rollback_incomplete');
      expect(stderr).toMatch(/containers\[app\]\.env is there, and was not.*set by kubectl-set/);
      expect(await it.text('.spec.template.spec.containers[0].image')).toBe('shop:1');
    });

    it('when somebody else manages a field, then the deploy is refused, names the manager, and has changed nothing', async () => {
      const it = await stage(cluster());
      await it.deploy('1', {});
      await it.kubectl('patch', 'deployment', 'web', '--field-manager=boss', '-p', '{"spec":{"minReadySeconds":1}}');
      await it.kubectl('patch', 'configmap', 'web', '--field-manager=boss', '-p', '{"data":{"greeting":"mine"}}');
      const before = await it.all();
      const { report, stderr } = await it.deploy('2', { image: 'shop:2' }, ['--auto-rollback']);
      expect(report.failure?.message, stderr).toContain('boss has set .data.greeting');
      expect(await it.all()).toEqual(before);
    });
  });

  it('given a user who may not delete, when it is deployed, then the permission is named, and nothing was done', async () => {
    const it = await stage(cluster());
    const kubeconfig = await cluster().user(it.namespace, [
      { apiGroups: ['', 'apps', 'autoscaling'], resources: ['*'], verbs: ['get', 'list', 'create', 'patch'] },
    ]);
    const before = await it.all();
    const context = (await cluster().run('kubectl', ['config', 'current-context'], { kubeconfig })).stdout.trim();
    writeFileSync(
      join(it.cwd, 'ship.yaml'),
      `${HEAD}plugins: [{ kubernetes: { context: ${context}, namespace: ${it.namespace}, kubeconfig: ${kubeconfig} } }]\ncomponents: { web: { driver: kubectl, version: "1", ${MANIFESTS} } }\nsteps: [{ id: web, uses: deploy, component: web }]\n`,
    );
    const { report, stderr } = await it.deploy('1', {});
    expect(report.errors[0]?.message, stderr).toMatch(/configmaps \(update, delete\), deployments\.apps \(update, delete\)/);
    expect(await it.all()).toEqual(before);
  });

  it.each([
    ['deployment: "web;touch x", image: "shop:1"', /is no deployment of Kubernetes/],
    ['manifests: ./k8s, namespace: "$(touch x)"', /is no namespace of Kubernetes/],
    ['manifests: ./k8s, context: --help', /is no context of Kubernetes/],
  ])('given `%s`, then it is refused', async (settings, message) => {
    const it = await stage(cluster(), settings);
    const { code, stdout, stderr } = await it.deploy('1', {});
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(message);
  });

  it('given no cluster, when it is deployed, then that is said', async () => {
    const it = await stage(cluster(), 'manifests: ./k8s, context: nowhere');
    const { code, report } = await it.deploy('1', {});
    expect(code).not.toBe(0);
    expect(report.failure?.message ?? JSON.stringify(report)).toContain('nowhere');
  });

  it('given a pod that was started with the newer configuration, when the run goes back, then it is started again', async () => {
    const it = await stage(cluster());
    await it.deploy('1', { replicas: 1 });
    await it.deploy('2', { replicas: 1, greeting: 'bye' });
    await it.kubectl('delete', 'pods', '--selector=app=web');
    await it.kubectl('rollout', 'status', 'deployment/web');
    const [pod] = (await it.kubectl('get', 'pods', '-o', 'name')).split('\n');
    const { report, stderr } = await shipJson(['rollback'], { cwd: it.cwd, env: { ...it.env, VERSION: '2' } });
    expect(report.status, stderr).toBe('rolled_back');
    expect(stderr).toContain('was started again, with the configuration of before');
    expect(await it.kubectl('get', 'pods', '-o', 'name')).not.toContain(pod);
  });

  it('given what was there before the component, when the first deploy goes back, then it is what it was, and is not deleted', async () => {
    const it = await stage(cluster());
    await it.kubectl('create', 'configmap', 'web', '--from-literal=greeting=mine');
    const before = await it.all();
    const { report, stderr } = await it.back({});
    expect(report.status, stderr).toBe('rolled_back');
    expect(await it.all()).toEqual(before);
  });

  it('given a kustomization that names its ConfigMap by a hash, when the run goes back, then the old one is there again, and the new one is not', async () => {
    const it = await stage(cluster());
    const folder = join(it.cwd, 'k8s');
    const kustomize = (greeting: string, image: string) => {
      write(folder, { config: false, image });
      const generator = { name: 'web', literals: [`greeting=${greeting}`] };
      writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify({ resources: ['0.json'], configMapGenerator: [generator] }));
    };
    kustomize('hello', 'shop:1');
    expect((await it.deploy('1', undefined)).report.status).toBe('succeeded');
    const before = await it.all();
    kustomize('bye', 'shop:2');
    const { report, stderr } = await it.back(undefined);
    expect(report.status, stderr).toBe('rolled_back');
    expect(await it.all()).toEqual(before);
  });

  it('given a dry run, then it says what would be made, and makes nothing', async () => {
    const it = await stage(cluster());
    write(join(it.cwd, 'k8s'), {});
    const { stdout } = await ship(['--dry-run'], { cwd: it.cwd, env: { ...it.env, VERSION: '1' } });
    expect(stdout).toMatch(/create +web 1: ConfigMap web in [\s\S]*create +web 1: Deployment web in /);
    expect(await it.all()).toEqual([]);
  });

  it('given a job of the version before, when the run goes back, then it is neither run again nor deleted, and a new one is', async () => {
    const job = (name: string, image: string): Fields => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image }] } } },
    });
    const it = await stage(cluster());
    await it.deploy('1', { more: [job('one', 'shop:done')] });
    const uid = await it.kubectl('get', 'job/one', '-o', 'jsonpath={.metadata.uid}');
    const { report, stderr } = await it.back({ image: 'shop:2', more: [job('one', 'shop:done'), job('two', 'shop:done')] });
    expect(report.status, stderr).toBe('rolled_back');
    expect(await it.kubectl('get', 'jobs', '-o', 'name')).toBe('job.batch/one');
    expect(await it.kubectl('get', 'job/one', '-o', 'jsonpath={.metadata.uid}')).toBe(uid);
  });

  it('given a claim of a volume that is gone, when it is to go back, then that is refused', async () => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    };
    const it = await stage(cluster());
    await it.deploy('1', { more: [claim] });
    await it.deploy('2', { image: 'shop:2' });
    expect(await it.kubectl('get', 'pvc', '-o', 'name')).toContain('data');
    await it.kubectl('patch', 'pvc', 'data', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
    await it.kubectl('delete', 'pvc', 'data');
    const { code, stdout, stderr } = await shipJson(['rollback'], { cwd: it.cwd, env: { ...it.env, VERSION: '2' } });
    expect(code).toBe(6);
    expect(stdout + stderr).toContain('PersistentVolumeClaim data is gone');
    expect(await it.text('.spec.template.spec.containers[0].image')).toBe('shop:2');
  });

  it('given ship that is killed in the middle of a rollout, when it is recovered, then all objects are what they were', async () => {
    const it = await stage(cluster());
    await it.deploy('1', {});
    const before = await it.all();
    write(join(it.cwd, 'k8s'), { image: 'shop:unready', greeting: 'bye', more: [CONFIG_MAP('new', { a: 'b' })] });
    const { code } = await runProgram(['timeout', '--signal=KILL', '9', process.execPath, SHIP], {
      cwd: it.cwd,
      env: { ...it.env, VERSION: '2' },
    });
    expect(code).not.toBe(0);
    expect(await it.all()).not.toEqual(before);
    const { report, stderr } = await shipJson(['recover', '--back'], { cwd: it.cwd, env: { ...it.env, VERSION: '2' } });
    expect(report.status, stderr).toBe('rolled_back');
    expect(await it.all()).toEqual(before);
  });

  it('given ship that is killed before it has noted that a version is live, when it is recovered, then all objects are what they were', async () => {
    const it = await stage(cluster());
    await it.deploy('1', {});
    const before = await it.all();
    write(join(it.cwd, 'k8s'), { image: 'shop:2', greeting: 'bye', more: [CONFIG_MAP('new', { a: 'b' })] });
    const killed = await ship([], { cwd: it.cwd, env: { ...it.env, VERSION: '2', ...crashAt('acted:1') } });
    expect(killed.signal ?? killed.code).not.toBe(0);
    expect(await it.all()).not.toEqual(before);
    const { report, stderr } = await shipJson(['recover', '--back'], { cwd: it.cwd, env: { ...it.env, VERSION: '2' } });
    expect(report.status, stderr).toBe('rolled_back');
    expect(await it.all()).toEqual(before);
  });
});
