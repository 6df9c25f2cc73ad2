import { join } from 'node:path';
import { allMistakes } from './all-mistakes.js';
import { type ConfigOverrides, checkSections, checkStateFolder, draftConfig, type PositionOf } from './config/index.js';
import type { ShipError } from './errors/ship-error.js';
import { createHooks, guardHooks, type Hooks } from './hooks.js';
import { registerOwn } from './own/register.js';
import { tappedConfig } from './plugins/config-taps.js';
import type { ImportModule } from './plugins/import-plugin.js';
import { type BuiltinPlugins, loadPlugins } from './plugins/load.js';
import { Registry } from './plugins/registry.js';
import { type CompiledSchema, SchemaChecker } from './plugins/schema.js';
import { findSecrets, Redactor } from './redact.js';
import { FileStore } from './store/file.js';
import type { Config, DecisionOption, FailureContext, Logger, Store } from './types/index.js';

/** Somebody who can be asked. Absent parts: nobody. */
export interface Interaction {
  /** Yes or no. */
  confirm?(question: string): Promise<boolean>;
  /** One of several; undefined where the question was dismissed. */
  choose?(
    question: string,
    options: readonly DecisionOption[],
    recommended: DecisionOption | undefined,
  ): Promise<DecisionOption | undefined>;
}

/** What opens a kernel. */
export interface KernelOptions {
  readonly cwd: string;
  /** `--config`; found upwards from `cwd` when absent. */
  readonly file?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly overrides?: ConfigOverrides;
  readonly flags?: FailureContext['flags'];
  readonly forceRollback?: boolean;
  /** `--yes`: every question beforehand is answered with yes. */
  readonly yes?: boolean;
  readonly builtins?: BuiltinPlugins;
  /** The names of those that are on without being listed. */
  readonly defaults?: readonly string[];
  readonly precompiled?: Readonly<Record<string, CompiledSchema>>;
  readonly importModule?: ImportModule;
  readonly interaction?: Interaction;
  /** Another place than `.speckit` beside the config. */
  readonly store?: Store;
}

/** A config with its plugins, ready to plan and run. */
export interface Kernel {
  readonly config: Config;
  /** The folder of the state, `.speckit` beside the config. */
  readonly stateDir: string;
  /** Mistakes that only show once the plugins are there; the plan tells them with its own. */
  readonly mistakes: readonly ShipError[];
  /** Plugins that come with the command and are not on. */
  readonly offers: readonly string[];
  /** Where the parts of the config stand. */
  readonly positionOf: PositionOf;
  readonly hooks: Hooks;
  readonly registry: Registry;
  readonly checker: SchemaChecker;
  readonly store: Store;
  readonly redactor: Redactor;
  readonly flags: FailureContext['flags'];
  readonly forceRollback: boolean;
  readonly yes: boolean;
  readonly interaction: Interaction;
  /** Errors of taps that did not stop what they tapped. */
  readonly tapErrors: Error[];
  /** What `source` says, as events. Redacted. */
  log(source: string): Logger;
}

/** Reads the config, loads the plugins. Nothing is touched. */
export async function openKernel(options: KernelOptions): Promise<Kernel> {
  const env = options.env ?? process.env;
  const draft = await draftConfig({
    cwd: options.cwd,
    env,
    ...(options.file === undefined ? {} : { file: options.file }),
    ...(options.overrides ? { overrides: options.overrides } : {}),
  });
  const { config: read, positionOf } = draft;
  const stateDir = join(read.dir, '.speckit');
  if (draft.mistakes.length === 0) checkStateFolder(stateDir);
  const hooks = createHooks();
  const redactor = new Redactor(findSecrets(env, read.secrets));
  const parts = {
    stateDir,
    positionOf,
    hooks,
    registry: new Registry(),
    checker: new SchemaChecker(options.precompiled),
    store: options.store ?? new FileStore(stateDir),
    redactor,
    flags: options.flags ?? {},
    forceRollback: options.forceRollback ?? false,
    yes: options.yes ?? false,
    interaction: options.interaction ?? {},
    tapErrors: [] as Error[],
    log: (source: string) => eventLogger(hooks, redactor, source),
  };
  guardHooks(hooks, (error) => parts.tapErrors.push(error));
  registerOwn(parts.registry);
  const { builtins = {}, defaults = [], importModule = (url) => import(url) } = options;
  const sources = { builtins, defaults, importModule, dir: read.dir, positionOf, told: draft.told };
  const loaded = await loadPlugins(read.plugins, { ...parts, config: read }, parts.checker, sources);
  const offers = Object.keys(builtins).filter((name) => !parts.registry.plugins.some((plugin) => plugin.name === name));
  if (draft.mistakes.length + loaded.mistakes.length > 0) throw await allMistakes(draft, loaded, { ...parts, offers });
  const mistakes = checkSections(read, parts.registry.sections.names(), positionOf);
  const config = await tappedConfig(hooks, read);
  return { ...parts, config, mistakes, offers };
}

function eventLogger({ event }: Hooks, redactor: Redactor, source: string): Logger {
  const log = (level: 'debug' | 'info' | 'warn') => (message: string) => {
    if (event.isUsed()) event.call({ type: 'log', level, message: redactor.redact(message), source });
  };
  return { debug: log('debug'), info: log('info'), warn: log('warn') };
}
