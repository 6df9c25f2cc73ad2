import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PLACES } from '@ship/config';
import type { Report } from '@ship/core';
import { emptyReport } from '@ship/core/kernel';
import { errors } from '../errors.js';
import type { Terminal } from '../terminal.js';
import { type Found, renderConfig } from './init-config.js';
import { packageManagerOf, readManifest, toolchainsOf } from './init-toolchains.js';

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
