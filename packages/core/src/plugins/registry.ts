import { inTime, PLUGIN_DEADLINE_MS } from '../deadline.js';
import { errors } from '../errors/catalogue.js';
import { isShipError, messageOf } from '../errors/ship-error.js';
import { findCycles } from '../graph.js';
import { type Hooks, pluginHooks } from '../hooks.js';
import { objectsIn } from '../store/values.js';
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
  const refuse = (problem: string): never => {
    throw errors.SHIP_PLUGIN_CONTRACT({ plugin, problem });
  };
  const named = (name: string) =>
    typeof name === 'string' && NAME.test(name) ? name : refuse(`${JSON.stringify(name)} is not a name ([a-z0-9_-])`);
  /** Registers things that have these methods, and in which `check` finds nothing wrong. */
  const registrar =
    <T extends object>(table: Table<T>, methods: readonly string[], { prefix = '', check = (_name: string, _value: T) => {} } = {}) =>
    (name: string, value: T) => {
      const what = `${table.kind} ${named(name)}`;
      const missing = methods.find((method) => typeof (value as Record<string, unknown> | null | undefined)?.[method] !== 'function');
      if (missing !== undefined) refuse(`${what} has no ${missing}()`);
      check(name, value);
      table.add(`${prefix}${name}`, value, plugin);
    };
  const own = { prefix: `${plugin}/` };
  const part = registrar(registry.parts, ['capture', 'restore'], { check: (name, value) => checkPart(name, value, refuse) });
  const taken = (kind: string, name: string) => errors.SHIP_PLUGIN_NAME_TAKEN({ kind, name, plugin, owner: 'another plugin' });
  return Object.freeze<PluginScope>({
    name: plugin,
    project: config.project,
    hooks: pluginHooks(hooks, plugin),
    log: log(plugin),
    state,
    objects: objectsIn(state, () => registry.encryption),
    action: registrar(registry.actions, ['run'], own),
    driver: registrar(registry.drivers, ['describe', 'deploy', 'restore']),
    router: registrar(registry.routers, ['weights', 'shift', 'healthy']),
    store: registrar(registry.stores, [], {
      check: (name, factory) => typeof factory === 'function' || refuse(`store ${name} is not a function that makes one`),
    }),
    executor: registrar(registry.executors, ['exec']),
    strategy: registrar(registry.strategies, ['applies', 'rollback'], {
      check: (name, { way }) => WAYS.includes(way) || refuse(`strategy ${name} has the way ${JSON.stringify(way)}, not ${WAYS.join(', ')}`),
    }),
    part(name, value) {
      part(name, value);
      const [cycle] = findCycles(new Map(registry.parts.entries().map(([each, { after = [] }]) => [each, after])));
      if (cycle) throw errors.SHIP_PART_CYCLE({ plugin, cycle });
    },
    resource: registrar(registry.removers, ['remove']),
    check: registrar(registry.checks, ['run']),
    condition: registrar(registry.conditions, ['holds']),
    channel: registrar(registry.channels, ['send']),
    channels: { names: () => registry.channels.names(), get: (name) => registry.channels.get(name) },
    emit(name, data, message) {
      if (!hooks.event.isUsed()) return;
      hooks.event.call(redact({ type: `${plugin}/${named(name)}`, data, ...(message === undefined ? {} : { message }) }));
    },
    command: registrar(registry.commands, ['run']),
    snapshots(provider) {
      if (registry.snapshots) throw taken('provider', 'snapshots');
      registry.snapshots = provider;
    },
    encryption(encryption) {
      if (registry.encryption) throw taken('encryption', 'objects');
      registry.encryption = encryption;
    },
    examination: registrar(registry.examinations, ['examine'], own),
    section: (name) => config.sections[name],
  });
}

/** The files of a part are called like it, and so are these. */
const NOT_PARTS = ['snapshot', 'config'];

function checkPart(name: string, { after = [] }: AnySnapshotPart, refuse: (problem: string) => never): void {
  if (NOT_PARTS.includes(name)) refuse(`part ${name} would lie where the snapshot itself does`);
  const isList = Array.isArray(after) && after.every((other) => typeof other === 'string');
  if (!isList) refuse(`part ${name} has an \`after\` that is no list of names`);
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
