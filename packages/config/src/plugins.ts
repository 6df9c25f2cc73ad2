import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  definePlugin,
  inTime,
  isShipError,
  type Plugin,
  type PluginReference,
  type SchemaChecker,
  type ShipError,
  suggest,
} from '@ship/core';
import {
  createScope,
  type Diagnostics,
  kernelErrors,
  messageOf,
  PLUGIN_DEADLINE_MS,
  type PositionOf,
  type ScopeParts,
} from '@ship/core/kernel';
import { errors } from './errors.js';
import { checkOrigin } from './trust.js';
import { isDict } from './values.js';
import type { Variables } from './variables.js';

/** A plugin that comes with the command, by short name. Loaded when it is used. */
export type BuiltinPlugins = Readonly<Record<string, () => Promise<{ default: Plugin<never> }>>>;

interface Loaded {
  readonly plugin: Plugin;
  readonly reference: PluginReference;
  readonly origin: string;
  readonly version?: string;
}

/** Where plugins come from, and what they are given. */
export interface PluginSources extends ScopeParts {
  /** What is checked against their schemas. */
  readonly checker: SchemaChecker;
  /** Those that come with the command. */
  readonly builtins: BuiltinPlugins;
  /** The built in plugins that are on without being listed; `{ name: false }` switches one off. */
  readonly defaults: readonly string[];
  /** How the others are loaded. */
  readonly importModule: ImportModule;
  /** The folder of the config. */
  readonly dir: string;
  /** What decides whose modules are trusted. */
  readonly env: Variables;
  /** Where parts of the config stand. */
  readonly positionOf: PositionOf;
  /** Where mistakes of options, sections, modules and of what is registered go. */
  readonly diagnostics: Diagnostics;
}

/** Loads all plugins, then applies them, each in a scope of its own. Mistakes are collected, and none is thrown. */
export async function loadPlugins(sources: PluginSources): Promise<void> {
  const { diagnostics } = sources;
  const loaded: Loaded[] = [];
  for (const reference of wanted(sources)) {
    const each = await diagnostics.collect(() => load(reference, sources), 'plugin');
    if (each) loaded.push(each);
    else diagnostics.losePlugin();
  }
  for (const each of inOrder(loaded, diagnostics)) {
    const isUsable = await diagnostics.collect(() => applyPlugin(each, sources), 'plugin');
    if (!isUsable) diagnostics.losePlugin(each.plugin.name);
  }
}

function wanted({ config: { plugins }, defaults }: PluginSources): PluginReference[] {
  const unnamed = defaults.filter((name) => !plugins.some(({ reference }) => reference === name));
  return [...unnamed.map((reference) => ({ reference, options: {}, enabled: true })), ...plugins.filter(({ enabled }) => enabled)];
}

async function load(reference: PluginReference, sources: PluginSources): Promise<Loaded> {
  const { builtins, dir, env } = sources;
  const builtin = builtins[reference.reference];
  if (builtin) return { plugin: checkPlugin((await builtin()).default, reference), reference, origin: 'built in' };
  const path = await resolvePlugin(reference, dir, Object.keys(builtins));
  checkOrigin({ file: path, from: dir, env, at: reference.position });
  const version = packageVersion(path);
  const plugin = checkPlugin(await importPlugin(path, reference, sources), reference);
  return { plugin, reference, origin: path, ...(version && { version }) };
}

/** Each plugin after those that it requires. */
function inOrder(loaded: readonly Loaded[], diagnostics: Diagnostics): Loaded[] {
  const byName = new Map(loaded.map((each) => [each.plugin.name, each]));
  const ordered = new Set<Loaded>();
  const visit = (each: Loaded, path: readonly string[]) => {
    const { name, requires = [] } = each.plugin;
    if (path.includes(name)) {
      diagnostics.addOfPlugin(errors.SHIP_PLUGIN_CYCLE({ path: [...path, name] }));
      return;
    }
    for (const required of requires) {
      const other = byName.get(required);
      if (other) visit(other, [...path, name]);
      else diagnostics.addOfPlugin(errors.SHIP_PLUGIN_REQUIRES({ plugin: name, required }, { at: each.reference.position }));
    }
    ordered.add(each);
  };
  for (const each of loaded) visit(each, []);
  return [...ordered];
}

