import { resolve } from 'node:path';
import { registerOwn } from './builtins/register.js';
import type { Diagnostics, PositionOf } from './config/diagnostics.js';
import type { ConfigOverrides } from './config/layers.js';
import { type DraftConfig, draftConfig } from './config/load.js';
import { checkSections } from './config/normalize.js';
import { checkStateFolder } from './config/read.js';
import type { ShipError } from './errors/ship-error.js';
import { createHooks, guardHooks, type Hooks } from './hooks.js';
import { checkPlan, type PlanParts } from './plan.js';
import { tappedConfig } from './plugins/config-taps.js';

import { type BuiltinPlugins, type ImportModule, loadPlugins } from './plugins/load.js';
import { openStore, Registry } from './plugins/registry.js';
import { SchemaChecker } from './plugins/schema.js';

import { findSecrets, Redactor } from './redact.js';
import { MemoryStore } from './store/memory.js';
import { Spool, SpoolingStore } from './store/spool.js';
import { ChosenStore, FencedStore } from './store/wrappers.js';
import type { Config, DecisionOption, Executor, FailureContext, InterventionGuide, Logger, Store } from './types/index.js';

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
  /** Shows what is known, before it is asked again. */
  show?(guide: InterventionGuide): Promise<void> | void;
}

/** What opens a kernel. */
export interface KernelOptions {
  /** Where the config is looked for, upwards. */
  readonly cwd: string;
  /** `--config`; found upwards from `cwd` when absent. */
  readonly file?: string;
  /** What `${NAME}` and `SHIP_*` are read from; that of the process when absent. */
  readonly env?: NodeJS.ProcessEnv;
  /** What flags put over the config. */
  readonly overrides?: ConfigOverrides;
  /** Flags that decide about a rollback. */
  readonly flags?: FailureContext['flags'];
  /** `--force-rollback`: warnings of an admission do not refuse. */
  readonly forceRollback?: boolean;
  /** `--yes`: every question beforehand is answered with yes. */
  readonly yes?: boolean;
  /** `--lock-wait`: how long a run waits for the lease of its environment; not at all when absent. */
  readonly lockWaitMs?: number;
  /** Plugins that come with the command, by name. */
  readonly builtins?: BuiltinPlugins;
  /** The names of those that are on without being listed. */
  readonly defaults?: readonly string[];
  /** How the module of a plugin is loaded; `import` when absent. */
  readonly importModule?: ImportModule;
  /** The action that `run:` of a step stands for, of a plugin that comes with the command. */
  readonly runAction?: string;
  /** What executes commands on this machine, by the name `local`; nothing when absent. */
  readonly local?: Executor;
  /** Who can be asked; nobody when absent. */
  readonly interaction?: Interaction;
  /** `--without-journal`: everything stays in memory, for a store that cannot be used. */
  readonly withoutJournal?: boolean;
  /** Another store than the one that the config chooses. */
  readonly store?: Store;
}

/** A config with its plugins, ready to plan and run. */
export interface Kernel {
  /** As plugins want it, frozen. */
  readonly config: Config;
  /** The folder of the state, `.speckit` beside the config. */
  readonly stateDir: string;
  /** Collects mistakes. Those that only show once the plugins are there are in it already; the plan adds its own. */
  readonly diagnostics: Diagnostics;
  /** Plugins that come with the command and are not on. */
  readonly offers: readonly string[];
  /** Where the parts of the config stand. */
  readonly positionOf: PositionOf;
  /** The kernel's own hooks: the command taps `event` for its view. */
  readonly hooks: Hooks;
  /** What plugins brought. */
  readonly registry: Registry;
  /** Checks against schemas of plugins. */
  readonly checker: SchemaChecker;
  /** Where journals, snapshots and leases live. */
  readonly store: Store;
  /** What the store would not take. */
  readonly spool: Spool;
  /** Nothing of this run outlives it. */
  readonly withoutJournal: boolean;
  /** Masks secrets. */
  readonly redactor: Redactor;
  /** Flags that decide about a rollback. */
  readonly flags: FailureContext['flags'];
  /** Warnings of an admission do not refuse. */
  readonly forceRollback: boolean;
  /** Every question beforehand is answered with yes. */
  readonly yes: boolean;
  /** How long a run waits for the lease of its environment. */
  readonly lockWaitMs: number;
  /** Who can be asked. */
  readonly interaction: Interaction;
  /** Errors of taps that did not stop what they tapped. */
  readonly tapErrors: Error[];
  /** What `source` says, as events. Redacted. */
  log(source: string): Logger;
}

