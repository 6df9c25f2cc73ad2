import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A step that `ship init` writes. */
export interface InitStep {
  readonly id: string;
  readonly run: string;
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
export function toolchainsOf(folder: string): { what: string; steps: InitStep[] }[] {
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
export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly scripts: Readonly<Record<string, string>>;
}

/** Reads package.json; a broken one is as good as none. */
export function readManifest(folder: string): Manifest | undefined {
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
export function packageManagerOf(folder: string): { readonly name: 'npm' | 'pnpm' | 'yarn'; readonly install: string } {
  const has = (file: string) => existsSync(join(folder, file));
  if (has('pnpm-lock.yaml')) return { name: 'pnpm', install: 'pnpm install --frozen-lockfile' };
  if (has('yarn.lock')) return { name: 'yarn', install: `yarn install ${isYarn1(folder) ? '--frozen-lockfile' : '--immutable'}` };
  return { name: 'npm', install: has('package-lock.json') ? 'npm ci' : 'npm install' };
}

/** Yarn 1 has another flag for the same, and another head in its lock file. */
const isYarn1 = (folder: string): boolean => /^# yarn lockfile v1$/m.test(readFileSync(join(folder, 'yarn.lock'), 'utf8'));