/** Whether the plugin can be used. */
async function applyPlugin({ plugin, reference, origin, version }: Loaded, sources: PluginSources): Promise<boolean> {
  const { name } = plugin;
  const { registry } = sources;
  if (registry.plugins.some((other) => other.name === name))
    throw kernelErrors.SHIP_PLUGIN_NAME_TAKEN(
      { kind: 'plugin', name, plugin: reference.reference, owner: name },
      { at: reference.position },
    );
  for (const [section, schema] of Object.entries(plugin.sections ?? {})) registry.sections.add(section, schema, name);
  const mistakes = [...(await optionMistakes(plugin, reference, sources)), ...(await sectionMistakes(plugin, sources))];
  for (const mistake of mistakes) sources.diagnostics.addOfPlugin(mistake);
  if (mistakes.length > 0) return false;
  try {
    await inTime(
      () => plugin.apply(createScope(name, sources), Object.freeze(reference.options)),
      () => errors.SHIP_PLUGIN_TIMEOUT({ plugin: name, what: 'set up', deadlineMs: PLUGIN_DEADLINE_MS }, { at: reference.position }),
    );
  } catch (error) {
    if (isShipError(error)) throw error;
    throw errors.SHIP_PLUGIN_FAILED({ plugin: name, message: messageOf(error) }, { at: reference.position, cause: error });
  }
  registry.plugins.push({ name, origin, ...(version && { version }) });
  return true;
}

async function optionMistakes({ name, options }: Plugin, reference: PluginReference, { checker }: PluginSources): Promise<ShipError[]> {
  const owner = { plugin: name, what: 'its options', at: () => reference.position };
  const found = await checker.check(options ?? NO_OPTIONS, reference.options, owner);
  if (found.length === 0) return [];
  const mistakes = found.map(({ path, message }) => [...path.slice(0, -1), message].join(': '));
  return [errors.SHIP_PLUGIN_OPTIONS({ plugin: name, mistakes, hint: found[0]!.hint }, { at: reference.position })];
}

