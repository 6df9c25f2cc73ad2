import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ComponentConfig, type ComponentState, type Driver, type Json, type JsonObject, MemoryStore } from '@ship/core';
import { objectsIn } from '@ship/core/kernel';
import { temporaryFolder, testContext, testDriver } from '@ship/testing';
import { describe } from 'vitest';
import { helmDriver } from '../../plugins/helm/src/driver/driver.js';
import { kubectlDriver } from '../../plugins/kubernetes/src/driver/driver.js';
import { type Cluster, clusterOfFile, hasCluster, hasFakeNodes } from '../services/cluster.js';
import { startNodes } from '../services/kubelet.js';
import { ROOT } from '../support/ship.js';

const objects = objectsIn(new MemoryStore(), () => undefined);

const component = (driver: string, version: string, settings: JsonObject): ComponentConfig => ({
  name: 'web',
  driver,
  version,
  depends_on: [],
  dependencies: {},
  compatible_with: {},
  core: false,
  settings,
});

/** What of a component is another one: its image says whether it can start. */
interface Wanted {
  readonly image?: string;
  readonly greeting?: string;
}

/** A namespace of its own, and the tools of the tests. */
async function place(cluster: Cluster, helm: 3 | 4) {
  const namespace = await cluster.namespace();
  const context = (await cluster.kubectl('config', 'current-context')).stdout.trim();
  const dir = temporaryFolder();
  const ctx = testContext({ dir, env: cluster.env(helm) });
  const image = async () => {
    const { code, stdout } = await cluster.kubectl('get', '-n', namespace, 'deployment/web', '-o', 'jsonpath={..image}');
    return code === 0 ? /:(\w+)/.exec(stdout)?.[1] : undefined;
  };
  return { ctx, dir, at: { context, namespace }, image };
}

/** An index of pods must not tell `v1` from what was asked for: the version is the tag of the image. */
const imageOf = (version: string) => `shop:${version}`;

function writeManifests(folder: string, { image, greeting = 'hello' }: Wanted): void {
  mkdirSync(folder, { recursive: true });
  const labels = { app: 'web' };
  const all: JsonObject[] = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' }, data: { greeting } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            terminationGracePeriodSeconds: 0,
            containers: [{ name: 'app', image: image!, envFrom: [{ configMapRef: { name: 'web' } }] }],
          },
        },
      },
    },
  ];
  for (const [at, each] of all.entries()) writeFileSync(join(folder, `${at}.json`), JSON.stringify(each));
}

describe.skipIf(!hasCluster() || !hasFakeNodes())('drivers of Kubernetes', { timeout: 180_000 }, () => {
  const cluster = clusterOfFile(async (started, atEnd) => {
    await startNodes(started, { nodes: 2 }, atEnd);
    return started;
  });

  testDriver('kubectl', {
    driver: kubectlDriver({}, objects) as Driver<Json>,
    async open() {
      const { ctx, dir, at, image } = await place(cluster(), 4);
      const made = (version: string, wanted: Wanted) => {
        const name = `k8s-${version}-${JSON.stringify(wanted).replace(/\W+/g, '-')}`;
        writeManifests(join(dir, name), { image: imageOf(version), ...wanted });
        return component('kubectl', version, { ...at, manifests: `./${name}`, timeout: '20s' });
      };
      return {
        ctx,
        component: (version) => made(version, {}),
        reconfigured: (version) => made(version, { greeting: 'bye' }),
        broken: (version) => made(version, { image: 'shop:crash' }),
        serving: image,
      };
    },
    invalid: [{}, { manifests: '' }, { manifests: 'k8s', deployment: 'web' }, { deployment: 'web' }, { manifests: 'k8s', timeout: 'soon' }],
  });

  describe.each([3, 4] as const)('with Helm %i', (helm) => {
    testDriver('helm', {
      driver: helmDriver({}, objects) as Driver<Json>,
      async open() {
        const { ctx, dir, at, image } = await place(cluster(), helm);
        cpSync(join(ROOT, 'test/support/charts/shop'), join(dir, 'chart'), { recursive: true });
        const made = (version: string, { image: wanted = imageOf(version), greeting = 'hello' }: Wanted) =>
          component('helm', version, { ...at, chart: './chart', timeout: '20s', set: { image: wanted, replicas: 1, greeting } });
        return {
          ctx,
          component: (version) => made(version, {}),
          reconfigured: (version) => made(version, { greeting: 'bye' }),
          broken: (version) => made(version, { image: 'shop:crash' }),
          serving: image,
          // Neither Helm nor ship has it.
          lose: async (state: ComponentState<Json>) => {
            const { revision } = state.driver as { revision: number };
            await cluster().kubectl('delete', '-n', at.namespace, 'secret', `sh.helm.release.v1.web.v${revision}`);
            delete (state.driver as { kept?: string }).kept;
          },
        };
      },
      invalid: [{}, { chart: '' }, { chart: './chart', timeout: 'soon' }, { chart: './chart', values: 'a.yaml' }],
    });
  });
});
