import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { emptyReport, type Report } from '@ship/core';
import { errors } from '../errors.js';
import type { Terminal } from '../terminal.js';
import { type Found, renderConfig } from './init-config.js';

/** `ship init`: writes a commented ship.yaml for what is in the folder. Never replaces one. */
export function init({ line, paint }: Terminal, folder: string): Report {
  const file = join(folder, 'ship.yaml');
  const existing = ['ship.yaml', 'ship.yml', 'ship.json'].map((name) => join(folder, name)).find((path) => existsSync(path));
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
  const has = (name: string) => existsSync(join(folder, name));
  const manifest = readManifest(join(folder, 'package.json'));
  const project = projectName(manifest?.name ?? basename(folder));
  const noticed: Found['noticed'][number][] = [];
  const { scripts = {} } = manifest ?? {};
  const install = has('package-lock.json') ? 'npm ci' : manifest ? 'npm install' : undefined;
  if (manifest)
    noticed.push({
      what: 'package.json',
      steps: [
        ...(scripts.build ? [{ id: 'build', run: `${install} && npm run build` }] : []),
        ...(scripts.test ? [{ id: 'test', run: scripts.build ? 'npm test' : `${install} && npm test` }] : []),
      ],
    });
  if (has('go.mod'))
    noticed.push({
      what: 'go.mod',
      steps: [
        { id: 'build', run: 'go build ./...' },
        { id: 'test', run: 'go test ./...' },
      ],
    });
  if (has('Cargo.toml'))
    noticed.push({
      what: 'Cargo.toml',
      steps: [
        { id: 'build', run: 'cargo build --release' },
        { id: 'test', run: 'cargo test' },
      ],
    });
  if (has('pyproject.toml') || has('requirements.txt'))
    noticed.push({
      what: has('pyproject.toml') ? 'pyproject.toml' : 'requirements.txt',
      steps: [{ id: 'test', run: 'python3 -m pytest' }],
    });
  if (has('Makefile') && noticed.length === 0) noticed.push({ what: 'Makefile', steps: [{ id: 'build', run: 'make' }] });
  const start = scripts.start ? 'npm start' : procfileWeb(join(folder, 'Procfile'));
  if (start) noticed.push({ what: scripts.start ? 'the start script of package.json' : 'Procfile', steps: [] });
  return { project, noticed, ...(start ? { start } : {}), version: manifest?.version ?? '1.0.0', git: has('.git') };
}

function readManifest(path: string): { name?: string; version?: string; scripts?: Record<string, string> } | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
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
