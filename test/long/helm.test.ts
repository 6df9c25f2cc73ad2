import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Cluster, clusterOfFile, hasCluster, hasFakeNodes } from '../services/cluster.js';
import { startNodes } from '../services/kubelet.js';
import { HEAD, project, ROOT, shipJson } from '../support/ship.js';

const CHART = join(ROOT, 'test/support/charts/shop');

const CONFIG = (
  context: string,
  namespace: string,
  more = '',
) => `${HEAD}plugins: [{ helm: { context: ${context}, namespace: ${namespace} } }]
components:
  web:
    driver: helm
    version: "\${VERSION}"
    chart: ./chart
    timeout: 60s
    set: { image: "\${IMAGE:-shop:1}", replicas: 2, greeting: "\${GREETING:-hello}" }
${more}steps:
  - { id: web, uses: deploy, component: web }
  - { id: check, run: test ! -e broken, undo: "true", needs: [web] }
verify: { smoke: [{ run: "true" }] }
`;

async function stage(cluster: Cluster, helm: 3 | 4) {
  const namespace = await cluster.namespace();
  const { stdout } = await cluster.kubectl('config', 'current-context');
  const cwd = project(CONFIG(stdout.trim(), namespace));
  cpSync(CHART, join(cwd, 'chart'), { recursive: true });
  const env = { ...cluster.env(helm) };
  const get = async (...words: string[]) => (await cluster.kubectl('get', '-n', namespace, ...words)).stdout.trim();
  return {
    cwd,
    namespace,
    ship: (version: string, more: Record<string, string>, ...args: string[]) =>
      shipJson(args, { cwd, env: { ...env, VERSION: version, ...more } }),
    break: () => writeFileSync(join(cwd, 'broken'), ''),
    image: () => get('deployment/web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}'),
    greeting: () => get('configmap/web', '-o', 'jsonpath={.data.greeting}'),
    get,
    statuses: () => get('secrets', '-l', 'owner=helm', '-o', 'jsonpath={.items[*].metadata.labels.status}'),
  };
}

describe.skipIf(!hasCluster() || !hasFakeNodes())('releases of Helm', { timeout: 180_000 }, () => {
  const cluster = clusterOfFile(async (started, atEnd) => {
    await startNodes(started, { nodes: 2 }, atEnd);
    return started;
  });

  describe.each([3, 4] as const)('with Helm %i', (helm) => {
    it('given a later step that fails, when the run goes back, then image, values and config are those of before', async () => {
      const it = await stage(cluster(), helm);
      const first = await it.ship('1.0.0', {});
      expect(first.report.status, first.stderr).toBe('succeeded');
      it.break();
      const { report, stderr } = await it.ship('2.0.0', { IMAGE: 'shop:2', GREETING: 'bye' }, '--auto-rollback');
      expect(report.status, stderr).toBe('rolled_back');
      expect([await it.image(), await it.greeting()]).toEqual(['shop:1', 'hello']);
    });

    it.each([
      ['shop:crash', 'CrashLoopBackOff'],
      ['shop:oom', 'OOMKilled'],
      ['shop:missing', 'ErrImagePull|ImagePullBackOff'],
      ['shop:config', 'CreateContainerConfigError'],
    ])('given the image %s, when it is rolled out, then that is seen within seconds, and the one before is live', async (image, reason) => {
      const it = await stage(cluster(), helm);
      expect((await it.ship('1.0.0', {})).report.status).toBe('succeeded');
      const { report, stderr } = await it.ship('2.0.0', { IMAGE: image }, '--auto-rollback');
      expect(report.status, stderr).toBe('rolled_back');
      expect(report.failure?.message).toMatch(new RegExp(reason));
      expect(await it.image()).toBe('shop:1');
    });

    it('given a first installation that fails, then nothing of it is there', async () => {
      const it = await stage(cluster(), helm);
      const { report, stderr } = await it.ship('1.0.0', { IMAGE: 'shop:missing' }, '--auto-rollback');
      expect(report.status, stderr).toBe('rolled_back');
      expect(await it.get('deployments,services,configmaps', '-o', 'name')).not.toContain('web');
      expect(await it.statuses()).toBe('');
    });
  });
});
