import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { firstOf, namesIn, textOf } from './files.js';
import { type Project, quote, type Recipe } from './recipe.js';

/** Charts and manifests, by the drivers for Kubernetes. */
export const clusterRecipe = (project: Project): Recipe | undefined => helmRecipe(project) ?? kubectlRecipe(project);

/** A chart of Helm, in this folder or where charts mostly lie. */
function helmRecipe(project: Project): Recipe | undefined {
  const { folder, name } = project;
  const isChart = (each: string) => existsSync(join(folder, each, 'Chart.yaml'));
  const among = ['charts', 'deploy', 'deploy/charts', 'helm'].flatMap((each) => {
    const inside = namesIn(join(folder, each))
      .map((below) => `${each}/${below}`)
      .filter(isChart);
    return inside.length === 1 ? inside : [];
  });
  const dir = ['.', 'chart', 'helm', `charts/${name}`, 'deploy/chart', 'deploy/helm', ...among].find(isChart);
  if (dir === undefined) return undefined;
  const values = (environment: string) =>
    ['yaml', 'yml'].map((ending) => pathOf(dir, `values-${environment}.${ending}`)).find((file) => existsSync(join(folder, file)));
  const fields = (environment: string) => {
    const file = values(environment);
    return file === undefined ? [] : [`values: [${quote(file)}]`];
  };
  return recipeOf(project, {
    what: `the Helm chart in ${dir === '.' ? 'this folder' : dir}`,
    driver: 'helm',
    plugin: 'helm',
    lines: [`chart: ${quote(pathOf(dir))}`, 'create_namespace: true', ...fields('production')],
    staging: fields('staging'),
    notes: ['An image with the tag of the version: `set: { image: { tag: … } }` in the component, as the chart calls it.'],
  });
}

const KUSTOMIZATIONS = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** Where people keep what they apply. */
const FOLDERS = ['k8s', 'kubernetes', 'manifests', 'kustomize', 'deploy', 'deploy/k8s', 'deploy/kubernetes', 'deploy/manifests', '.k8s'];

/** Manifests or kustomizations of Kubernetes. */
function kubectlRecipe(project: Project): Recipe | undefined {
  const { folder } = project;
  const isKustomization = (each: string) => firstOf(join(folder, each), KUSTOMIZATIONS) !== undefined;
  const overlays = ['.', ...FOLDERS].find((each) => ['staging', 'production'].every((name) => isKustomization(`${each}/overlays/${name}`)));
  const kustomization = ['.', ...FOLDERS, ...FOLDERS.map((each) => `${each}/base`)].find(isKustomization);
  const manifests = FOLDERS.find((each) => filesWithObjects(join(folder, each)).length > 0);
  const inFolder = filesWithObjects(folder);
  // All below a folder is read: in this one that would be more than manifests.
  const file = inFolder.length === 1 ? inFolder[0] : undefined;
  const found = (what: string, path: string, staging: string[] = []) =>
    recipeOf(project, { what, driver: 'kubectl', plugin: 'kubernetes', lines: [`manifests: ${quote(path)}`], staging });
  if (overlays !== undefined) {
    const at = (environment: string) => pathOf(overlays, `overlays/${environment}`);
    return found(`the kustomizations in ${pathOf(overlays, 'overlays')}`, at('production'), [`manifests: ${quote(at('staging'))}`]);
  }
  if (kustomization !== undefined)
    return found(`the kustomization in ${kustomization === '.' ? 'this folder' : kustomization}`, pathOf(kustomization));
  if (manifests !== undefined) return found(`the manifests of Kubernetes in ${manifests}`, pathOf(manifests));
  return file === undefined ? undefined : found(`the manifests of Kubernetes in ${file}`, pathOf('.', file));
}

/** Files of YAML or JSON that hold an object of Kubernetes. */
const filesWithObjects = (folder: string): string[] =>
  namesIn(folder).filter((name) => {
    const text = textOf(folder, name) ?? '';
    if (name.endsWith('.json')) return holdsObject(text);
    return /\.ya?ml$/.test(name) && !KUSTOMIZATIONS.includes(name) && /^apiVersion:\s*\S/m.test(text) && /^kind:\s*["']?[A-Z]/m.test(text);
  });

function holdsObject(json: string): boolean {
  try {
    const { apiVersion, kind } = JSON.parse(json) as { apiVersion?: unknown; kind?: unknown };
    return typeof apiVersion === 'string' && typeof kind === 'string';
  } catch {
    return false;
  }
}

/** A path that begins with a dot, as a chart in a folder must. */
const pathOf = (dir: string, file = ''): string => `./${[dir, file].filter((each) => each !== '.' && each !== '').join('/')}`;

interface Found {
  readonly what: string;
  readonly driver: string;
  readonly plugin: string;
  /** What only this driver asks for. */
  readonly lines: readonly string[];
  readonly staging: readonly string[];
  readonly notes?: readonly string[];
}

function recipeOf({ name, version }: Project, { what, driver, plugin, lines, staging, notes = [] }: Found): Recipe {
  const component = quote(name);
  return {
    what,
    plugins: [plugin],
    components: [
      `${component}:`,
      `  driver: ${driver}`,
      `  version: ${JSON.stringify(version)}`,
      ...contextLines(process.env).map((line) => `  ${line}`),
      `  namespace: ${namespaceOf(name, 'production')}`,
      ...lines.map((line) => `  ${line}`),
    ],
    steps: [`- { id: deploy, uses: deploy, component: ${component} }`],
    smoke: [
      '[] # all of it is ready by now; better: ask what callers see, { http: "https://shop.example/healthz", expect: { status: 200 } }',
    ],
    staging: [
      'components:',
      `  ${component}:`,
      `    namespace: ${namespaceOf(name, 'staging')}`,
      '    # context: NAME # where staging is another cluster',
      ...staging.map((line) => `    ${line}`),
    ],
    notes: [
      `\`ship doctor\` sees whether the cluster answers and what may not be done there${driver === 'helm' ? '' : '; the namespaces must be there'}.`,
      ...notes,
    ],
  };
}

/** It is written down, since which one is current depends on who runs the command. */
function contextLines(env: NodeJS.ProcessEnv): string[] {
  const current = currentContext(env);
  return current === undefined
    ? [
        '# TODO: name the context of your kubeconfig; until then `ship` refuses to deploy. `kubectl config get-contexts` lists them.',
        '# context: NAME',
      ]
    : [`context: ${quote(current)} # the one that was current when this was written: is it the right one?`];
}

/** As kubectl finds it: the first file that names one. */
function currentContext({ KUBECONFIG }: NodeJS.ProcessEnv): string | undefined {
  const files = KUBECONFIG ? KUBECONFIG.split(delimiter).filter((each) => each !== '') : [join(homedir(), '.kube/config')];
  const named = files.flatMap((file) => /^\s*"?current-context"?:[ \t]*(.*?),?[ \t\r]*$/m.exec(textOf(file) ?? '')?.[1] ?? []);
  return named.map((text) => text.replace(/^(['"])(.*)\1$/, '$2')).find((text) => text !== '');
}

/** Namespaces have small letters, digits and dashes. */
const namespaceOf = (name: string, environment: string): string =>
  quote(
    `${
      name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-|-$/g, '')
        .slice(0, 40) || 'app'
    }-${environment}`,
  );
