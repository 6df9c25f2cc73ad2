import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { cleanEnv, type Ended, ROOT } from '../support/ship.js';
import { type ClusterApi, clusterApi, readKubeconfig } from './cluster-api.js';
import { type Certificate, firstOfControlPlane, startControlPlane, writeKubeconfig } from './control-plane.js';
import { type AtEnd, BESIDE, hasBeside, serviceFolder } from './started.js';

const TOOLS = join(BESIDE, 'kubernetes');
const GIVEN = process.env.SHIP_TEST_KUBECONFIG;
/** Tools of clusters may hang on a watch, whatever deadline they were given themselves. */
const DEADLINE = 60_000;

/** A real control plane without nodes (see kubelet.ts), or the cluster that SHIP_TEST_KUBECONFIG names. */
export interface Cluster {
  readonly kubeconfig: string;
  /** Such as v1.20.2. */
  readonly version: string;
  readonly api: ClusterApi;
  /** For the https of nodes; a cluster that was not started here has nodes of its own. */
  readonly certificate: Certificate | undefined;
  /** Runs kubectl, or Helm, to its end, whatever its exit code. One that takes longer than its deadline is killed. */
  kubectl(...args: string[]): Promise<Ended>;
  helm(version: 3 | 4, ...args: string[]): Promise<Ended>;
  /** The same as another user, or with another deadline. */
  run(program: 'kubectl' | 'helm-3' | 'helm-4', args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** The environment in which `kubectl` and a `helm` of that version are found by their names, and reach this cluster. */
  env(helm: 3 | 4): Readonly<Record<string, string>>;
  /** Applies YAML, and throws where it is refused. */
  apply(yaml: string, namespace?: string): Promise<void>;
  /** A namespace of its own for a test, in which pods can be made. */
  namespace(): Promise<string>;
  /** Makes a kind known to the API, of which no controller knows: HTTPRoutes of the Gateway API, or Rollouts of Argo. */
  install(kind: 'httproutes' | 'rollouts'): Promise<void>;
  /** A user with these rights in one namespace, and no others. Answers its kubeconfig. */
  user(namespace: string, rules: readonly Rule[]): Promise<string>;
}

interface RunOptions {
  readonly kubeconfig?: string;
  readonly deadline?: number;
  readonly input?: string;
}

/** A rule of RBAC. */
interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

export const hasCluster = (): boolean =>
  hasBeside('kubectl and Helm', join(TOOLS, 'kubectl')) &&
  (GIVEN !== undefined || hasBeside('the control plane of Kubernetes', firstOfControlPlane()));

/** Are its nodes the fake ones, whose containers do what the tags of their images say? A cluster that was given has its own. */
export const hasFakeNodes = (): boolean => GIVEN === undefined && hasCluster();

/** A cluster for all tests of a file, or of a `describe`: started before the first, ended after the last. */
export function clusterOfFile<T>(use: (cluster: Cluster, atEnd: AtEnd) => Promise<T>): () => T {
  const { atEnd, clean } = collected();
  let given: T | undefined;
  beforeAll(async () => {
    given = await use(await startCluster(atEnd), atEnd);
  }, 200_000);
  afterAll(clean, 60_000);
  return () => given!;
}

/** What must be done at the end, last things first, and all of it: one that fails leaves nothing running. */
function collected(): { atEnd: AtEnd; clean: () => Promise<void> } {
  const all: Parameters<AtEnd>[0][] = [];
  const clean = async () => {
    const faults: unknown[] = [];
    for (const each of all.splice(0).reverse())
      try {
        await each();
      } catch (error) {
        faults.push(error);
      }
    if (faults.length > 0) throw faults[0];
  };
  return { atEnd: (each) => void all.push(each), clean };
}

/** Starts a cluster that ends with the test, or as `atEnd` says. */
export async function startCluster(atEnd: AtEnd = onTestFinished): Promise<Cluster> {
  const folder = serviceFolder(atEnd);
  const { kubeconfig, certificate } = GIVEN ? { kubeconfig: GIVEN } : await startControlPlane(folder, atEnd);
  const api = clusterApi(kubeconfig);
  const { gitVersion } = await api.call<{ gitVersion: string }>('GET', '/version');
  const run: Cluster['run'] = (program, args, options) => runTool([join(TOOLS, program), ...args], { kubeconfig, ...options }, folder);
  const apply = async (yaml: string, namespace = 'default') => {
    const { code, stderr } = await run('kubectl', ['apply', '-n', namespace, '-f', '-'], { input: yaml });
    if (code !== 0) throw new Error(`kubectl apply: ${stderr}`);
  };
  return {
    kubeconfig,
    version: gitVersion,
    api,
    certificate,
    run,
    kubectl: (...args) => run('kubectl', args),
    helm: (version, ...args) => run(`helm-${version}`, args),
    env: (helm) => ({ ...toolEnv(folder, kubeconfig), PATH: `${toolFolder(folder, helm)}:${process.env.PATH}` }),
    apply,
    namespace: () => makeNamespace(api, atEnd),
    async install(kind) {
      await apply(readFileSync(join(ROOT, `test/support/crds/${kind}.yaml`), 'utf8'));
      await run('kubectl', ['wait', '--for=condition=Established', '--timeout=20s', '-f', join(ROOT, `test/support/crds/${kind}.yaml`)]);
    },
    async user(namespace, rules) {
      const { server, ca } = readKubeconfig(kubeconfig);
      const path = join(folder, `user-${randomBytes(4).toString('hex')}`);
      writeKubeconfig(path, server, ca, await tokenWith(api, namespace, rules), namespace);
      return path;
    },
  };
}

/** A folder with both programs, as they are called everywhere else. */
function toolFolder(folder: string, helm: 3 | 4): string {
  const bin = join(folder, `bin-${helm}`);
  if (existsSync(bin)) return bin;
  mkdirSync(bin);
  symlinkSync(join(TOOLS, 'kubectl'), join(bin, 'kubectl'));
  symlinkSync(join(TOOLS, `helm-${helm}`), join(bin, 'helm'));
  return bin;
}

/** They keep what they found out about a cluster, and two clusters may have had the same port. */
const toolEnv = (folder: string, kubeconfig: string) => ({
  KUBECONFIG: kubeconfig,
  KUBECACHEDIR: join(folder, 'kube-cache'),
  HELM_CACHE_HOME: join(folder, 'helm/cache'),
  HELM_CONFIG_HOME: join(folder, 'helm/config'),
  HELM_DATA_HOME: join(folder, 'helm/data'),
});

function runTool(
  argv: readonly string[],
  { kubeconfig, deadline = DEADLINE, input = '' }: RunOptions & { kubeconfig: string },
  folder: string,
): Promise<Ended> {
  const env = cleanEnv(toolEnv(folder, kubeconfig));
  const child = spawn(argv[0]!, argv.slice(1), { cwd: folder, env, timeout: deadline, killSignal: 'SIGKILL' });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  // One that ends before it has read all closes the pipe.
  child.stdin.on('error', () => {}).end(input);
  return new Promise((yes, no) => child.on('error', no).on('close', (code, signal) => yes({ code, signal, ...said })));
}

const unique = (name: string): string => `${name}-${randomBytes(4).toString('hex')}`;

async function makeNamespace(api: ClusterApi, atEnd: AtEnd): Promise<string> {
  const name = unique('test');
  await api.call('POST', '/api/v1/namespaces', { metadata: { name } });
  if (GIVEN) atEnd(() => api.call<void>('DELETE', `/api/v1/namespaces/${name}`));
  const pod = { metadata: { name: 'probe' }, spec: { containers: [{ name: 'probe', image: 'probe' }] } };
  const until = Date.now() + 20_000;
  for (;;) {
    // Its service account comes a little later, and pods are refused until then.
    const refused = await api.call('POST', `/api/v1/namespaces/${name}/pods?dryRun=All`, pod).then(
      () => undefined,
      (error: Error) => error,
    );
    if (!refused) return name;
    if (Date.now() > until) throw refused;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Makes a service account with a role, and answers a token of it. */
async function tokenWith(api: ClusterApi, namespace: string, rules: readonly Rule[]): Promise<string> {
  const name = unique('user');
  const [core, rbac] = [`/api/v1/namespaces/${namespace}`, `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`];
  await api.call('POST', `${core}/serviceaccounts`, { metadata: { name } });
  await api.call('POST', `${rbac}/roles`, { metadata: { name }, rules });
  await api.call('POST', `${rbac}/rolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
  const { status } = await api.call<{ status: { token: string } }>('POST', `${core}/serviceaccounts/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [], expirationSeconds: 3600 },
  });
  return status.token;
}
