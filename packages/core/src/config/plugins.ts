import { errors } from '../errors/catalogue.js';
import type { JsonObject, PluginReference } from '../types/index.js';
import { checkSameNames } from './fields.js';
import { withPosition } from './lazy-position.js';
import { isDict, type Path } from './paths.js';
import type { Scope } from './scope.js';

/** A name, a package with or without its scope, or a path that starts with a dot. */
const REFERENCE = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$|^\.{1,2}\/[^\0-\x1f]+$/i;

/** The plugins of the config, in order. */
export function normalizePlugins(scope: Scope, value: unknown): readonly PluginReference[] {
  const items = Array.isArray(value) ? value : [];
  const plugins = items.flatMap((item, index) => normalizePlugin(scope, ['plugins', index], item));
  const named = plugins.map(({ reference, path }) => ({ name: reference, path }));
  checkSameNames(scope, named, 'value');
  return plugins.map(({ path, ...plugin }) => withPosition(plugin, () => scope.position(path)));
}

function normalizePlugin(scope: Scope, path: Path, item: unknown): (Omit<PluginReference, 'position'> & { path: Path })[] {
  const [reference, options] = typeof item === 'string' ? [item, {}] : soleEntry(item);
  if (scope.isBroken(path)) return [];
  if (reference === undefined || !REFERENCE.test(reference)) {
    scope.add(path, (place) => errors.SHIP_CONFIG_PLUGIN(place, place.extras));
    return [];
  }
  const given = isDict(options) ? (options as JsonObject) : {};
  return [{ reference, options: given, enabled: options !== false, path }];
}

function soleEntry(item: unknown): readonly [string | undefined, unknown] {
  const entries = isDict(item) ? Object.entries(item) : [];
  return entries.length === 1 ? entries[0]! : [undefined, undefined];
}
