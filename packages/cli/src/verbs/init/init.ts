import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PLACES } from '@ship/config';
import type { Report } from '@ship/core';
import { emptyReport } from '@ship/core/kernel';
import { errors } from '../../errors.js';
import type { Terminal } from '../../terminal.js';
import { clusterRecipe } from './cluster.js';
import { firstOf, isInGit, textOf } from './files.js';
import { type Manifest, nodeSteps, readManifest } from './node.js';
import { type Project, type Recipe, step } from './recipe.js';
import { renderConfig } from './render.js';
import { pythonSteps, serviceRecipe } from './service.js';
import { composeRecipe, dockerRecipe, exampleRecipe, staticRecipe, terraformRecipe } from './tools.js';

/** Where a config may stand already, which a new ship.yaml would hide. A package.json mostly holds none. */
const CONFIG_FILES = PLACES.filter((place) => place !== 'package.json');

/** `ship init`: writes a commented ship.yaml for what is in the folder. Never replaces one that says anything. */
export function init({ line, paint }: Terminal, folder: string): Report {
  const file = join(folder, 'ship.yaml');
  const existing = CONFIG_FILES.map((name) => join(folder, name)).find((path) => existsSync(path) && textOf(path)?.trim() !== '');
  if (existing !== undefined) throw errors.SHIP_INIT_EXISTS({ file: existing });
  const { project, recipes } = lookAround(folder);
  const noticed = recipes.flatMap(({ what }) => (what === '' ? [] : [what]));
  writeFileSync(file, renderConfig(project, recipes, schemaFor(folder)));
  line(`${paint.green('✓')} wrote ${file}`);
  for (const what of noticed) line(paint.dim(`    for ${what}`));
  line('Next:');
  line(`    ${paint.cyan('ship validate')}              check it`);
  line(`    ${paint.cyan('ship --dry-run')}             see what it would do`);
  line(`    ${paint.cyan('ship --auto-rollback')}       deploy, and take it back if it fails`);
  if (!ignoresState(folder)) line(`Add ${paint.cyan('.speckit/')} to .gitignore: journals and snapshots live there.`);
  return { ...emptyReport('init', new Date()), result: { file, noticed } };
}

/** What builds and tests, then infrastructure, then the one thing that is deployed. */
function lookAround(folder: string): { project: Project; recipes: readonly Recipe[] } {
  const manifest = readManifest(folder);
  const project: Project = { folder, name: projectName(manifest?.name ?? basename(folder)), version: versionOf(folder, manifest) };
  const infrastructure = terraformRecipe(project);
  const service = serviceRecipe(project, manifest);
  const cluster = clusterRecipe(project);
  const others = [composeRecipe, dockerRecipe].flatMap((recipe) => recipe(project) ?? []);
  // Whoever has written a chart or manifests means to run it there.
  const deployed = cluster ?? service ?? others[0] ?? staticRecipe(project, manifest);
  const unused = cluster === undefined ? (service === undefined ? [] : others) : [service ?? [], others].flat();
  const where =
    cluster === undefined ? 'the service runs on this machine itself' : 'the cluster runs what it is given; images come from a registry';
  const notes = unused.map(({ what }) => `${what} is not used here: ${where}.`);
  const found = [
    ...(infrastructure ? [infrastructure] : []),
    ...toolchainsOf(folder),
    ...(deployed ? [{ ...deployed, notes: [...(deployed.notes ?? []), ...notes] }] : []),
  ];
  if (found.length === 0) return { project, recipes: [exampleRecipe(project)] };
  const isDeployed = deployed !== undefined || infrastructure !== undefined;
  return { project, recipes: isDeployed ? found : [...found, NOTHING_DEPLOYED] };
}

/** Nothing says how what was built is started or where it goes. */
const NOTHING_DEPLOYED: Recipe = {
  what: '',
  steps: [],
  smoke: ['[] # such as { http: "https://shop.example/healthz", expect: { status: 200 } }'],
  notes: [
    'Nothing here says what is deployed. A service of this machine is a component with `driver: release`; for all else there is `run` with `undo`.',
  ],
};

/** From git and package.json where they are: each deployment needs a version of its own, and nobody has to remember it. */
function versionOf(folder: string, manifest: Manifest | undefined): string {
  const known = manifest?.version === undefined ? undefined : '${SHIP_PACKAGE_VERSION}';
  if (isInGit(folder)) return `${known === undefined ? '' : `${known}+`}\${SHIP_COMMIT:-uncommitted}`;
  return known ?? '${VERSION:-1.0.0}';
}

/** Where editors find the schema without a network: in the installed package. */
function schemaFor(folder: string): string {
  const inPackage = 'node_modules/@ship/cli/dist/schemas/config.schema.json';
  for (let above = folder; ; above = dirname(above)) {
    if (existsSync(join(above, inPackage))) return relative(folder, join(above, inPackage));
    if (above === dirname(above)) return pathToFileURL(fileURLToPath(new URL('./schemas/config.schema.json', import.meta.url))).href;
  }
}

/** What identifies a toolchain, and what builds and tests with it. */
interface Toolchain {
  readonly name: string;
  readonly files: readonly string[];
  steps(folder: string): readonly { id: string; run: string }[];
}

const TOOLCHAINS: readonly Toolchain[] = [
  { name: 'node', files: ['package.json'], steps: nodeSteps },
  {
    name: 'go',
    files: ['go.mod'],
    steps: () => [
      { id: 'build', run: 'go build ./...' },
      { id: 'test', run: 'go test ./...' },
    ],
  },
  {
    name: 'cargo',
    files: ['Cargo.toml'],
    steps: () => [
      { id: 'build', run: 'cargo build --release' },
      { id: 'test', run: 'cargo test' },
    ],
  },
  { name: 'python', files: ['requirements.txt', 'pyproject.toml'], steps: pythonSteps },
];

/** Each toolchain of the folder with its steps. Where several want the same id, each gets its toolchain's name too. */
function toolchainsOf(folder: string): Recipe[] {
  const found = TOOLCHAINS.flatMap(({ name, files, steps }) => {
    const what = firstOf(folder, files);
    return what === undefined ? [] : [{ name, what, steps: steps(folder) }];
  }).filter(({ steps }) => steps.length > 0);
  if (found.length === 0 && existsSync(join(folder, 'Makefile'))) return [{ what: 'Makefile', steps: [step('build', 'make')] }];
  const ids = found.flatMap(({ steps }) => steps.map(({ id }) => id));
  const isShared = (id: string) => ids.filter((each) => each === id).length > 1;
  return found.map(({ name, what, steps }) => ({
    what,
    steps: steps.map(({ id, run }) => step(isShared(id) ? `${id}-${name}` : id, run)),
  }));
}

function projectName(name: string): string {
  const plain = name
    .replace(/^@[^/]*\//, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '');
  return plain.slice(0, 60) || 'project';
}

const ignoresState = (folder: string): boolean => /^\/?\.speckit\/?$/m.test(textOf(folder, '.gitignore') ?? '');
