import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { suggest } from '../config/suggest.js';
import { errors } from '../errors/catalogue.js';
import { messageOf } from '../errors/ship-error.js';
import type { PluginReference } from '../types/index.js';

/** The names of packages that a short name stands for, in this order. */
function packageNames(reference: string): string[] {
  return reference.startsWith('@') ? [reference] : [`@ship/plugin-${reference}`, `ship-plugin-${reference}`, reference];
}

/**
 * Where the module of a plugin lies, seen from the folder of the config: a relative path,
 * a package, or the short name of one.
 */
export async function resolvePlugin(plugin: PluginReference, dir: string, builtins: readonly string[] = []): Promise<string> {
  const { reference } = plugin;
  if (reference.startsWith('.') || isAbsolute(reference)) {
    const path = resolve(dir, reference);
    if (!existsSync(path)) throw errors.SHIP_PLUGIN_NOT_FOUND({ reference, tried: [path] }, { at: plugin.position });
    return path;
  }
  // Node's own algorithm, for a parent other than this file; import.meta.resolve has none.
  const { resolve: resolveModule } = await import('import-meta-resolve');
  const parent = pathToFileURL(resolve(dir, 'ship.yaml')).href;
  for (const name of packageNames(reference)) {
    try {
      return fileURLToPath(resolveModule(name, parent));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND')
        throw errors.SHIP_PLUGIN_FAILED({ plugin: name, message: messageOf(error) }, { cause: error, at: plugin.position });
    }
  }
  throw errors.SHIP_PLUGIN_NOT_FOUND(
    { reference, tried: packageNames(reference), suggestion: suggest(reference, builtins) },
    { at: plugin.position },
  );
}
