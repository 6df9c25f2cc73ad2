import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Cluster, clusterOfFile, hasCluster, hasFakeNodes } from '../services/cluster.js';
import { startNodes } from '../services/kubelet.js';
import { cleanEnv, HEAD, project, ROOT, SHIP, ship, shipJson, temporaryFolder } from '../support/ship.js';

const CHART = join(ROOT, 'test/support/charts/shop');

const DEPLOYMENT = (replicas: number, resources: object = {}) =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'shop:1', resources }] } },
    },
  });

const CONFIG_MAP = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' }, data: { a: 'b' } });

interface Place {
  readonly namespace: string;
  readonly context?: string;
  readonly kubeconfig?: string;
}

/** A component of each driver, at one place. */
const CONFIG = ({ namespace, context = 'test', kubeconfig }: Place, more = '') => {
  const place = `{ context: "${context}", namespace: "${namespace}"${kubeconfig === undefined ? '' : `, kubeconfig: "${kubeconfig}"`} }`;
  return `${HEAD}plugins: [{ kubernetes: ${place} }, { helm: ${place} }]
components:
  web: { driver: kubectl, version: "\${VERSION:-1}", manifests: ./k8s }
  cache: { driver: helm, version: "\${VERSION:-1}", chart: ./chart, timeout: 60s, set: { image: "\${IMAGE:-shop:1}" } }
${more}steps:
  - { id: web, uses: deploy, component: web }
  - { id: cache, uses: deploy, component: cache, needs: [web] }
verify: { smoke: [{ run: "true" }] }
`;
};

async function stage(cluster: Cluster, place: Partial<Place> = {}, helm: 3 | 4 = 4) {
  const namespace = place.namespace ?? (await cluster.namespace());
  const cwd = project(CONFIG({ namespace, ...place }));
  mkdirSync(join(cwd, 'k8s'));
  writeFileSync(join(cwd, 'k8s/web.json'), DEPLOYMENT(1));
  writeFileSync(join(cwd, 'k8s/config.json'), CONFIG_MAP);
  cpSync(CHART, join(cwd, 'chart'), { recursive: true });
  const env = cluster.env(helm);
  const kubectl = async (...words: string[]) => (await cluster.kubectl('-n', namespace, ...words)).stdout.trim();
  const leave = (revision: number, status: string) =>
    kubectl('label', '--overwrite', 'secret', `sh.helm.release.v1.cache.v${revision}`, `status=${status}`);
  return {
    cwd,
    env,
    namespace,
    kubectl,
    ship: (...args: string[]) => shipJson(args, { cwd, env }),
    doctor: (...args: string[]) => ship(['doctor', ...args], { cwd, env }),
    /** How they stand, oldest first. */
    revisions: async () =>
      (await kubectl('get', 'secrets', '-l', 'owner=helm', '-o', 'jsonpath={.items[*].metadata.labels.status}')).split(' '),
    /** As a Helm that was killed leaves it. */
    leave,
    /** The same of a ship that was killed with it. Answers its run. */
    async leaveOwn() {
      const run = await kubectl('get', 'secret/sh.helm.release.v1.cache.v2', '-o', 'jsonpath={.metadata.labels.ship-run}');
      await kubectl('annotate', '--overwrite', 'secret/sh.helm.release.v1.cache.v1', `ship-next=${run}`);
      await leave(2, 'pending-upgrade');
      return run;
    },
  };
}

/** Starts a deploy that does not become ready, and kills ship with all that it has started, or ship alone. */
async function killed(cwd: string, env: Record<string, string>, isThere: () => Promise<boolean>): Promise<void> {
  const child = spawn(process.execPath, [SHIP], { cwd, env: cleanEnv(env), stdio: 'ignore' });
  while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, 100));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('exit', resolve));
}

