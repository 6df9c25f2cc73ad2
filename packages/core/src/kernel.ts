import { resolve } from 'node:path';
import { findSecrets, Redactor } from '@ship/redact';
import { registerOwn } from './builtins/register.js';
import type { Diagnostics, PositionOf } from './diagnostics.js';
import { createHooks, guardHooks, type Hooks } from './hooks.js';
import { checkPlan } from './plan.js';
import { openStore, Registry } from './plugins/registry.js';
import { MemoryStore } from './store/memory.js';
import { Spool, SpoolingStore } from './store/spool.js';
import { sharedFolder, stateFolder } from './store/state-folder.js';
import { objectsIn } from './store/values.js';
import { ChosenStore, FencedStore } from './store/wrappers.js';
import type { Config, DecisionOption, Executor, FailureContext, InterventionGuide, Logger, SchemaChecker, Store } from './types/index.js';

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

/** What a kernel is made with, besides its config and its plugins. */
export interface KernelSettings {
  /** What checks inputs of steps and checks against the schemas of plugins. */
  readonly checker: SchemaChecker;
  /** What secrets are read from; that of the process when absent. */
  readonly env?: NodeJS.ProcessEnv;
  /** Flags that decide about a rollback. */
  readonly flags?: FailureContext['flags'];
  /** `--force-rollback`: warnings of an admission do not refuse. */
  readonly forceRollback?: boolean;
  /** `--yes`: every question beforehand is answered with yes. */
  readonly yes?: boolean;
  /** `--lock-wait`: how long a run waits for the lease of its environment; not at all when absent. */
  readonly lockWaitMs?: number;
  /** What executes commands on this machine, by the name `local`; nothing when absent. */
  readonly local?: Executor;
  /** Who can be asked; nobody when absent. */
  readonly interaction?: Interaction;
  /** `--without-journal`: everything stays in memory, for a store that cannot be used. */
  readonly withoutJournal?: boolean;
  /** Another store than the one that the config chooses. */
  readonly store?: Store;
  /** Hears of the programs that are started before a run, or without one, such as by a preview. */
  readonly announce?: (program: string) => void;
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
  /** Hears of each program that is started outside a run. */
  announce(program: string): void;
  /** What `source` says, as events. Redacted. */
  log(source: string): Logger;
}

/** A kernel that waits for its plugins, and for the store that one of them may bring. */
export type KernelDraft = ReturnType<typeof draftKernel>;

/** Makes the hooks and the registry that plugins are applied to. Nothing is touched. */
export function draftKernel(settings: KernelSettings, config: Config, positionOf: PositionOf, diagnostics: Diagnostics) {
  const hooks = createHooks();
  const redactor = new Redactor(findSecrets(settings.env ?? process.env, config.secrets));
  const draft = {
    stateDir: stateFolder(config.dir, config.project),
    state: new ChosenStore(),
    given: settings.store,
    positionOf,
    diagnostics,
    hooks,
    registry: new Registry(),
    checker: settings.checker,
    redactor,
    flags: settings.flags ?? {},
    forceRollback: settings.forceRollback ?? false,
    yes: settings.yes ?? false,
    lockWaitMs: settings.lockWaitMs ?? 0,
    interaction: settings.interaction ?? {},
    announce: settings.announce ?? (() => {}),
    withoutJournal: settings.store === undefined && settings.withoutJournal === true,
    tapErrors: [] as Error[],
    log: (source: string) => eventLogger(hooks, redactor, source),
    redact: <T>(value: T) => redactor.redactDeep(value),
  };
  guardHooks(hooks, (error) => draft.tapErrors.push(error));
  registerOwn(
    draft.registry,
    objectsIn(draft.state, () => draft.registry.encryption),
    settings.local,
  );
  return draft;
}

/** Opens the store. Throws all mistakes where the config chooses one that is not there. `offers`: plugins that could be switched on. */
export async function finishKernel({ state, given, ...draft }: KernelDraft, config: Config, offers: readonly string[]): Promise<Kernel> {
  const { registry, stateDir, withoutJournal } = draft;
  const options = { project: config.project, stateDir };
  const chosen = given ?? (withoutJournal ? new MemoryStore() : await openStore(registry, config.store, options));
  if (chosen === undefined) {
    await checkPlan({ ...draft, config, offers });
    throw draft.diagnostics.toError();
  }
  // Beside the state, which may not be written to; one for each project, as the state is.
  const isShared = stateDir === sharedFolder(config.dir);
  const spool = new Spool(resolve(config.dir, isShared ? '.speckit-spool' : `.speckit-spool.${config.project}`));
  const store = new FencedStore(new SpoolingStore(chosen, spool));
  state.choose(store);
  return { ...draft, config, store, spool, offers };
}

function eventLogger({ event }: Hooks, redactor: Redactor, source: string): Logger {
  const log = (level: 'debug' | 'info' | 'warn') => (message: string) => {
    if (event.isUsed()) event.call({ type: 'log', level, message: redactor.redact(message), source });
  };
  return { debug: log('debug'), info: log('info'), warn: log('warn') };
}
