import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { textOf } from './files.js';

/** The parts of package.json that are used; whatever else stands there is passed over. */
export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly main?: string;
  readonly scripts: Readonly<Record<string, string>>;
}

/** Reads package.json; a broken one is as good as none. */
export function readManifest(folder: string): Manifest | undefined {
  try {
    const { name, version, main, scripts } = JSON.parse(textOf(folder, 'package.json') ?? '') as Record<string, unknown>;
    const texts = Object.entries(Object(scripts)).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    return {
      ...(typeof name === 'string' ? { name } : {}),
      ...(typeof version === 'string' && version !== '' ? { version } : {}),
      ...(typeof main === 'string' && main !== '' ? { main } : {}),
      scripts: Object.fromEntries(texts),
    };
  } catch {
    return undefined;
  }
}

/** What installs the packages, builds and tests. */
export function nodeSteps(folder: string): { id: string; run: string }[] {
  const manifest = readManifest(folder);
  if (manifest === undefined) return [];
  const { scripts } = manifest;
  const { name, install } = packageManagerOf(folder);
  // What `npm init` writes there fails.
  const isReal = (script: string) => scripts[script] !== undefined && !/no test specified/.test(scripts[script]);
  const run = (script: string) => (isReal(script) ? [{ id: script, run: `${name} run ${script}` }] : []);
  return [{ id: 'install', run: install }, ...run('build'), ...run('test')];
}

/** What installs the packages of a folder, as its lock file says. */
export function packageManagerOf(folder: string): { readonly name: 'npm' | 'pnpm' | 'yarn'; readonly install: string } {
  const has = (file: string) => existsSync(join(folder, file));
  if (has('pnpm-lock.yaml')) return { name: 'pnpm', install: 'pnpm install --frozen-lockfile' };
  if (has('yarn.lock')) return { name: 'yarn', install: `yarn install ${isYarn1(folder) ? '--frozen-lockfile' : '--immutable'}` };
  return { name: 'npm', install: has('package-lock.json') ? 'npm ci' : 'npm install' };
}

/** Yarn 1 has another flag for the same, and another head in its lock file. */
const isYarn1 = (folder: string): boolean => /^# yarn lockfile v1$/m.test(textOf(folder, 'yarn.lock') ?? '');