describe.skipIf(!hasCluster() || !hasFakeNodes())('what is seen before a deploy to a cluster', { timeout: 180_000 }, () => {
  const cluster = clusterOfFile(async (started, atEnd) => {
    await startNodes(started, { nodes: 2 }, atEnd);
    return started;
  });

  describe('permissions', () => {
    const READS = { apiGroups: ['', 'apps', 'autoscaling'], resources: ['*'], verbs: ['get', 'list', 'create', 'patch'] };

    it('given a user who lacks several, for both drivers, when it is deployed, then one refusal names all of them, and nothing was done', async () => {
      const namespace = await cluster().namespace();
      const it = await stage(cluster(), { namespace, kubeconfig: await cluster().user(namespace, [READS]) });
      const { report, stderr } = await it.ship();
      expect(report, stderr).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_PLAN_REFUSED' }] });
      const [{ message }] = report.errors as [{ message: string }];
      expect(message).toMatch(
        /system:serviceaccount:\S+ may not do what web needs.*configmaps \(update, delete\), deployments\.apps \(update, delete\) in test\//s,
      );
      expect(message).toMatch(
        /may not do what cache needs.*secrets \(update, delete\), configmaps \(update, delete\), services \(update, delete\), deployments\.apps \(update, delete\), pods \(delete\)/s,
      );
      expect(message).toContain('{ apiGroups: ["apps"], resources: ["deployments"], verbs: ["update", "delete"] }');
      expect(await it.kubectl('get', 'deployments', '-o', 'name')).toBe('');
      const seen = await it.doctor();
      expect(seen.code).toBe(2);
      expect(seen.stdout).toMatch(/✗ system:serviceaccount:\S+ may not do what web needs/);
    });

    it('given manifests that a step makes first, when a right is missing, then the deploy is refused before it changes anything', async () => {
      const namespace = await cluster().namespace();
      const it = await stage(cluster(), { namespace, kubeconfig: await cluster().user(namespace, [READS]) });
      writeFileSync(join(it.cwd, 'made.json'), DEPLOYMENT(1));
      const config = readFileSync(join(it.cwd, 'ship.yaml'), 'utf8');
      const made = 'steps:\n  - { id: make, run: "mkdir -p made && cp made.json made", undo: "true" }\n';
      writeFileSync(
        join(it.cwd, 'ship.yaml'),
        config
          .replace('./k8s', './made')
          .replace('steps:\n', made)
          .replace(/\n.*id: cache.*\n/, '\n')
          .replace(/\n {2}cache: .*\n/, '\n'),
      );
      const { report, stderr } = await it.ship('--auto-rollback');
      expect(report.failure?.message, stderr).toMatch(/deployments\.apps \(update, delete\)/);
      expect(report.failure?.step).toBe('web');
      expect(await it.kubectl('get', 'deployments', '-o', 'name')).toBe('');
    });

    it.each([3, 4] as const)(
      'given the rules that the refusal names, when they are given, then it deploys with Helm %i, and goes back',
      async (helm) => {
        const namespace = await cluster().namespace();
        const nobody = await stage(cluster(), { namespace, kubeconfig: await cluster().user(namespace, []) }, helm);
        const { report } = await nobody.ship();
        const texts = [...report.errors[0]!.message.matchAll(/rules: \[(.*?\})\]/g)].map(([, rules]) => `[${rules}]`);
        expect(texts).toHaveLength(2);
        const rules = texts.flatMap((text) => JSON.parse(text.replaceAll(/(\w+): \[/g, '"$1": [')) as []);
        const it = await stage(cluster(), { namespace, kubeconfig: await cluster().user(namespace, rules) }, helm);
        const first = await it.ship();
        expect(first.report.status, first.stderr).toBe('succeeded');
        writeFileSync(join(it.cwd, 'k8s/web.json'), DEPLOYMENT(2));
        const second = await shipJson([], { cwd: it.cwd, env: { ...it.env, VERSION: '2', IMAGE: 'shop:2' } });
        expect(second.report.status, second.stderr).toBe('succeeded');
        const back = await it.ship('rollback');
        expect(back.report.status, back.stderr).toBe('rolled_back');
        expect(await it.kubectl('get', 'deployment/cache', '-o', 'jsonpath={..image}')).toBe('shop:1');
      },
    );
  });

  describe('the doctor', () => {
    it('given a cluster where all is well, when it looks, then it says which versions there are', async () => {
      const it = await stage(cluster());
      const { code, stdout } = await it.doctor();
      expect(stdout).toMatch(/✓ test\/\S+ answers: Kubernetes v1\.\S+, kubectl v1\./);
      expect(stdout).toMatch(/✓ test\/\S+ answers: .*, Helm v4\./);
      expect([code, stdout]).toEqual([0, expect.stringContaining('all is well')]);
    });

    it.each([
      ['no such context', { context: 'nowhere' }, /✗ nowhere: .*context "nowhere" does not exist/],
      ['a context with characters of a shell', { context: '$(touch x);`y`' }, /context .* does not exist/],
      ['no such namespace', { namespace: 'nowhere' }, /✗ test has no namespace nowhere: `kubectl --context=test create namespace nowhere`/],
      ['a namespace that is none', { namespace: 'a;b' }, /✗ "a;b" is no namespace of Kubernetes/],
      ['no kubeconfig', { kubeconfig: './nothing' }, /✗ test: .*(no such file|does not exist)/],
    ])('given %s, when it looks, then that is said in the words of the tool', async (_, place, message) => {
      const it = await stage(cluster(), place);
      const { code, stdout } = await it.doctor();
      expect(stdout).toMatch(message);
      expect(code).toBe(2);
      expect(existsSync(join(it.cwd, 'x'))).toBe(false);
    });

    it('given a kubeconfig that is no YAML, when it looks, and when it is deployed, then both say so', async () => {
      const kubeconfig = join(temporaryFolder(), 'config');
      writeFileSync(kubeconfig, 'contexts: [{ name: test');
      const it = await stage(cluster(), { kubeconfig });
      expect((await it.doctor()).stdout).toMatch(/✗ test: .*error loading config file .*yaml/);
      expect(JSON.stringify((await it.ship()).report)).toMatch(/error loading config file .*yaml/);
    });

    it('given a server that never answers, when it looks, then it comes to its end, and says so', async () => {
      const sockets: Socket[] = [];
      const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.on('listening', resolve));
      onTestFinished(() => {
        for (const each of sockets) each.destroy();
        server.close();
      });
      const { port } = server.address() as { port: number };
      const kubeconfig = join(temporaryFolder(), 'config');
      const [context] = [{ name: 'test', context: { cluster: 'dead', user: 'me' } }];
      const config = {
        clusters: [{ name: 'dead', cluster: { server: `http://127.0.0.1:${port}` } }],
        users: [{ name: 'me', user: {} }],
        contexts: [context],
      };
      writeFileSync(kubeconfig, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
      const it = await stage(cluster(), { kubeconfig });
      const began = Date.now();
      const { code, stdout } = await it.doctor();
      expect(code).toBe(2);
      expect(stdout).toMatch(/✗ test: /);
      expect(Date.now() - began).toBeLessThan(60_000);
    });

    it('given no kubectl and no Helm, when it looks, then both are missed', async () => {
      const it = await stage(cluster());
      const { code, stdout } = await ship(['doctor'], { cwd: it.cwd, env: { ...it.env, PATH: temporaryFolder() } });
      expect(code).toBe(2);
      expect(stdout).toMatch(/✗ test: .*kubectl/);
      expect(stdout).toMatch(/✗ Helm cannot be run/);
    });

    it('given a quota, when it looks, then it says what is used up, and what does not fit', async () => {
      const it = await stage(cluster());
      writeFileSync(join(it.cwd, 'k8s/web.json'), DEPLOYMENT(3, { requests: { cpu: '1' }, limits: { cpu: '2' } }));
      await it.kubectl('create', 'configmap', 'one');
      await it.kubectl('create', 'quota', 'small', '--hard=requests.cpu=2,configmaps=1,services=0');
      let seen = await it.doctor();
      for (let tries = 0; tries < 10 && !/used up/.test(seen.stdout); tries += 1) seen = await it.doctor();
      expect(seen.stdout).toMatch(
        /! .*what is configured does not fit into the quota small: it needs 3 more of requests\.cpu, and 0 of 2 is used/,
      );
      expect(seen.stdout).toMatch(/! .*the quota small is used up: configmaps \d of 1/);
      expect(seen.code).toBe(0);
    });
  });

  describe.each([3, 4] as const)('revisions of Helm %i that are left pending', (helm) => {
    it('given ship and Helm that were killed in an upgrade, when the doctor is to mend it, then the revision before is live again', async () => {
      const it = await stage(cluster(), {}, helm);
      expect((await it.ship()).report.status).toBe('succeeded');
      await killed(it.cwd, { ...it.env, VERSION: '2', IMAGE: 'shop:unready' }, async () => (await it.revisions()).length > 1);
      await it.leaveOwn();
      const seen = await it.doctor();
      expect(seen.stdout).toMatch(
        /✗ cache: revision 2 of cache was left pending-upgrade by the run \S+, which is gone\. `ship doctor --fix`/,
      );
      const fixed = await it.doctor('--fix');
      expect(fixed.stdout).toMatch(/mended: cache: revision 2 of cache .*; revision 1 is live again/);
      expect(await it.kubectl('get', 'deployment/cache', '-o', 'jsonpath={..image}')).toBe('shop:1');
      expect((await it.revisions()).at(-1)).toBe('deployed');
      expect((await it.doctor('--fix')).stdout).not.toContain('mended: cache');
      const { report, stderr } = await it.ship('recover', '--back');
      expect(report.status, stderr).toBe('rolled_back');
    });

    it('given a process of the killed run that is still at work, when the doctor is to mend it, then it leaves it alone', async () => {
      const it = await stage(cluster(), {}, helm);
      expect((await it.ship()).report.status).toBe('succeeded');
      await killed(it.cwd, { ...it.env, VERSION: '2', IMAGE: 'shop:unready' }, async () => (await it.revisions()).length > 1);
      const run = await it.leaveOwn();
      const child = spawn('sleep', ['60'], { detached: true, env: { ...process.env, SHIP_RUN: run }, stdio: 'ignore' });
      onTestFinished(() => void child.kill('SIGKILL'));
      const { stdout } = await it.doctor('--fix');
      expect(stdout).toMatch(new RegExp(`✗ cache: .*process ${child.pid} of it is still at work.*helm rollback cache 1`));
      expect((await it.revisions()).at(-1)).toBe('pending-upgrade');
    });

    it('given an upgrade of somebody else, with the labels that Helm hands on, when it is pending, then nobody touches it', async () => {
      const it = await stage(cluster(), {}, helm);
      expect((await it.ship()).report.status).toBe('succeeded');
      await cluster().helm(helm, 'upgrade', 'cache', CHART, '-n', it.namespace, '--set', 'image=shop:2');
      await it.leave(2, 'pending-upgrade');
      const { code, stdout } = await it.doctor('--fix');
      expect(stdout).toMatch(
        /✗ cache: cache is pending-upgrade since .*by somebody else.*no run of ship is known to have begun it\. Once you are sure/,
      );
      expect(stdout).toContain(`\`helm rollback cache 1 --kube-context=test --namespace=${it.namespace}\``);
      expect(code).toBe(2);
      const { report } = await shipJson(['--auto-rollback'], { cwd: it.cwd, env: { ...it.env, VERSION: '3', IMAGE: 'shop:3' } });
      expect(report.failure?.message).toContain('by somebody else');
      expect(await it.kubectl('get', 'deployment/cache', '-o', 'jsonpath={..image}')).toBe('shop:2');
    });
  });

  it('given what `ship init` writes for manifests and for a chart, when it is deployed and rolled back, then each time what should be live is', async () => {
    const namespace = `shop-staging`;
    for (const kind of ['manifests', 'chart'] as const) {
      const cwd = temporaryFolder();
      const env = { ...cluster().env(4), VERSION: '1' };
      writeFileSync(join(cwd, 'package.json'), '{ "name": "shop" }');
      const values = (replicas: number) =>
        writeFileSync(join(cwd, 'charts/shop/values.yaml'), `image: shop:1\nreplicas: ${replicas}\ngreeting: hello\n`);
      if (kind === 'chart') {
        cpSync(CHART, join(cwd, 'charts/shop'), { recursive: true });
        values(1);
      } else {
        await cluster().kubectl('create', 'namespace', namespace);
        mkdirSync(join(cwd, 'k8s'));
        writeFileSync(join(cwd, 'k8s/web.json'), DEPLOYMENT(1));
      }
      const install = /\n.*id: install.*\n/;
      expect((await ship(['init'], { cwd, env })).code).toBe(0);
      const file = join(cwd, 'ship.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace(install, '\n'));
      const first = await shipJson([], { cwd, env });
      expect(first.report.status, first.stderr).toBe('succeeded');
      const name = kind === 'chart' ? 'deployment/shop' : 'deployment/web';
      const replicas = async () => (await cluster().kubectl('-n', namespace, 'get', name, '-o', 'jsonpath={.spec.replicas}')).stdout;
      expect(await replicas()).toBe('1');
      if (kind === 'chart') values(2);
      else writeFileSync(join(cwd, 'k8s/web.json'), DEPLOYMENT(2));
      expect((await shipJson([], { cwd, env: { ...env, VERSION: '2' } })).report.status).toBe('succeeded');
      expect(await replicas()).toBe('2');
      const back = await shipJson(['rollback'], { cwd, env: { ...env, VERSION: '2' } });
      expect(back.report.status, back.stderr).toBe('rolled_back');
      expect(await replicas()).toBe('1');
    }
  });
});
