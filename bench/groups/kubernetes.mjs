import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCluster, runBeside } from '../lib/cluster.mjs';
import { ratioAtMost, valueAtMost } from '../lib/goals.mjs';
import { node, projectOf, SHIP } from '../lib/ship.mjs';

const BROKEN = { crash: 'CrashLoopBackOff', oom: 'OOMKilled', missing: 'ImagePullBackOff', config: 'CreateContainerConfigError' };
/** Helm waits for as long as it is told, 5 minutes by itself; kubectl for the Deployment's own deadline, 10 minutes by itself. */
const PEERS_WAIT_S = 20;
const ALONE = 'ship, the slowest of them alone';

/** How soon a rollout that cannot succeed is noticed, and how long many Deployments take to go back. */
export async function kubernetesGroup({ isSmoke }) {
  const cluster = await openCluster();
  const missing = cluster === undefined ? { missing: 'not installed' } : {};
  const images = isSmoke ? ['crash'] : Object.keys(BROKEN);
  const wait = isSmoke ? 3 : PEERS_WAIT_S;
  const count = isSmoke ? 2 : 10;
  const noticed = images.flatMap((image) => [
    { name: `ship, :${image}`, ...missing, measure: () => noticedByShip(cluster, image) },
    { name: `helm, :${image}`, ...missing, maxRounds: 1, isPeer: true, measure: () => noticedByHelm(cluster, image, wait) },
    { name: `kubectl, :${image}`, ...missing, maxRounds: 1, isPeer: true, measure: () => noticedByKubectl(cluster, image, wait) },
  ]);
  const back = [
    { name: ALONE, ...missing, measure: () => backByShip(cluster, 1) },
    { name: `ship, ${count} Deployments`, ...missing, measure: () => backByShip(cluster, count) },
    { name: `kubectl rollout undo, ${count} in a loop`, ...missing, isPeer: true, measure: () => backByKubectl(cluster, count) },
    { name: `helm rollback, ${count} in a loop`, ...missing, isPeer: true, measure: () => backByHelm(cluster, count) },
  ];
  return {
    rounds: 5,
    candidates: [...noticed, ...back],
    end: () => cluster?.end(),
    tables: [
      {
        title: `A broken rollout, from the state of its pod to the word of the tool; peers are told to wait ${wait} s`,
        unit: 'ms',
        metric: 'ms',
        rows: noticed.map(({ name }) => ({ candidate: name, ...(name.startsWith('ship') ? { goal: valueAtMost(2000, 'ms') } : {}) })),
      },
      {
        title: `${count} Deployments go back`,
        unit: 'ms',
        base: ALONE,
        metric: 'ms',
        rows: back.map(({ name }, at) => ({ candidate: name, ...(at === 1 ? { goal: ratioAtMost(1.2) } : {}) })),
      },
    ],
  };
}

const CHART = { apiVersion: 'v2', name: 'web', version: '1.0.0' };

const deployment = (name, image) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image }] },
    },
  },
});

const write = (folder, name, value) => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), JSON.stringify(value));
};

/** A folder with a config of components of one Deployment each, side by side. */
async function world(cluster, count) {
  const namespace = await cluster.namespace();
  const names = Array.from({ length: count }, (_, at) => `web${at}`);
  const cwd = projectOf(`version: 1
project: bench
max_parallel: ${count}
plugins: [{ kubernetes: { context: ${cluster.context}, namespace: ${namespace} } }]
components: { ${names.map((name) => `${name}: { driver: kubectl, version: "\${TAG}", manifests: ./${name}, timeout: 60s }`).join(', ')} }
steps: [${names.map((name) => `{ id: ${name}, uses: deploy, component: ${name}, needs: [] }`).join(', ')}]
verify: { smoke: [{ run: "true" }] }
`);
  const manifests = (tag) => {
    for (const name of names) write(join(cwd, name), 'web.json', deployment(name, `shop:${tag}`));
  };
  const ship = async (tag, ...words) => {
    manifests(tag);
    return runBeside(node(SHIP, ...words), { cwd, env: { ...cluster.env(4), TAG: tag } });
  };
  const kubectl = async (...words) => demand(await runBeside(['kubectl', '-n', namespace, ...words], { env: cluster.env(4) }));
  return { cwd, namespace, names, ship, kubectl };
}

