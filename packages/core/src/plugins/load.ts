import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errors } from '../errors/catalogue.js';
import { isShipError, messageOf, type ShipError } from '../errors/ship-error.js';
import type { PluginReference } from '../types/index.js';
import { checkPlugin } from './contract.js';
import type { Plugin } from './define.js';
import { type ImportModule, importPlugin } from './import-plugin.js';
import { inTime, PLUGIN_DEADLINE_MS } from './in-time.js';
import { resolvePlugin } from './resolve.js';
import type { SchemaChecker } from './schema.js';
import { createScope, type ScopeParts } from './scope.js';

/** A plugin that comes with the command, by short name. Loaded when it is used. */
export type BuiltinPlugins = Readonly<Record<string, () => Promise<{ default: Plugin<never> }>>>;

interface Loaded {
  readonly plugin: Plugin;
  readonly reference: PluginReference;
  readonly origin: string;
  readonly version?: string;
}

/** Where plugins come from. */
export interface PluginSources {
  readonly builtins: BuiltinPlugins;
  /** The built in plugins that are on without being listed; `{ name: false }` switches one off. */
  readonly defaults: readonly string[];
  readonly importModule: ImportModule;
  /** The folder of the config. */
  readonly dir: string;
}

/** Loads all plugins, then applies them, each in a scope of its own. All mistakes come together. */
export async function loadPlugins(
  references: readonly PluginReference[],
  parts: ScopeParts,
  checker: SchemaChecker,
  sources: PluginSources,
): Promise<void> {
  const mistakes: ShipError[] = [];
  const collect = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!isShipError(error)) throw error;
      mistakes.push(error);
    }
  };
  const loaded: Loaded[] = [];
  for (const reference of wanted(references, sources)) {
    await collect(async () => {
      loaded.push(await load(reference, sources));
    });
  }
  for (const each of inOrder(loaded, mistakes)) await collect(() => applyPlugin(each, parts, checker));
  if (mistakes.length === 1) throw mistakes[0];
  if (mistakes.length > 1) throw errors.SHIP_PLUGINS_INVALID({ count: mistakes.length }, { errors: mistakes });
}

function wanted(references: readonly PluginReference[], { defaults }: PluginSources): PluginReference[] {
  const named = new Set(references.map(({ reference }) => reference));
  const unnamed = defaults.filter((name) => !named.has(name));
  return [...unnamed.map((reference) => ({ reference, options: {}, enabled: true })), ...references.filter(({ enabled }) => enabled)];
}

async function load(reference: PluginReference, sources: PluginSources): Promise<Loaded> {
  const { builtins, dir } = sources;
  const builtin = builtins[reference.reference];
  if (builtin) return { plugin: checkPlugin((await builtin()).default, reference), reference, origin: 'built in' };
  const path = await resolvePlugin(reference, dir, Object.keys(builtins));
  const version = packageVersion(path);
  return {
    plugin: checkPlugin(await importPlugin(path, reference, sources), reference),
    reference,
    origin: path,
    ...(version ? { version } : {}),
  };
}

/** Each plugin after those that it requires. */
function inOrder(loaded: readonly Loaded[], mistakes: ShipError[]): Loaded[] {
  const byName = new Map(loaded.map((each) => [each.plugin.name, each]));
  const ordered = new Set<Loaded>();
  const visit = (each: Loaded, path: readonly string[]) => {
    const { name, requires = [] } = each.plugin;
    if (path.includes(name)) {
      mistakes.push(errors.SHIP_PLUGIN_CYCLE({ path: [...path, name] }));
      return;
    }
    for (const required of requires) {
      const other = byName.get(required);
      if (other) visit(other, [...path, name]);
      else mistakes.push(errors.SHIP_PLUGIN_REQUIRES({ plugin: name, required }, { at: each.reference.position }));
    }
    ordered.add(each);
  };
  for (const each of loaded) visit(each, []);
  return [...ordered];
}

async function applyPlugin({ plugin, reference, origin, version }: Loaded, parts: ScopeParts, checker: SchemaChecker): Promise<void> {
  const { name } = plugin;
  const { registry } = parts;
  if (registry.plugins.some((other) => other.name === name))
    throw errors.SHIP_PLUGIN_NAME_TAKEN({ kind: 'plugin', name, plugin: reference.reference, owner: name }, { at: reference.position });
  const owner = { plugin: name, what: 'its options', at: () => reference.position };
  const mistakes = await checker.check(plugin.options ?? NO_OPTIONS, reference.options, owner);
  const [mistake] = mistakes;
  if (mistake)
    throw errors.SHIP_PLUGIN_OPTIONS(
      { plugin: name, mistakes: mistakes.map(({ path, message }) => [...path.slice(0, -1), message].join(': ')), hint: mistake.hint },
      { at: reference.position },
    );
  for (const [section, schema] of Object.entries(plugin.sections ?? {})) registry.sections.add(section, schema, name);
  try {
    await inTime(
      () => plugin.apply(createScope(name, parts), Object.freeze(reference.options)),
      () => errors.SHIP_PLUGIN_TIMEOUT({ plugin: name, what: 'set up', deadlineMs: PLUGIN_DEADLINE_MS }, { at: reference.position }),
    );
  } catch (error) {
    if (isShipError(error)) throw error;
    throw errors.SHIP_PLUGIN_FAILED({ plugin: name, message: messageOf(error) }, { at: reference.position, cause: error });
  }
  registry.plugins.push({ name, origin, ...(version ? { version } : {}) });
}

/** The options of a plugin that takes none. */
export const NO_OPTIONS = { $id: 'ship:no-options', type: 'object', properties: {}, additionalProperties: false } as const;

function packageVersion(path: string): string | undefined {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: string }).version;
    } catch {
      // Not here; one folder up.
    }
  }
  return undefined;
}
