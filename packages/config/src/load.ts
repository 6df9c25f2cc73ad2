import { dirname } from 'node:path';
import type { Config } from '@ship/core';
import type { Diagnostics, PositionOf } from '@ship/core/kernel';
import { errors } from './errors.js';
import { type ConfigOverrides, chooseEnvironment, merge, mergeEnvironment, overrideLayer, variableLayers } from './layers.js';
import { normalize } from './normalize.js';
import { findConfig, isModule, readConfig } from './read.js';
import { Scope } from './scope.js';
import { checkSecrets } from './secrets.js';
import { checkNumbers, checkSchema } from './validate.js';
import { type Dict, deepFreeze, dictOf, isDict, projectFolder } from './values.js';
import { interpolateConfig, type Variables, variablesOf } from './variables.js';
import type { Parsed } from './yaml.js';

/** How a config is found, and what is put over it. */
export interface LoadOptions {
  /** The folder to search from, upwards. */
  readonly cwd: string;
  /** The file to load, as in `--config FILE`. */
  readonly file?: string | undefined;
  readonly env: Variables;
  readonly overrides?: ConfigOverrides | undefined;
  /** Variables of what is deployed need not be set, until a plan demands them. */
  readonly lenient?: boolean | undefined;
  /** The action that `run:` of a step stands for. */
  readonly runAction?: string | undefined;
  /** A config that is a module is refused: to read it is to execute it. */
  readonly dataOnly?: boolean | undefined;
}

/** A config, and where its parts stand. */
export interface LoadedConfig {
  readonly config: Config;
  /** Where the value, or the key, at a path of the merged config stands, or the nearest thing above it. */
  readonly positionOf: PositionOf;
}

/** A config that may have mistakes: what is sound of it can be looked into all the same. */
export interface DraftConfig extends LoadedConfig {
  readonly diagnostics: Diagnostics;
}

/** Finds, reads, checks and merges the config. Throws one error with all mistakes of the file. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { config, positionOf, diagnostics } = await draftConfig(options);
  diagnostics.throwIfAny();
  return { config, positionOf };
}

/** As {@link loadConfig}, but only throws where the file cannot be read at all. */
export async function draftConfig(options: LoadOptions): Promise<DraftConfig> {
  return buildConfig(await readFound(options), options);
}

/** What stands in a config, unchecked and with its variables as they are written, and the folder of the project. A module is refused. */
export async function peekConfig(search: Pick<LoadOptions, 'cwd' | 'file' | 'env'>): Promise<{
  readonly dir: string;
  readonly value: Dict;
}> {
  const { source } = await readFound({ ...search, dataOnly: true });
  return { dir: projectFolder(source.file), value: dictOf(source.value) };
}

async function readFound(options: Pick<LoadOptions, 'cwd' | 'file' | 'env' | 'dataOnly'>): Promise<Parsed> {
  const file = findConfig(options);
  if (options.dataOnly && isModule(file)) throw errors.SHIP_CONFIG_UNREADABLE({ file, reason: 'it is a module, which would be executed' });
  return readConfig(file, options.cwd);
}

/** Checks and merges a config that was read. */
export function buildConfig(
  { source, diagnostics }: Parsed,
  { env, overrides = {}, runAction = 'run', lenient }: LoadOptions,
): DraftConfig {
  if (!isDict(source.value)) {
    const details = { path: 'The config', value: Array.isArray(source.value) ? 'a list' : 'a single value', expected: 'a map' };
    diagnostics.fatal(errors.SHIP_CONFIG_TYPE({ ...details, hint: 'Start with `version: 1`.' }, { at: source.position([]) }));
  }
  const environment = chooseEnvironment(source, diagnostics, env, overrides.environment);
  checkSecrets(source, diagnostics);
  const variables = variablesOf(dirname(source.file), env, source.value);
  const value = interpolateConfig(source, diagnostics, variables, environment, lenient);
  checkSchema(value, source, diagnostics, environment);
  checkNumbers(source, diagnostics);
  const layers = [...variableLayers(env, diagnostics), overrideLayer(overrides, diagnostics)];
  const merged = layers.reduce<unknown>(merge, mergeEnvironment(value, environment)) as Dict;
  diagnostics.useMergedPaths(environment);
  const scope = new Scope(source, diagnostics, environment, runAction);
  const config = deepFreeze(normalize(scope, merged));
  return { config, positionOf: (path, part) => source.position(scope.origin(path), part), diagnostics };
}
