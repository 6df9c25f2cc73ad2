import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PositionOf, Told } from '../config/index.js';
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
  /** Those that come with the command. */
  readonly builtins: BuiltinPlugins;
  /** The built in plugins that are on without being listed; `{ name: false }` switches one off. */
  readonly defaults: readonly string[];
  /** How the others are loaded. */
  readonly importModule: ImportModule;
  /** The folder of the config. */
  readonly dir: string;
  /** Where parts of the config stand. */
  readonly positionOf: PositionOf;
  /** What is known to be wrong with the config. */
  readonly told: Told;
}

/** What came of loading all plugins. */
export interface PluginsLoaded {
  /** Of options, sections, modules and of what was registered. */
  readonly mistakes: readonly ShipError[];
  /** The names of plugins that are there and cannot be used. */
  readonly unusable: ReadonlySet<string>;
  /** The modules of some plugins could not be loaded: what they would bring is not known. */
  readonly missing: boolean;
}

/** Loads all plugins, then applies them, each in a scope of its own. All mistakes come together, and none is thrown. */
export async function loadPlugins(
  references: readonly PluginReference[],
  parts: ScopeParts,
  checker: SchemaChecker,
  sources: PluginSources,
): Promise<PluginsLoaded> {
  const mistakes: ShipError[] = [];
  const collect = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!isShipError(error)) throw error;
      mistakes.push(error);
      return undefined;
    }
  };
  const named = wanted(references, sources);
  const loaded: Loaded[] = [];
  for (const reference of named) {
    const each = await collect(() => load(reference, sources));
    if (each) loaded.push(each);
  }
  const missing = loaded.length < named.length;
  for (const each of inOrder(loaded, mistakes)) mistakes.push(...((await collect(() => applyPlugin(each, parts, checker, sources))) ?? []));
  const usable = new Set(parts.registry.plugins.map(({ name }) => name));
  const unusable = new Set(loaded.map(({ plugin }) => plugin.name).filter((name) => !usable.has(name)));
  return { mistakes, unusable, missing };
}

/** The mistakes of plugins as one error: the only one itself. */
export function pluginsError(mistakes: readonly ShipError[]): ShipError {
  return mistakes.length === 1 ? mistakes[0]! : errors.SHIP_PLUGINS_INVALID({ count: mistakes.length }, { errors: mistakes });
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

async function applyPlugin(
  { plugin, reference, origin, version }: Loaded,
  parts: ScopeParts,
  checker: SchemaChecker,
  sources: PluginSources,
): Promise<readonly ShipError[]> {
  const { name } = plugin;
  const { registry } = parts;
  if (registry.plugins.some((other) => other.name === name))
    throw errors.SHIP_PLUGIN_NAME_TAKEN({ kind: 'plugin', name, plugin: reference.reference, owner: name }, { at: reference.position });
  for (const [section, schema] of Object.entries(plugin.sections ?? {})) registry.sections.add(section, schema, name);
  const mistakes = [...(await optionMistakes(plugin, reference, checker)), ...(await sectionMistakes(plugin, parts, checker, sources))];
  if (mistakes.length > 0) return mistakes;
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
  return [];
}

async function optionMistakes({ name, options }: Plugin, reference: PluginReference, checker: SchemaChecker): Promise<ShipError[]> {
  const schema = options ?? NO_OPTIONS;
  if (checker.accepts(schema, reference.options)) return [];
  const owner = { plugin: name, what: 'its options', at: () => reference.position };
  const found = await checker.check(schema, reference.options, owner);
  if (found.length === 0) return [];
  const mistakes = found.map(({ path, message }) => [...path.slice(0, -1), message].join(': '));
  return [errors.SHIP_PLUGIN_OPTIONS({ plugin: name, mistakes, hint: found[0]!.hint }, { at: reference.position })];
}

async function sectionMistakes(
  { name, sections = {} }: Plugin,
  { config }: ScopeParts,
  checker: SchemaChecker,
  { positionOf, told }: PluginSources,
): Promise<ShipError[]> {
  const mistakes: ShipError[] = [];
  for (const [section, schema] of Object.entries(sections)) {
    const value = config.sections[section];
    if (value === undefined) continue;
    const subject = `section ${section}`;
    for (const { path, message, hint } of await checker.check(schema, value, {
      plugin: name,
      what: subject,
      at: () => positionOf([section]),
    })) {
      const place = [section, ...path];
      if (!told.within([section], place))
        mistakes.push(errors.SHIP_INPUT_INVALID({ subject, path: path.join('.'), message, hint }, { at: positionOf(place) }));
    }
  }
  return mistakes;
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
