import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type AtEnd, freePort, startService } from './started.js';

/** Where `npm run services` builds one, unless another was named: see control-plane.sh. */
const BUILT = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ship-test/k8s-1.20.2');
const programs = (): string => process.env.KUBEBUILDER_ASSETS || BUILT;
const PROGRAMS = ['etcd', 'kube-apiserver', 'kube-controller-manager'];

/** The first program that is missing, or the last one. */
export const firstOfControlPlane = (): string => {
  const paths = PROGRAMS.map((name) => join(programs(), name));
  return paths.find((path) => !existsSync(path)) ?? paths.at(-1)!;
};

/** Those that tests need. Without `nodelifecycle`: nobody doubts that a node is there. */
const CONTROLLERS = [
  ...['deployment', 'replicaset', 'statefulset', 'daemonset', 'job', 'cronjob', 'endpoint', 'endpointslice', 'disruption'],
  ...['namespace', 'garbagecollector', 'resourcequota', 'serviceaccount', 'serviceaccount-token', 'clusterrole-aggregation'],
];
const ADMIN = 'admin';
/** On a machine that has much to do, the first start may take its time. */
const PATIENT = 90_000;

/** What the nodes of the cluster may use as their certificate, which nobody checks. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Starts etcd, API server and controllers on loopback, with all their files in that folder. Answers the kubeconfig of its admin. */
export async function startControlPlane(folder: string, atEnd: AtEnd): Promise<{ kubeconfig: string; certificate: Certificate }> {
  const at = (name: string) => join(folder, name);
  giveKeys(folder);
  const etcd = await startEtcd(at('etcd'), atEnd);
  const server = await startApiServer(folder, etcd, atEnd);
  const kubeconfig = at('kubeconfig');
  writeKubeconfig(kubeconfig, server, readFileSync(at('apiserver.crt'), 'base64'), ADMIN);
  await startControllers(folder, kubeconfig, atEnd);
  return { kubeconfig, certificate: { cert: readFileSync(at('apiserver.crt'), 'utf8'), key: readFileSync(at('apiserver.key'), 'utf8') } };
}

/** At the end each is gone before the next one is ended: none may write into a folder that is removed. */
async function start(argv: [string, ...string[]], isReady: () => Promise<boolean>, atEnd: AtEnd): Promise<void> {
  const service = await startService(argv, isReady, {}, { atEnd, within: PATIENT });
  atEnd(async () => {
    const ended = once(service, 'exit');
    if (service.kill('SIGKILL')) await ended;
  });
}

/** What the API server signs tokens with, and the one token that it knows from its start. */
function giveKeys(folder: string): void {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(folder, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
  writeFileSync(join(folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(join(folder, 'tokens.csv'), `${ADMIN},admin,admin,"system:masters"\n`);
}

async function startEtcd(data: string, atEnd: AtEnd): Promise<string> {
  const [url, peer] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
  const addresses = [`--listen-client-urls=${url}`, `--advertise-client-urls=${url}`, `--listen-peer-urls=${peer}`];
  const cluster = [`--initial-advertise-peer-urls=${peer}`, `--initial-cluster=default=${peer}`];
  const isReady = () =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  await start([join(programs(), 'etcd'), `--data-dir=${data}`, '--unsafe-no-fsync', ...addresses, ...cluster], isReady, atEnd);
  return url;
}

async function startApiServer(folder: string, etcd: string, atEnd: AtEnd): Promise<string> {
  const port = await freePort();
  const address = ['--bind-address=127.0.0.1', '--advertise-address=127.0.0.1', `--secure-port=${port}`, `--cert-dir=${folder}`];
  const tokens = [
    `--service-account-key-file=${folder}/sa.pub`,
    `--service-account-signing-key-file=${folder}/sa.key`,
    '--service-account-issuer=https://kubernetes.default.svc',
    '--api-audiences=api',
    `--token-auth-file=${folder}/tokens.csv`,
  ];
  await start(
    [
      join(programs(), 'kube-apiserver'),
      ...[`--etcd-servers=${etcd}`, '--authorization-mode=RBAC', '--allow-privileged=true', '--service-cluster-ip-range=10.0.0.0/24'],
      ...[...address, ...tokens],
    ],
    () => answersOk(port, '/readyz'),
    atEnd,
  );
  return `https://127.0.0.1:${port}`;
}

async function startControllers(folder: string, kubeconfig: string, atEnd: AtEnd): Promise<void> {
  const port = await freePort();
  const certificates = join(folder, 'controllers');
  mkdirSync(certificates);
  await start(
    [
      join(programs(), 'kube-controller-manager'),
      ...[`--kubeconfig=${kubeconfig}`, `--controllers=${CONTROLLERS}`, '--leader-elect=false'],
      ...[`--service-account-private-key-file=${folder}/sa.key`, `--root-ca-file=${folder}/apiserver.crt`],
      ...['--bind-address=127.0.0.1', `--secure-port=${port}`, `--cert-dir=${certificates}`],
      ...withoutPlainPort(),
      // A test waits for it all the time.
      ...['--kube-api-qps=200', '--kube-api-burst=400'],
    ],
    () => answersOk(port, '/healthz'),
    atEnd,
  );
}

/** Versions before 1.24 have a second port, without TLS, which would be the same for two clusters. Later ones do not know the flag. */
function withoutPlainPort(): string[] {
  const { stdout } = spawnSync(join(programs(), 'kube-controller-manager'), ['--version'], { encoding: 'utf8' });
  return Number(/v1\.(\d+)/.exec(stdout)?.[1]) < 24 ? ['--port=0'] : [];
}

const answersOk = (port: number, path: string): Promise<boolean> =>
  new Promise((answer) => {
    const asked = request(
      { host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false, headers: { authorization: `Bearer ${ADMIN}` } },
      (response) => answer(response.resume().statusCode === 200),
    );
    asked.on('error', () => answer(false)).end();
  });

/** Writes a kubeconfig with one user, who has a token. */
export function writeKubeconfig(path: string, server: string, ca: string | undefined, token: string, namespace = 'default'): void {
  const cluster = { server, ...(ca !== undefined && { 'certificate-authority-data': ca }) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace } }],
    'current-context': 'test',
  };
  // JSON is YAML, which all tools read.
  writeFileSync(path, JSON.stringify(config, null, 2), { mode: 0o600 });
}
