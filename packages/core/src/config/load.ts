import { errors } from '../errors/catalogue.js';
import type { ShipError } from '../errors/ship-error.js';
import type { Config, Position } from '../types/index.js';
import { chooseEnvironment } from './environment.js';
import { findConfig } from './find.js';
import { merge, mergeEnvironment } from './layers.js';
import { invalid } from './mistakes.js';
import { normalize } from './normalize.js';
import { checkNumbers } from './numbers.js';
import { type ConfigOverrides, overrideLayer } from './overrides.js';
import type { Parsed } from './parse.js';
import { type Dict, hasAt, isDict, type Path } from './paths.js';
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

/** What is known of the mistakes of a config, so that nothing that only follows from one is told as another. */
export interface Told {
  /** Whether a mistake is about the path, or about what is above it, as far as `from`. */
  within(from: Path, path: Path): boolean;
  /** Whether a mistake is about the path, or about something below it. */
  below(path: Path): boolean;
  /** Whether the config has anything there. */
  isWritten(path: Path): boolean;
}

/** A config that may have mistakes: what is sound of it can be looked into all the same. */
export interface DraftConfig extends LoadedConfig {
  /** The path of the file as people see it. */
  readonly shown: string;
  readonly mistakes: readonly ShipError[];
  readonly told: Told;
}

/** Finds, reads, checks and merges the config. Throws one error that tells all mistakes of the file. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { config, positionOf, shown, mistakes } = await draftConfig(options);
  if (mistakes.length > 0) throw invalid(shown, mistakes);
  return { config, positionOf };
}

/** As {@link loadConfig}, but only throws where the file cannot be read at all. */
export async function draftConfig(options: LoadOptions): Promise<DraftConfig> {
  const file = await findConfig(options);
  return buildConfig(await readConfig(file, options.cwd), options);
}

/** Checks and merges a config that was read. */
export function buildConfig({ source, mistakes }: Parsed, { env, overrides = {} }: LoadOptions): DraftConfig {
  if (!isDict(source.value)) {
    const details = { path: 'The config', value: Array.isArray(source.value) ? 'a list' : 'a single value', expected: 'a map' };
    mistakes.fatal(errors.SHIP_CONFIG_TYPE({ ...details, hint: 'Start with `version: 1`.' }, { at: source.position([]) }));
  }
  const environment = chooseEnvironment(source, mistakes, env, overrides.environment);
  checkSecrets(source, mistakes);
  const value = replaceAll(source, mistakes, env, environment);
  checkSchema(value, source, mistakes, environment);
  checkNumbers(source, mistakes);
  const problem = (error: ShipError) => mistakes.add(error);
  const layers = [...variableLayers(env, problem), overrideLayer(overrides, problem)];
  const merged = layers.reduce<unknown>(merge, mergeEnvironment(value, environment)) as Dict;
  const scope = new Scope(source, mistakes, environment);
  const config = normalize(scope, merged);
  return {
    config: deepFreeze(config),
    positionOf: (path, part) => source.position(scope.origin(path), part),
    shown: source.shown,
    mistakes: mistakes.all(),
    told: {
      within: (from, path) => scope.variants(from, path).some(([above, at]) => mistakes.isToldWithin(above!, at!)),
      below: (path) => scope.variants(path).some(([at]) => mistakes.isToldBelow(at!)),
      isWritten: (path) => hasAt(merged, path),
    },
  };
}
