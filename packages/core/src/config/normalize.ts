import { basename, dirname } from 'node:path';
import type { Config, Json, Lane } from '../types/index.js';
import { normalizeBake, normalizeVerify } from './checks.js';
import { normalizeComponents } from './components.js';
import { checkEnvironments } from './environments.js';
import { readDuration } from './fields.js';
import { KERNEL_KEYS } from './layers.js';
import { type Dict, getAt } from './paths.js';
import { normalizePlugins } from './plugins.js';
import { normalizeRollback } from './rollback.js';
import type { Scope } from './scope.js';
import { normalizeSteps } from './steps.js';

const KERNEL: ReadonlySet<string> = new Set(KERNEL_KEYS);

/** Makes the config of the merged layers. What is wrong goes to the scope's mistakes. */
export function normalize(scope: Scope, merged: Dict): Config {
  const components = normalizeComponents(scope, merged.components);
  const names = Object.keys(components);
  const bake = normalizeBake(scope, merged.verify);
  return {
    file: scope.source.file,
    dir: projectFolder(scope.source.file),
    project: String(merged.project),
    environment: scope.environment,
    environments: checkEnvironments(scope, merged.environments),
    approval: getAt(merged, ['environments', scope.environment, 'approval']) === 'required' ? 'required' : 'none',
    lane: (merged.lane as Lane | undefined) ?? 'standard',
    max_parallel: Number(merged.max_parallel ?? 4),
    secrets: Array.isArray(merged.secrets) ? merged.secrets.map(String) : [],
    rollback: normalizeRollback(getAt(merged, ['optimization', 'rollback'])),
    rollback_timeout_ms: readDuration(scope, ['rollback_timeout'], merged.rollback_timeout, 600_000),
    store: typeof merged.store === 'string' ? merged.store : 'file',
    plugins: normalizePlugins(scope, merged.plugins),
    components,
    steps: normalizeSteps(scope, merged.steps, names),
    verify: normalizeVerify(scope, merged.verify, names),
    ...(bake === undefined ? {} : { bake }),
    sections: sectionsOf(merged),
  };
}

/** Relative paths start at the folder of the config; one that lies in the state folder belongs to the folder around it. */
function projectFolder(file: string): string {
  const folder = dirname(file);
  return basename(folder) === '.speckit' ? dirname(folder) : folder;
}

function sectionsOf(merged: Dict): Record<string, Json> {
  return Object.fromEntries(Object.entries(merged).filter(([key]) => !KERNEL.has(key) && key !== 'approval')) as Record<string, Json>;
}
