import { inTime, PLUGIN_DEADLINE_MS } from '../deadline.js';
import { errors } from '../errors/catalogue.js';
import { isShipError, messageOf } from '../errors/ship-error.js';
import { findCycles } from '../graph.js';
import { type Hooks, pluginHooks } from '../hooks.js';
import { objectsIn } from '../store/objects.js';
import {
  type AnyAction,
  type AnyCheck,
  type AnyDriver,
  type AnySnapshotPart,
  type Channel,
  type Command,
  type Condition,
  type Config,
  type Encryption,
  type Examination,
  type Executor,
  type JsonSchema,
  type Logger,
  type Remover,
  type Router,
  type Store,
  type StoreFactory,
  type StoreOptions,
  type Strategy,
  WAYS,
} from '../types/index.js';
import type { PluginScope, SnapshotProvider } from './define.js';

/** Things of one kind by name. A name is taken once. */
export class Table<T> {
  readonly #items = new Map<string, { value: T; plugin: string }>();

  constructor(readonly kind: string) {}

  add(name: string, value: T, plugin: string): void {
    const taken = this.#items.get(name);
    if (taken) throw errors.SHIP_PLUGIN_NAME_TAKEN({ kind: this.kind, name, plugin, owner: taken.plugin });
    this.#items.set(name, { value, plugin });
  }

  get(name: string): T | undefined {
    return this.#items.get(name)?.value;
  }

  ownerOf(name: string): string | undefined {
    return this.#items.get(name)?.plugin;
  }

