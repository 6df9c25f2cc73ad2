import type { Config, Json, JsonObject, Lane, PluginReference, RollbackConfig } from '@ship/core';
import { choice, type Diagnostics, type Path, type PositionOf, ROLLBACK_DEFAULTS } from '@ship/core/kernel';
import { normalizeBake, normalizeVerify } from './checks.js';
import { normalizeComponents } from './components.js';
import { errors } from './errors.js';
import { checkEnvironments, ENVIRONMENT_KEYS, KERNEL_KEYS } from './layers.js';
import { checkSameNames, readDuration, type Scope } from './scope.js';
import { normalizeSteps } from './steps.js';
import { type Dict, dictOf, getAt, listOf, projectFolder } from './values.js';

/** Makes the config of the merged layers. What is wrong goes to the scope's diagnostics. */
export function normalize(scope: Scope, merged: Dict): Config {
  const components = normalizeComponents(scope, merged.components);
  const names = Object.keys(components);
  const bake = normalizeBake(scope, merged.verify);
  const rollback = getAt(merged, ['optimization', 'rollback']);
  return {
    file: scope.source.file,
    dir: projectFolder(scope.source.file),
    project: String(merged.project),
    environment: scope.environment,
    environments: checkEnvironments(scope, merged.environments),
    approval: getAt(merged, ['environments', scope.environment, 'approval']) === 'required' ? 'required' : 'none',
    lane: (merged.lane as Lane | undefined) ?? 'standard',
    max_parallel: Number(merged.max_parallel ?? 4),
    secrets: listOf(merged.secrets).map(String),
    rollback: { ...ROLLBACK_DEFAULTS, ...(dictOf(rollback) as Partial<RollbackConfig>) },
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

function sectionsOf(merged: Dict): Record<string, Json> {
  const known: readonly string[] = [...KERNEL_KEYS, 'approval'];
  return Object.fromEntries(Object.entries(merged).filter(([key]) => !known.includes(key))) as Record<string, Json>;
}

/**
 * Adds a mistake for each key at the top that belongs neither to the kernel nor to a plugin that was loaded.
 * Where a plugin is missing, a key may be its own: then only one that is nearly another is a mistake.
 */
export function checkSections(config: Config, owned: readonly string[], positionOf: PositionOf, diagnostics: Diagnostics): void {
  const known = [...KERNEL_KEYS.filter((key) => key !== '$schema'), ...owned];
  for (const name of Object.keys(config.sections).filter((key) => !owned.includes(key))) {
    const words = choice(name, known);
    const suggestion = words.suggestion ?? choice(name, ENVIRONMENT_KEYS).suggestion;
    if (suggestion === undefined && diagnostics.isPluginMissing) continue;
    diagnostics.add(errors.SHIP_CONFIG_UNKNOWN_KEY({ path: name, ...words, suggestion }, { at: positionOf([name], 'key') }));
  }
}

/** A name, a package with or without its scope, or a path that starts with a dot. */
const REFERENCE = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$|^\.{1,2}\/[^\0-\x1f]+$/i;

/** The plugins of the config, in order. */
function normalizePlugins(scope: Scope, value: unknown): readonly PluginReference[] {
  const plugins = listOf(value).flatMap((item, index) => normalizePlugin(scope, ['plugins', index], item));
  const named = plugins.map(({ reference, path }) => ({ name: reference, path }));
  checkSameNames(scope, named, 'value');
  return plugins.map(({ path, ...plugin }) => scope.positioned(path, plugin));
}

function normalizePlugin(scope: Scope, path: Path, item: unknown): (Omit<PluginReference, 'position'> & { path: Path })[] {
  const [[reference, options] = [], another] = typeof item === 'string' ? [[item, {}] as const] : Object.entries(dictOf(item));
  if (scope.diagnostics.isBroken(path)) return [];
  if (reference === undefined || another !== undefined || !REFERENCE.test(reference)) {
    scope.add(path, errors.SHIP_CONFIG_PLUGIN, {});
    return [];
  }
  return [{ reference, options: dictOf(options) as JsonObject, enabled: options !== false, path }];
}