/** Answers when a pod of the namespace first has the state of the image. */
async function sees(cluster, namespace, image, signal) {
  const isIt = ({ state = {}, lastState = {} }) =>
    [state.waiting?.reason, state.terminated?.reason, lastState.terminated?.reason].includes(BROKEN[image]) ||
    (image === 'missing' && state.waiting?.reason === 'ErrImagePull');
  while (!signal.aborted) {
    const { items } = await cluster.api.call('GET', `/api/v1/namespaces/${namespace}/pods`);
    if (items.some(({ status }) => (status.containerStatuses ?? []).some(isIt))) return performance.now();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`no pod came to be ${BROKEN[image]}`);
}

/** From the state of the pod to the end of the command. */
async function measured(cluster, namespace, image, run) {
  const ended = new AbortController();
  const state = sees(cluster, namespace, image, ended.signal);
  state.catch(() => {});
  const { code, said } = await run();
  const now = performance.now();
  ended.abort();
  if (code === 0) throw new Error(`it did not notice: ${said.slice(-500)}`);
  return { ms: now - (await state) };
}

async function noticedByShip(cluster, image) {
  const { ship, namespace } = await world(cluster, 1);
  demand(await ship('1'));
  return measured(cluster, namespace, image, () => ship(image, '--no-rollback'));
}

async function chart(cluster, names) {
  const namespace = await cluster.namespace();
  const folders = names.map((name) => {
    const folder = projectOf('');
    write(folder, 'Chart.yaml', CHART);
    mkdirSync(join(folder, 'templates'));
    const text = JSON.stringify(deployment(name, 'IMAGE')).replace('"IMAGE"', '{{ .Values.image | quote }}');
    writeFileSync(join(folder, 'templates/web.yaml'), text);
    return folder;
  });
  const helm = (...words) => runBeside(['helm', '-n', namespace, ...words], { env: cluster.env(4) });
  const upgrade = (at, tag, ...words) => helm('upgrade', '--install', names[at], folders[at], '--set', `image=shop:${tag}`, ...words);
  return { namespace, helm, upgrade };
}

async function noticedByHelm(cluster, image, wait) {
  const { namespace, upgrade } = await chart(cluster, ['web']);
  demand(await upgrade(0, '1', '--wait'));
  return measured(cluster, namespace, image, () => upgrade(0, image, '--rollback-on-failure', '--timeout', `${wait}s`));
}

async function noticedByKubectl(cluster, image, wait) {
  const { namespace, kubectl } = await world(cluster, 1);
  await kubectl('create', 'deployment', 'web', '--image=shop:1');
  await kubectl('rollout', 'status', 'deployment/web');
  return measured(cluster, namespace, image, async () => {
    await kubectl('set', 'image', 'deployment/web', `*=shop:${image}`);
    return runBeside(['kubectl', '-n', namespace, 'rollout', 'status', 'deployment/web', `--timeout=${wait}s`], { env: cluster.env(4) });
  });
}

async function backByShip(cluster, count) {
  const { ship } = await world(cluster, count);
  for (const tag of ['1', '2']) demand(await ship(tag));
  const { ms } = demand(await ship('2', 'rollback'));
  return { ms };
}

async function backByKubectl(cluster, count) {
  const { names, kubectl } = await world(cluster, count);
  for (const name of names) await kubectl('create', 'deployment', name, '--image=shop:1');
  for (const name of names) await kubectl('rollout', 'status', `deployment/${name}`);
  for (const name of names) await kubectl('set', 'image', `deployment/${name}`, '*=shop:2');
  for (const name of names) await kubectl('rollout', 'status', `deployment/${name}`);
  const began = performance.now();
  for (const name of names) {
    await kubectl('rollout', 'undo', `deployment/${name}`);
    await kubectl('rollout', 'status', `deployment/${name}`);
  }
  return { ms: performance.now() - began };
}

async function backByHelm(cluster, count) {
  const names = Array.from({ length: count }, (_, at) => `web${at}`);
  const { helm, upgrade } = await chart(cluster, names);
  for (const tag of ['1', '2']) for (const at of names.keys()) demand(await upgrade(at, tag, '--wait'));
  const began = performance.now();
  for (const name of names) demand(await helm('rollback', name, '1', '--wait'));
  return { ms: performance.now() - began };
}

function demand(ended) {
  if (ended.code !== 0) throw new Error(ended.said.slice(-2000));
  return ended;
}