async function sectionMistakes({ name, sections = {} }: Plugin, sources: PluginSources): Promise<ShipError[]> {
  const { config, checker, positionOf, diagnostics } = sources;
  const mistakes: ShipError[] = [];
  for (const [section, schema] of Object.entries(sections)) {
    const value = config.sections[section];
    if (value === undefined) continue;
    const subject = `section ${section}`;
    const owner = { plugin: name, what: subject, at: () => positionOf([section]) };
    for (const { path, message, hint } of await checker.check(schema, value, owner)) {
      const place = [section, ...path];
      if (!diagnostics.isReported(place, [section]))
        mistakes.push(kernelErrors.SHIP_INPUT_INVALID({ subject, path: path.join('.'), message, hint }, { at: positionOf(place) }));
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

/** The version of the plugin API. Plugins name a range, `^1`. */
const PLUGIN_API = 1;

/** What a module exports, as the plugin that it has to be. */
function checkPlugin(value: unknown, { reference, position }: PluginReference): Plugin {
  const problem = whatIsWrong(value);
  if (problem) throw kernelErrors.SHIP_PLUGIN_CONTRACT({ plugin: reference, problem }, { at: position });
  const plugin = definePlugin(value as Plugin);
  if (!acceptsApi(plugin.ship))
    throw errors.SHIP_PLUGIN_API({ plugin: plugin.name, range: plugin.ship, api: PLUGIN_API }, { at: position });
  return plugin;
}

function whatIsWrong(value: unknown): string | undefined {
  if (value === undefined) return 'it has no default export';
  if (typeof value !== 'object' || value === null)
    return `its default export is ${value === null ? 'null' : `a ${typeof value}`}, not a plugin`;
  const { name, ship, apply, requires = [], options = {}, sections = {} } = value as Partial<Plugin>;
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]*$/.test(name)) return `its name is ${JSON.stringify(name)}, not a text of [a-z0-9-]`;
  if (typeof ship !== 'string') return "it does not say which `ship` it is for (`ship: '^1'`)";
  if (typeof apply !== 'function') return 'it has no apply()';
  if (!Array.isArray(requires) || !requires.every((each) => typeof each === 'string')) return 'its `requires` is not a list of names';
  if (!isDict(options)) return 'its `options` is not a JSON Schema';
  if (!isDict(sections) || !Object.values(sections).every(isDict)) return 'its `sections` are not JSON Schemas by name';
  return undefined;
}

/** Ranges of the API are whole majors: `1`, `^1`, `1.x`, `>=1`, or several with `||`. */
function acceptsApi(range: string): boolean {
  return range.split('||').some((part) => {
    const match = /^\s*(\^|~|>=|=)?\s*v?(\d+)(\.\d+|\.x)*\s*$/.exec(part);
    return match !== null && (match[1] === '>=' ? Number(match[2]) <= PLUGIN_API : Number(match[2]) === PLUGIN_API);
  });
}

/** The names of packages that a short name stands for, in this order. */
function packageNames(reference: string): string[] {
  return reference.startsWith('@') ? [reference] : [`@ship/plugin-${reference}`, `ship-plugin-${reference}`, reference];
}

/**
 * Where the module of a plugin lies, seen from the folder of the config: a relative path,
 * a package, or the short name of one.
 */
async function resolvePlugin({ reference, position: at }: PluginReference, dir: string, builtins: readonly string[]): Promise<string> {
  if (reference.startsWith('.') || isAbsolute(reference)) {
    const path = resolve(dir, reference);
    if (!existsSync(path)) throw errors.SHIP_PLUGIN_NOT_FOUND({ reference, tried: [path] }, { at });
    return path;
  }
  // Node's own algorithm, for a parent other than this file; import.meta.resolve has none.
  const { resolve: resolveModule } = await import('import-meta-resolve');
  const parent = pathToFileURL(resolve(dir, 'ship.yaml')).href;
  const tried = packageNames(reference);
  for (const name of tried) {
    try {
      return fileURLToPath(resolveModule(name, parent));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND')
        throw errors.SHIP_PLUGIN_FAILED({ plugin: name, message: messageOf(error) }, { cause: error, at });
    }
  }
  throw errors.SHIP_PLUGIN_NOT_FOUND({ reference, tried, suggestion: suggest(reference, builtins) }, { at });
}

/** What `import` gives for a plugin's module; the command may replace it to help modules find `@ship/core`. */
export type ImportModule = (url: string) => Promise<{ default?: unknown }>;

/** What the module of a plugin exports. */
async function importPlugin(path: string, { reference, position: at }: PluginReference, sources: PluginSources): Promise<unknown> {
  const late = () => errors.SHIP_PLUGIN_TIMEOUT({ plugin: reference, what: 'loaded', deadlineMs: PLUGIN_DEADLINE_MS }, { at });
  try {
    return await inTime(async () => {
      const module = await sources.importModule(pathToFileURL(path).href);
      // A CommonJS module compiled from TypeScript hides its default one level down.
      const inner = (module.default as { default?: unknown } | undefined)?.default;
      return inner ?? module.default;
    }, late);
  } catch (error) {
    if (isShipError(error)) throw error;
    const typescript = (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[mc]?ts$/.test(path);
    if (typescript) throw errors.SHIP_PLUGIN_TYPESCRIPT({ plugin: basename(path), node: process.version }, { at, cause: error });
    const message = [syntaxPlace(error, path, sources.dir), messageOf(error)].filter((part) => part !== undefined).join(': ');
    throw errors.SHIP_PLUGIN_FAILED({ plugin: reference, message }, { at, cause: error });
  }
}

/** How long Node may take to look for the line. */
const LOOK_MS = 5_000;

/** The first line of a stack, or of what Node prints, where it names the place of a syntax error. */
const PLACE = /^((?:file:\/\/)?\/.*):(\d+)$/m;

/**
 * `file:line` of a syntax error in a plugin, seen from a folder; undefined where nobody knows.
 * Of a module of its own kind Node names the line only to those who ask for nothing but a check.
 */
function syntaxPlace(error: unknown, path: string, dir: string): string | undefined {
  if (!(error instanceof Error) || error.name !== 'SyntaxError') return undefined;
  const [, file, line] = PLACE.exec(error.stack?.split('\n', 1)[0] ?? '') ?? PLACE.exec(checked(path)) ?? [];
  if (file === undefined) return undefined;
  return `${relative(dir, file.startsWith('file:') ? fileURLToPath(file) : file)}:${line}`;
}

function checked(path: string): string {
  const { stderr } = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8', timeout: LOOK_MS });
  return stderr ?? '';
}
