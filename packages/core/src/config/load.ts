import { errors } from '../errors/catalogue.js';
import type { Config, Position } from '../types/index.js';
import { chooseEnvironment } from './environment.js';
import { findConfig } from './find.js';
import { merge, mergeEnvironment } from './layers.js';
import { normalize } from './normalize.js';
import { checkNumbers } from './numbers.js';
import { type ConfigOverrides, overrideLayer } from './overrides.js';
import type { Parsed } from './parse.js';
import { type Dict, isDict, type Path } from './paths.js';
import { readConfig } from './read.js';
import { replaceAll } from './replace.js';
import { Scope } from './scope.js';
import { checkSecrets } from './secrets.js';
import { checkSchema } from './validate.js';
import { variableLayers } from './variables.js';
import { deepFreeze } from './walk.js';

/** How a config is found, and what is put over it. */
export interface LoadOptions {
  /** The folder to search from, upwards. */
  readonly cwd: string;
  /** The file to load, as in `--config FILE`. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly overrides?: ConfigOverrides | undefined;
}

/** A config, and where its parts stand. */
export interface LoadedConfig {
  readonly config: Config;
  /** Where the value, or the key, at a path of the merged config stands, or the nearest thing above it. */
  positionOf(path: Path, part?: 'key' | 'value'): Position;
}

/** Finds, reads, checks and merges the config. Throws one error that tells all mistakes of the file. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const file = await findConfig(options);
  return buildConfig(await readConfig(file, options.cwd), options);
}

/** Checks and merges a config that was read. */
export function buildConfig({ source, mistakes }: Parsed, { env, overrides = {} }: LoadOptions): LoadedConfig {
  if (!isDict(source.value)) {
    const details = { path: 'The config', value: Array.isArray(source.value) ? 'a list' : 'a single value', expected: 'a map' };
    mistakes.fatal(errors.SHIP_CONFIG_TYPE({ ...details, hint: 'Start with `version: 1`.' }, { at: source.position([]) }));
  }
  const environment = chooseEnvironment(source, mistakes, env, overrides.environment);
  checkSecrets(source, mistakes);
  const value = replaceAll(source, mistakes, env, environment);
  checkSchema(value, source, mistakes, environment);
  checkNumbers(source, mistakes);
  const problem = mistakes.add.bind(mistakes);
  const layers = [...variableLayers(env, problem), overrideLayer(overrides, problem)];
  const merged = layers.reduce<unknown>(merge, mergeEnvironment(value, environment)) as Dict;
  const scope = new Scope(source, mistakes, environment);
  const config = normalize(scope, merged);
  mistakes.throwIfAny();
  return { config: deepFreeze(config), positionOf: (path, part) => source.position(scope.origin(path), part) };
}
