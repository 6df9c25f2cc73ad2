import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Cluster } from '../services/cluster.js';
import { allObjects } from './cluster-objects.js';
import { HEAD, project, ROOT, ship, shipJson } from './ship.js';

const CHART = join(ROOT, 'test/support/charts/shop');

/** What a test sets of the chart, as values over its own. */
export type Values = Readonly<Record<string, unknown>>;

const CONFIG = (
  place: string,
  release: string,
  timeout: string,
  values: readonly string[] = [],
) => `${HEAD}plugins: [{ helm: { ${place} } }]
components:
  web:
    driver: helm
    version: "\${VERSION:-0}"
    chart: ./chart
    release: ${release}
    timeout: "\${TIMEOUT:-${timeout}}"
    values: ${JSON.stringify([...values, 'values.json'])}
steps:
  - { id: web, uses: deploy, component: web }
  - { id: check, run: test ! -e broken, undo: "true", needs: [web] }
verify: { smoke: [{ run: "true" }] }
`;

/** A project whose only component is a release of the chart `shop`, in a namespace of its own. */
export async function stageRelease(cluster: Cluster, helm: 3 | 4, { timeout = '60s', isUnique = false } = {}) {
  const namespace = await cluster.namespace();
  // What belongs to the whole cluster has the name of the release in it.
  const release = isUnique ? namespace : 'web';
  const context = (await cluster.kubectl('config', 'current-context')).stdout.trim();
  const place = `context: ${context}, namespace: ${namespace}`;
  const cwd = project(CONFIG(place, release, timeout));
  cpSync(CHART, join(cwd, 'chart'), { recursive: true });
  const env = cluster.env(helm);
  const kubectl = async (...words: string[]) => {
    const ended = await cluster.kubectl('-n', namespace, ...words);
    if (ended.code !== 0) throw new Error(ended.stderr);
    return ended.stdout.trim();
  };
  const set = (values: Values) => writeFileSync(join(cwd, 'values.json'), JSON.stringify(values));
  const run = (args: readonly string[], more: Record<string, string> = {}) => shipJson(args, { cwd, env: { ...env, ...more } });
  const deploy = (version: string, values: Values, args: readonly string[] = [], more: Record<string, string> = {}) => {
    set(values);
    return run(args, { VERSION: version, ...more });
  };
  return {
    cwd,
    env,
    namespace,
    release,
    kubectl,
    set,
    /** More files of values, below those of a test. */
    values: (...files: string[]) => writeFileSync(join(cwd, 'ship.yaml'), CONFIG(place, release, timeout, files)),
    run,
    deploy,
    /** Deploys a version that becomes live. */
    async live(version: string, values: Values = {}) {
      const { report, stderr } = await deploy(version, values);
      expect(report.status, stderr).toBe('succeeded');
    },
    /** Deploys a version that works, and the step after it fails. */
    async back(values: Values, version = '2') {
      writeFileSync(join(cwd, 'broken'), '');
      const ended = await deploy(version, values, ['--auto-rollback']);
      expect(ended.report.failure?.step, ended.stderr).toBe('check');
      return ended;
    },
    /** What a person sees of a command. */
    shown: (args: readonly string[], version: string) => ship(args, { cwd, env: { ...env, VERSION: version } }),
    /** Whoever deploys from now on has another kubeconfig. */
    async as(kubeconfig: string) {
      const other = (await cluster.run('kubectl', ['config', 'current-context'], { kubeconfig })).stdout.trim();
      writeFileSync(
        join(cwd, 'ship.yaml'),
        CONFIG(`context: ${other}, namespace: ${namespace}, kubeconfig: ${kubeconfig}`, release, timeout),
      );
    },
    /** Helm, by hand, on the same chart. */
    helm: (words: readonly string[], deadline = 60_000) =>
      cluster.run(`helm-${helm}`, [...words, `--namespace=${namespace}`, `--kube-context=${context}`], { deadline }),
    all: () => allObjects(kubectl),
    text: (path: string) => kubectl('get', 'deployment/web', '-o', `jsonpath={${path}}`),
    image: () => kubectl('get', 'deployment/web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}'),
    greeting: () => kubectl('get', 'configmap/web', '-o', 'jsonpath={.data.greeting}'),
    pods: () => kubectl('get', 'pods', '--selector=app=web', '-o', 'name'),
    statuses: () => kubectl('get', 'secrets', '-l', 'owner=helm', '-o', 'jsonpath={.items[*].metadata.labels.status}'),
  };
}

/** A Service that is made again has other addresses. */
export const withoutAddresses = (objects: readonly Record<string, unknown>[]): Record<string, unknown>[] =>
  objects.map(({ spec, ...each }) => {
    const { clusterIP: _c, clusterIPs: _s, ...rest } = (spec ?? {}) as Record<string, unknown>;
    return { ...each, spec: rest };
  });
