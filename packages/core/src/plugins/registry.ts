import { errors } from '../errors/catalogue.js';
import type {
  AnyAction,
  AnyCheck,
  AnyDriver,
  AnySnapshotPart,
  Channel,
  Command,
  Condition,
  Examination,
  JsonSchema,
  Remover,
  Router,
  Seal,
  StoreFactory,
  Strategy,
} from '../types/index.js';
import type { SnapshotProvider } from './define.js';

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
  readonly checks = new Table<AnyCheck>('check');
  readonly conditions = new Table<Condition>('condition');
  readonly channels = new Table<Channel>('channel');
  readonly commands = new Table<Command>('command');
  readonly sections = new Table<JsonSchema>('section');
  readonly plugins: LoadedPlugin[] = [];
  readonly examinations = new Table<Examination>('examination');
  snapshots: SnapshotProvider | undefined;
  seal: Seal | undefined;
}