/** Reads the config, loads the plugins, opens the store. Nothing is touched. */
export async function openKernel(options: KernelOptions): Promise<Kernel> {
  const draft = await draftConfig({ ...options, env: options.env ?? process.env });
  const { config: read, positionOf, diagnostics } = draft;
  const parts = partsOf(options, draft);
  const { hooks, registry, stateDir } = parts;
  if (diagnostics.isEmpty) checkStateFolder(stateDir);
  const { builtins = {}, defaults = [], importModule = (url) => import(url) } = options;
  const state = new ChosenStore();
  await loadPlugins({ ...parts, state, config: read, builtins, defaults, importModule, dir: read.dir });
  const offers = Object.keys(builtins).filter((name) => !registry.plugins.some((plugin) => plugin.name === name));
  const isSound = diagnostics.isEmpty;
  checkSections(read, registry.sections.names(), positionOf, diagnostics);
  // A plugin may make another config of this one before it is planned: nobody knows which.
  if (!isSound) throw await refusal({ ...parts, config: read, offers }, hooks.config.taps.length === 0);
  const config = await tappedConfig(hooks, read);
  const memory = options.withoutJournal ? new MemoryStore() : undefined;
  const chosen = options.store ?? memory ?? (await openStore(registry, config.store, { project: config.project, stateDir }));
  if (chosen === undefined) throw await refusal({ ...parts, config, offers }, true);
  const spool = new Spool(resolve(config.dir, '.speckit-spool'));
  const store = new FencedStore(new SpoolingStore(chosen, spool));
  state.choose(store);
  return { ...parts, config, store, spool, withoutJournal: memory !== undefined, offers };
}

/** All that can be reported of a config that cannot be used, as one error. */
async function refusal(parts: PlanParts, isFinal: boolean): Promise<ShipError> {
  if (isFinal) await checkPlan(parts);
  return parts.diagnostics.toError();
}

/** What a kernel has before its plugins are there. */
function partsOf(options: KernelOptions, { config, positionOf, diagnostics }: DraftConfig) {
  const hooks = createHooks();
  const redactor = new Redactor(findSecrets(options.env ?? process.env, config.secrets));
  const parts = {
    stateDir: resolve(config.dir, '.speckit'),
    positionOf,
    diagnostics,
    hooks,
    registry: new Registry(),
    checker: new SchemaChecker(),
    redactor,
    flags: options.flags ?? {},
    forceRollback: options.forceRollback ?? false,
    yes: options.yes ?? false,
    lockWaitMs: options.lockWaitMs ?? 0,
    interaction: options.interaction ?? {},
    tapErrors: [] as Error[],
    log: (source: string) => eventLogger(hooks, redactor, source),
    redact: <T>(value: T) => redactor.redactDeep(value),
  };
  guardHooks(hooks, (error) => parts.tapErrors.push(error));
  registerOwn(parts.registry, options.local);
  return parts;
}

function eventLogger({ event }: Hooks, redactor: Redactor, source: string): Logger {
  const log = (level: 'debug' | 'info' | 'warn') => (message: string) => {
    if (event.isUsed()) event.call({ type: 'log', level, message: redactor.redact(message), source });
  };
  return { debug: log('debug'), info: log('info'), warn: log('warn') };
}
