import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errors } from '../errors/catalogue.js';
import { isShipError, messageOf } from '../errors/ship-error.js';
import type { PluginReference } from '../types/index.js';
import { inTime, PLUGIN_DEADLINE_MS } from './in-time.js';
import { syntaxPlace } from './syntax-place.js';

/** What `import` gives for a plugin's module; the command may replace it to help modules find `@ship/core`. */
export type ImportModule = (url: string) => Promise<{ default?: unknown }>;

/** What the module of a plugin exports. */
export async function importPlugin(
  path: string,
  { reference, position }: PluginReference,
  { importModule, dir }: { readonly importModule: ImportModule; readonly dir: string },
): Promise<unknown> {
  const late = () => errors.SHIP_PLUGIN_TIMEOUT({ plugin: reference, what: 'loaded', deadlineMs: PLUGIN_DEADLINE_MS }, { at: position });
  try {
    return await inTime(async () => {
      const module = await importModule(pathToFileURL(path).href);
      // A CommonJS module compiled from TypeScript hides its default one level down.
      const inner = (module.default as { default?: unknown } | undefined)?.default;
      return inner ?? module.default;
    }, late);
  } catch (error) {
    if (isShipError(error)) throw error;
    const typescript = (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[mc]?ts$/.test(path);
    if (typescript) throw errors.SHIP_PLUGIN_TYPESCRIPT({ plugin: basename(path), node: process.version }, { at: position, cause: error });
    const message = [syntaxPlace(error, path, dir), messageOf(error)].filter((part) => part !== undefined).join(': ');
    throw errors.SHIP_PLUGIN_FAILED({ plugin: reference, message }, { at: position, cause: error });
  }
}
