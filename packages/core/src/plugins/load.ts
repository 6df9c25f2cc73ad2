import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errors } from '../errors/catalogue.js';
import { isShipError, messageOf, type ShipError } from '../errors/ship-error.js';
import type { PluginReference } from '../types/index.js';
import { definePlugin, type Plugin } from './define.js';
import { resolvePlugin } from './resolve.js';
import type { SchemaChecker } from './schema.js';
import { createScope, type ScopeParts } from './scope.js';

/** The version of the plugin API. Plugins name a range, `^1`. */
const PLUGIN_API = 1;

/** A plugin that comes with the command, by short name. Loaded when it is used. */
export type BuiltinPlugins = Readonly<Record<string, () => Promise<{ default: Plugin<never> }>>>;

/** What `import` gives for a plugin's module; the command may replace it to help modules find `@ship/core`. */
export type ImportModule = (url: string) => Promise<{ default?: unknown }>;

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

async function load(reference: PluginReference, { builtins, dir, importModule }: PluginSources): Promise<Loaded> {
  const builtin = builtins[reference.reference];
  if (builtin) return { plugin: checkPlugin((await builtin()).default, reference), reference, origin: 'built in' };
  const path = await resolvePlugin(reference, dir, Object.keys(builtins));
  const version = packageVersion(path);
  return {
    plugin: checkPlugin(await importPlugin(path, reference, importModule), reference),
    reference,
    origin: path,
    ...(version ? { version } : {}),
  };
}

async function importPlugin(path: string, { reference, position }: PluginReference, importModule: ImportModule): Promise<unknown> {
  try {
    const module = await importModule(pathToFileURL(path).href);
    // A CommonJS module compiled from TypeScript hides its default one level down.
    const inner = (module.default as { default?: unknown } | undefined)?.default;
    return inner ?? module.default;
  } catch (error) {
    const typescript = (error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[mc]?ts$/.test(path);
    if (typescript) throw errors.SHIP_PLUGIN_TYPESCRIPT({ plugin: basename(path), node: process.version }, { at: position, cause: error });
    throw errors.SHIP_PLUGIN_FAILED({ plugin: reference, message: messageOf(error) }, { at: position, cause: error });
  }
}

function checkPlugin(value: unknown, { reference, position }: PluginReference): Plugin {
  const problem = whatIsWrong(value);
  if (problem) throw errors.SHIP_PLUGIN_CONTRACT({ plugin: reference, problem }, { at: position });
  const plugin = definePlugin(value as Plugin);
  if (!acceptsApi(plugin.ship))
    throw errors.SHIP_PLUGIN_API({ plugin: plugin.name, range: plugin.ship, api: PLUGIN_API }, { at: position });
  return plugin;
}

function whatIsWrong(value: unknown): string | undefined {
  if (value === undefined) return 'it has no default export';
  if (typeof value !== 'object' || value === null)
    return `its default export is ${value === null ? 'null' : `a ${typeof value}`}, not a plugin`;
  const { name, ship, apply } = value as Partial<Plugin>;
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]*$/.test(name)) return `its name is ${JSON.stringify(name)}, not a text of [a-z0-9-]`;
  if (typeof ship !== 'string') return "it does not say which `ship` it is for (`ship: '^1'`)";
  if (typeof apply !== 'function') return 'it has no apply()';
  return undefined;
}

/** Ranges of the API are whole majors: `1`, `^1`, `1.x`, `>=1`, or several with `||`. */
function acceptsApi(range: string): boolean {
  return range.split('||').some((part) => {
    const match = /^\s*(\^|~|>=|=)?\s*v?(\d+)(\.\d+|\.x)*\s*$/.exec(part);
    return match !== null && (match[1] === '>=' ? Number(match[2]) <= PLUGIN_API : Number(match[2]) === PLUGIN_API);
  });
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
  const mistakes = await checker.check(plugin.options ?? NO_OPTIONS, reference.options);
  const [mistake] = mistakes;
  if (mistake)
    throw errors.SHIP_PLUGIN_OPTIONS(
      { plugin: name, mistakes: mistakes.map(({ path, message }) => [...path.slice(0, -1), message].join(': ')), hint: mistake.hint },
      { at: reference.position },
    );
  for (const [section, schema] of Object.entries(plugin.sections ?? {})) registry.sections.add(section, schema, name);
  try {
    await plugin.apply(createScope(name, parts), Object.freeze(reference.options));
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
