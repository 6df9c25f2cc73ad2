import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Cluster, clusterOfFile, hasCluster, hasFakeNodes } from '../services/cluster.js';
import { startNodes } from '../services/kubelet.js';
import { hasProgram } from '../services/started.js';
import { crashAt, ROOT, ship, shipJson, temporaryFolder } from '../support/ship.js';
import { NO_CHANGES, shop, snapshots } from '../support/terraform.js';

/** A stack of Terraform and two releases of Helm, one after the other, in one run. */
const CONFIG = (context: string, namespace: string) => `version: 1
project: shop
environments: { staging: {}, production: {} }
default_environment: staging
plugins:
  - { terraform: { dir: infra, stateful: [terraform_data.db] } }
  - { helm: { context: ${context}, namespace: ${namespace} } }
components:
  cache: { driver: helm, version: "\${VERSION}", chart: ./chart, timeout: 40s, set: { image: "shop:\${VERSION}", replicas: 1, greeting: "cache \${VERSION}" } }
  web: { driver: helm, version: "\${VERSION}", chart: ./chart, timeout: 40s, set: { image: "\${IMAGE}", replicas: 2, greeting: "web \${VERSION}" } }
steps:
  - { id: infra, uses: terraform/apply }
  - { id: cache, uses: deploy, component: cache }
  - { id: web, uses: deploy, component: web }
  - { id: check, run: test ! -e broken, undo: "true" }
verify: { smoke: [{ run: "true" }] }
`;

async function stage(cluster: Cluster) {
  const namespace = await cluster.namespace();
  const context = (await cluster.kubectl('config', 'current-context')).stdout.trim();
  const stack = shop(CONFIG(context, namespace));
  const { cwd } = stack;
  cpSync(join(ROOT, 'test/support/charts/shop'), join(cwd, 'chart'), { recursive: true });
  const env = cluster.env(4);
  const read = async (what: string, path: string) =>
    (await cluster.kubectl('get', '-n', namespace, what, '-o', `jsonpath={${path}}`)).stdout.trim();
  const ofVersion = (VERSION: string, IMAGE = `shop:${VERSION}`) => ({ ...env, VERSION, IMAGE });
  return {
    ...stack,
    ofVersion,
    deploy(version: string, args: readonly string[] = [], more: { image?: string; env?: Record<string, string> } = {}) {
      stack.write(version, version === '1' ? '' : 'resource "terraform_data" "extra" {}\n');
      return shipJson([...args], { cwd, env: { ...ofVersion(version, more.image), ...more.env } });
    },
    /** What is live: everywhere the same version, or not. */
    async live() {
      const of = async (name: string) => [
        await read(`deployment/${name}`, '.spec.template.spec.containers[0].image'),
        await read(`configmap/${name}`, '.data.greeting'),
        await read(`deployment/${name}`, '.status.readyReplicas'),
      ];
      return { infra: stack.state().outputs.version?.value, cache: await of('cache'), web: await of('web') };
    },
  };
}

const VERSION_1 = { infra: '1', cache: ['shop:1', 'cache 1', '1'], web: ['shop:1', 'web 1', '2'] };
const VERSION_2 = { infra: '2', cache: ['shop:2', 'cache 2', '1'], web: ['shop:2', 'web 2', '2'] };

describe.skipIf(!hasCluster() || !hasFakeNodes() || !hasProgram('terraform'))(
  'a stack and two releases in one run',
  { timeout: 240_000 },
  () => {
    const cluster = clusterOfFile(async (started, atEnd) => {
      await startNodes(started, { nodes: 2 }, atEnd);
      return started;
    });

    it('given a later step that fails, then all three are what they were, and a fresh plan is empty', async () => {
      const it = await stage(cluster());
      expect((await it.deploy('1')).report.status).toBe('succeeded');
      expect(await it.live()).toEqual(VERSION_1);
      writeFileSync(join(it.cwd, 'broken'), '');
      const { report, stderr } = await it.deploy('2', ['--auto-rollback']);
      expect(report.status, stderr).toBe('rolled_back');
      expect(await it.live()).toEqual(VERSION_1);
      expect(await it.freshPlan('1')).toContain(NO_CHANGES);
    });

    it('given a second release that cannot start, then the first one and the stack go back with it', async () => {
      const it = await stage(cluster());
      await it.deploy('1');
      const { report, stderr } = await it.deploy('2', ['--auto-rollback'], { image: 'shop:crash' });
      expect(report.failure?.message, stderr).toMatch(/CrashLoopBackOff/);
      expect(report.status, stderr).toBe('rolled_back');
      expect(await it.live()).toEqual(VERSION_1);
    });

    it('given a version that was verified, when the snapshot before is gone back to, then all three are', async () => {
      const it = await stage(cluster());
      await it.deploy('1');
      expect((await it.deploy('2')).report.status).toBe('succeeded');
      expect(await it.live()).toEqual(VERSION_2);
      const [first] = snapshots(it.cwd);
      const { report, stderr } = await shipJson(['--rollback-to', first!], { cwd: it.cwd, env: it.ofVersion('2') });
      expect(report.status, stderr).toBe('succeeded');
      expect(report.rollback?.parts).toContainEqual(expect.objectContaining({ name: 'terraform', status: 'restored' }));
      expect(await it.live()).toEqual(VERSION_1);
    });

    it.each([
      ['--back', VERSION_1, 'rolled_back'],
      ['--forward', VERSION_2, 'succeeded'],
    ] as const)(
      'given ship that is killed between the two releases, when it is recovered %s, then all are of one version',
      async (way, version, status) => {
        const it = await stage(cluster());
        await it.deploy('1');
        it.write('2', 'resource "terraform_data" "extra" {}\n');
        const killed = await ship([], { cwd: it.cwd, env: { ...it.ofVersion('2'), ...crashAt('acted:2') } });
        expect(killed.signal ?? killed.code).not.toBe(0);
        const between = await it.live();
        expect([between.infra, between.web[0]]).toEqual(['2', 'shop:1']);
        const { report, stderr } = await shipJson(['recover', way], { cwd: it.cwd, env: it.ofVersion('2') });
        expect(report.status, stderr).toBe(status);
        expect(await it.live()).toEqual(version);
      },
    );

    it('given examples/kubernetes, when its README is followed, then each command does what it says', async () => {
      const namespace = await cluster().namespace();
      const CONTEXT = (await cluster().kubectl('config', 'current-context')).stdout.trim();
      const cwd = join(temporaryFolder(), 'kubernetes');
      cpSync(join(ROOT, 'examples/kubernetes'), cwd, { recursive: true, filter: (path) => !path.includes('.speckit') });
      const run = (VERSION: string, ...args: string[]) =>
        shipJson(args, { cwd, env: { ...cluster().env(4), CONTEXT, NAMESPACE: namespace, VERSION } });
      const image = async () =>
        (await cluster().kubectl('get', '-n', namespace, 'deployment/web', '-o', 'jsonpath={..image}')).stdout.trim();
      for (const version of ['1.27', '1.28']) {
        const { report, stderr } = await run(version);
        expect(report.status, stderr).toBe('succeeded');
        expect(await image()).toBe(`nginx:${version}`);
      }
      expect((await run('1.27', 'rollback')).code).toBe(0);
      expect(await image()).toBe('nginx:1.27');
      const { report, stderr } = await run('missing', '--auto-rollback');
      expect(report.failure?.message, stderr).toMatch(/ErrImagePull|ImagePullBackOff/);
      expect([report.status, await image()]).toEqual(['rolled_back', 'nginx:1.27']);
    });
  },
);
