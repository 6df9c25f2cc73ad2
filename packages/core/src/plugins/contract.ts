import { isDict } from '../config/paths.js';
import { errors } from '../errors/catalogue.js';
import type { PluginReference } from '../types/index.js';
import { definePlugin, type Plugin } from './define.js';

/** The version of the plugin API. Plugins name a range, `^1`. */
const PLUGIN_API = 1;

/** What a module exports, as the plugin that it has to be. */
export function checkPlugin(value: unknown, { reference, position }: PluginReference): Plugin {
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
  // As nearly all write it: no pattern is compiled then.
  if (range === `^${PLUGIN_API}`) return true;
  return range.split('||').some((part) => {
    const match = /^\s*(\^|~|>=|=)?\s*v?(\d+)(\.\d+|\.x)*\s*$/.exec(part);
    return match !== null && (match[1] === '>=' ? Number(match[2]) <= PLUGIN_API : Number(match[2]) === PLUGIN_API);
  });
}