  values(): T[] {
    return [...this.#items.values()].map(({ value }) => value);
  }

  /** In the order of their registration. */
  entries(): [string, T][] {
    return [...this.#items].map(([name, { value }]) => [name, value]);
  }

  names(): string[] {
    return [...this.#items.keys()].sort();
  }
}

/** A plugin that is loaded. */
export interface LoadedPlugin {
  readonly name: string;
  /** Where it came from: `built in`, or the path of its module. */
  readonly origin: string;
  readonly version?: string;
}

/** All that plugins registered. */
export class Registry {
  readonly actions = new Table<AnyAction>('action');
  readonly drivers = new Table<AnyDriver>('driver');
  readonly routers = new Table<Router>('router');
  readonly strategies = new Table<Strategy>('strategy');
  readonly parts = new Table<AnySnapshotPart>('part');
  readonly removers = new Table<Remover>('resource');
  readonly stores = new Table<StoreFactory>('store');
  readonly executors = new Table<Executor>('executor');
  readonly checks = new Table<AnyCheck>('check');
  readonly conditions = new Table<Condition>('condition');
  readonly channels = new Table<Channel>('channel');
  readonly commands = new Table<Command>('command');
  readonly sections = new Table<JsonSchema>('section');
  readonly plugins: LoadedPlugin[] = [];
  readonly examinations = new Table<Examination>('examination');
  snapshots: SnapshotProvider | undefined;
  encryption: Encryption | undefined;
}

const NAME = /^[a-z0-9][a-z0-9_-]*$/;
/** The files of a part are called like it, and so are these. */
const NOT_PARTS = ['snapshot', 'config'];

/** What the scopes of all plugins share. */
export interface ScopeParts {
  readonly hooks: Hooks;
  readonly registry: Registry;
  readonly state: Store;
  readonly config: Config;
  log(plugin: string): Logger;
  /** Takes secrets out of all texts. */
  redact<T>(value: T): T;
}

/** The scope of one plugin: what it registers bears its name. */
export function createScope(plugin: string, { hooks, registry, state, config, log, redact }: ScopeParts): PluginScope {
  const named = (name: string) => {
    if (typeof name !== 'string' || !NAME.test(name))
      throw errors.SHIP_PLUGIN_CONTRACT({ plugin, problem: `${JSON.stringify(name)} is not a name ([a-z0-9_-])` });
    return name;
  };
  const demand = (value: object, what: string, method: string) => {
    const found = (value as Record<string, unknown> | null | undefined)?.[method];
    if (typeof found !== 'function') throw errors.SHIP_PLUGIN_CONTRACT({ plugin, problem: `${what} has no ${method}()` });
  };
  return Object.freeze<PluginScope>({
    name: plugin,
    project: config.project,
    hooks: pluginHooks(hooks, plugin),
    log: log(plugin),
    state,
    objects: objectsIn(state, () => registry.encryption),
    action(name, action) {
      demand(action, `action ${named(name)}`, 'run');
      registry.actions.add(`${plugin}/${name}`, action, plugin);
    },
    driver(name, driver) {
      for (const method of ['describe', 'deploy', 'restore']) demand(driver, `driver ${named(name)}`, method);
      registry.drivers.add(name, driver, plugin);
    },
    router(name, router) {
      for (const method of ['weights', 'shift', 'healthy']) demand(router, `router ${named(name)}`, method);
      registry.routers.add(name, router, plugin);
    },
    store(name, factory) {
      if (typeof factory !== 'function')
        throw errors.SHIP_PLUGIN_CONTRACT({ plugin, problem: `store ${named(name)} is not a function that makes one` });
      registry.stores.add(named(name), factory, plugin);
    },
    executor(name, executor) {
      demand(executor, `executor ${named(name)}`, 'exec');
      registry.executors.add(name, executor, plugin);
    },
    strategy(name, strategy) {
      for (const method of ['applies', 'rollback']) demand(strategy, `strategy ${named(name)}`, method);
      if (!WAYS.includes(strategy.way))
        throw errors.SHIP_PLUGIN_CONTRACT({
          plugin,
          problem: `strategy ${name} has the way ${JSON.stringify(strategy.way)}, not ${WAYS.join(', ')}`,
        });
      registry.strategies.add(named(name), strategy, plugin);
    },
    part(name, part) {
      for (const method of ['capture', 'restore']) demand(part, `part ${named(name)}`, method);
      if (NOT_PARTS.includes(name))
        throw errors.SHIP_PLUGIN_CONTRACT({ plugin, problem: `part ${name} would lie where the snapshot itself does` });
      const { after = [] } = part;
      if (!Array.isArray(after) || !after.every((other) => typeof other === 'string'))
        throw errors.SHIP_PLUGIN_CONTRACT({ plugin, problem: `part ${name} has an \`after\` that is no list of names` });
      registry.parts.add(name, part, plugin);
      const [cycle] = findCycles(new Map(registry.parts.entries().map(([each, { after: others = [] }]) => [each, others])));
      if (cycle) throw errors.SHIP_PART_CYCLE({ plugin, cycle });
    },
    resource(type, remover) {
      demand(remover, `resource ${named(type)}`, 'remove');
      registry.removers.add(type, remover, plugin);
    },
    check(name, check) {
      demand(check, `check ${named(name)}`, 'run');
      registry.checks.add(name, check, plugin);
    },
    condition(name, condition) {
      demand(condition, `condition ${named(name)}`, 'holds');
      registry.conditions.add(name, condition, plugin);
    },
    channel(name, channel) {
      demand(channel, `channel ${named(name)}`, 'send');
      registry.channels.add(name, channel, plugin);
    },
    channels: { names: () => registry.channels.names(), get: (name) => registry.channels.get(name) },
    emit(name, data, message) {
      if (!hooks.event.isUsed()) return;
      hooks.event.call(redact({ type: `${plugin}/${named(name)}`, data, ...(message === undefined ? {} : { message }) }));
    },
    command(name, command) {
      demand(command, `command ${named(name)}`, 'run');
      registry.commands.add(name, command, plugin);
    },
    snapshots(provider) {
      if (registry.snapshots) throw errors.SHIP_PLUGIN_NAME_TAKEN({ kind: 'provider', name: 'snapshots', plugin, owner: 'another plugin' });
      registry.snapshots = provider;
    },
    encryption(encryption) {
      if (registry.encryption)
        throw errors.SHIP_PLUGIN_NAME_TAKEN({ kind: 'encryption', name: 'objects', plugin, owner: 'another plugin' });
      registry.encryption = encryption;
    },
    examination(name, examination) {
      demand(examination, `examination ${named(name)}`, 'examine');
      registry.examinations.add(`${plugin}/${name}`, examination, plugin);
    },
    section: (name) => config.sections[name],
  });
}

const METHODS = ['get', 'put', 'appender', 'list', 'remove', 'lease', 'leaseOwner', 'freeLease'] as const;

/** The store of a name; undefined where no plugin brings it. Throws SHIP_STORE_UNUSABLE where it cannot be made. */
export async function openStore({ stores }: Registry, name: string, options: StoreOptions): Promise<Store | undefined> {
  const make = stores.get(name);
  if (make === undefined) return undefined;
  const unusable = (reason: string, cause?: unknown) =>
    errors.SHIP_STORE_UNUSABLE({ name, plugin: stores.ownerOf(name)!, reason }, { cause });
  try {
    const store = await inTime(
      () => make(options),
      () => unusable(`it was not made within ${PLUGIN_DEADLINE_MS / 1000} s`),
    );
    const missing = METHODS.find((method) => typeof store?.[method] !== 'function');
    if (missing !== undefined) throw unusable(`it has no ${missing}()`);
    if (typeof store.flags?.leases !== 'boolean') throw unusable('it does not say in `flags` whether it has leases');
    return store;
  } catch (error) {
    throw isShipError(error) ? error : unusable(messageOf(error), error);
  }
}
