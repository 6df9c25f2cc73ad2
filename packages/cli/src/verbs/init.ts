import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PLACES } from '@ship/config';
import type { Report } from '@ship/core';
import { emptyReport } from '@ship/core/kernel';
import { errors } from '../errors.js';
import type { Terminal } from '../terminal.js';
import { type Found, type InitStep, renderConfig } from './init-config.js';

/** Where a config may stand already, which a new ship.yaml would hide. A package.json mostly holds none. */
const CONFIG_FILES = PLACES.filter((place) => place !== 'package.json');

/** `ship init`: writes a commented ship.yaml for what is in the folder. Never replaces one. */
export function init({ line, paint }: Terminal, folder: string): Report {
  const file = join(folder, 'ship.yaml');
  const existing = CONFIG_FILES.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (existing !== undefined) throw errors.SHIP_INIT_EXISTS({ file: existing });
  const found = lookAround(folder);
  writeFileSync(file, renderConfig(found), { flag: 'wx' });
  line(`${paint.green('✓')} wrote ${file}`);
  for (const { what } of found.noticed) line(paint.dim(`    for ${what}`));
  line('Next:');
  line(`    ${paint.cyan('ship validate')}              check it`);
  line(`    ${paint.cyan('ship --dry-run')}             see what it would do`);
  line(`    ${paint.cyan('ship --auto-rollback')}       deploy, and take it back if it fails`);
  if (!ignoresState(folder)) line(`Add ${paint.cyan('.speckit/')} to .gitignore: journals and snapshots live there.`);
  return { ...emptyReport('init', new Date()), result: { file, noticed: found.noticed.map(({ what }) => what) } };
}

function lookAround(folder: string): Found {
  const manifest = readManifest(folder);
  const project = projectName(manifest?.name ?? basename(folder));
  const noticed: Found['noticed'][number][] = toolchainsOf(folder);
  const start = manifest?.scripts.start ? `${packageManagerOf(folder).name} start` : procfileWeb(join(folder, 'Procfile'));
  if (start) noticed.push({ what: manifest?.scripts.start ? 'the start script of package.json' : 'Procfile', steps: [] });
  const infrastructure = INFRASTRUCTURE.find((name) => holdsTerraform(join(folder, name)));
  if (infrastructure) noticed.push({ what: `the Terraform configuration in ${infrastructure}`, steps: [] });
  return {
    project,
    noticed,
    ...(start ? { start } : {}),
    ...(infrastructure ? { infrastructure } : {}),
    version: manifest?.version ?? '1.0.0',
  };
}

/** Where people keep the configuration of their infrastructure. */
const INFRASTRUCTURE = ['infra', 'infrastructure', 'terraform', 'tofu', 'deploy/terraform'];

function holdsTerraform(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name.endsWith('.tf') || name.endsWith('.tf.json'));
  } catch {
    return false;
  }
}

function procfileWeb(path: string): string | undefined {
  try {
    return /^web:\s*(.+)$/m.exec(readFileSync(path, 'utf8'))?.[1]?.trim();
  } catch {
    return undefined;
  }
}

function projectName(name: string): string {
  const plain = name
    .replace(/^@[^/]*\//, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '');
  return plain.slice(0, 60) || 'project';
}

function ignoresState(folder: string): boolean {
  try {
    return /^\/?\.speckit\/?$/m.test(readFileSync(join(folder, '.gitignore'), 'utf8'));
  } catch {
    return false;
  }
}

/** What identifies a toolchain, and the steps that build and test with it. */
interface Toolchain {
  readonly name: string;
  readonly files: readonly string[];
  steps(folder: string): readonly InitStep[];
}

const TOOLCHAINS: readonly Toolchain[] = [
  { name: 'node', files: ['package.json'], steps: nodeSteps },
  { name: 'go', files: ['go.mod'], steps: () => [step('build', 'go build ./...'), step('test', 'go test ./...')] },
  { name: 'cargo', files: ['Cargo.toml'], steps: () => [step('build', 'cargo build --release'), step('test', 'cargo test')] },
  { name: 'python', files: ['pyproject.toml', 'requirements.txt'], steps: () => [step('test', 'python3 -m pytest')] },
];

const step = (id: string, run: string): InitStep => ({ id, run });

/** Each toolchain of the folder with its steps. Where several want the same id, each gets its toolchain's name too. */
function toolchainsOf(folder: string): { what: string; steps: InitStep[] }[] {
  const found = TOOLCHAINS.flatMap(({ name, files, steps }) => {
    const what = files.find((file) => existsSync(join(folder, file)));
    return what === undefined ? [] : [{ name, what, steps: [...steps(folder)] }];
  }).filter(({ steps }) => steps.length > 0);
  if (found.length === 0 && existsSync(join(folder, 'Makefile'))) return [{ what: 'Makefile', steps: [step('build', 'make')] }];
  const counts = new Map<string, number>();
  for (const { id } of found.flatMap(({ steps }) => steps)) counts.set(id, (counts.get(id) ?? 0) + 1);
  const named = (name: string) => (each: InitStep) => (counts.get(each.id)! > 1 ? { ...each, id: `${each.id}-${name}` } : each);
  return found.map(({ name, what, steps }) => ({ what, steps: steps.map(named(name)) }));
}

/** The parts of package.json that are used; whatever else stands there is passed over. */
interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly scripts: Readonly<Record<string, string>>;
}

/** Reads package.json; a broken one is as good as none. */
function readManifest(folder: string): Manifest | undefined {
  try {
    const { name, version, scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
    const texts = Object.entries(Object(scripts)).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    return {
      ...(typeof name === 'string' ? { name } : {}),
      ...(typeof version === 'string' && version !== '' ? { version } : {}),
      scripts: Object.fromEntries(texts),
    };
  } catch {
    return undefined;
  }
}

function nodeSteps(folder: string): InitStep[] {
  const manifest = readManifest(folder);
  if (manifest === undefined) return [];
  const { scripts } = manifest;
  const { name, install } = packageManagerOf(folder);
  const run = (script: string) => (scripts[script] ? [step(script, `${name} run ${script}`)] : []);
  return [step('install', install), ...run('build'), ...run('test')];
}

/** What installs the packages of a folder, as its lock file says. */
function packageManagerOf(folder: string): { readonly name: 'npm' | 'pnpm' | 'yarn'; readonly install: string } {
  const has = (file: string) => existsSync(join(folder, file));
  if (has('pnpm-lock.yaml')) return { name: 'pnpm', install: 'pnpm install --frozen-lockfile' };
  if (has('yarn.lock')) return { name: 'yarn', install: `yarn install ${isYarn1(folder) ? '--frozen-lockfile' : '--immutable'}` };
  return { name: 'npm', install: has('package-lock.json') ? 'npm ci' : 'npm install' };
}

/** Yarn 1 has another flag for the same, and another head in its lock file. */
const isYarn1 = (folder: string): boolean => /^# yarn lockfile v1$/m.test(readFileSync(join(folder, 'yarn.lock'), 'utf8'));
