import type { PluginHooks } from '../hooks.js';
import type {
  AnyAction,
  AnyCheck,
  AnyDriver,
  AnySnapshotPart,
  Channel,
  Command,
  Condition,
  Encryption,
  Examination,
  Executor,
  Json,
  JsonObject,
  JsonSchema,
  Logger,
  Objects,
  Page,
  Remover,
  Router,
  Snapshot,
  Store,
  StoreFactory,
  Strategy,
} from '../types/index.js';

/** Where the kernel finds snapshots. The `snapshots` plugin provides it. */
export interface SnapshotProvider {
  /** The last verified one of the environment, or the last one that is accepted; null where there is none. */
  latest(environment: string, accepts?: (snapshot: Snapshot) => boolean): Promise<Snapshot | null>;
  /** By id or unique prefix. Throws where there is none, or more than one, or where it or a file beside it is not what it was. */
  find(environment: string, id: string): Promise<Snapshot>;
  /** Newest first; those that cannot be read are left out. */
  page(environment: string, page: Page): Promise<readonly Snapshot[]>;
  /** The file of a part with that ending, checked and decrypted. */
  readFile(snapshot: Snapshot, part: string, ending: string): Promise<Buffer>;
}

/** What alerts are sent through. */
export interface Channels {
  /** In alphabetical order. */
  names(): readonly string[];
  /** Undefined where no plugin brings it. */
  get(name: string): Channel | undefined;
}

/** What `apply` receives: a scope of the plugin's own. */
export interface PluginScope {
  /** The plugin's name, as in `uses: <name>/<action>`. */
  readonly name: string;
  /** The project of the config. */
  readonly project: string;
  /** Tapped at any time in `apply`; see docs/plugins.md for kinds and arguments. */
  readonly hooks: PluginHooks;
  /** Lines bear the name of the plugin. */
  readonly log: Logger;
  /** What the project keeps, in the store that the config chose. Ready when all plugins are set up, so not yet in `apply`. */
  readonly state: Store;
  /** What captures point at because it is too big, or too secret, for a journal. Ready when `state` is. */
  readonly objects: Objects;
  /** Registers `uses: <plugin>/<name>`. */
  action(name: string, action: AnyAction): void;
  /** Registers `driver: <name>` of components. */
  driver(name: string, driver: AnyDriver): void;
  /** Registers a router, by the name that configs and strategies give it. */
  router(name: string, router: Router): void;
  /** Registers `store: <name>`. */
  store(name: string, factory: StoreFactory): void;
  /** Registers a place where commands run, by the name that `on:` of steps gives it. */
  executor(name: string, executor: Executor): void;
  /** Registers a better way back, for the decision about a failure. */
  strategy(name: string, strategy: Strategy): void;
  /** Registers what belongs in snapshots besides the components, as the part of this name. */
  part(name: string, part: AnySnapshotPart): void;
  /** Registers how resources of a type are taken away in a rollback. */
  resource(type: string, remover: Remover): void;
  /** Registers `{ <name>: argument }` in suites. */
  check(name: string, check: AnyCheck): void;
  /** Registers `when: { <name>: argument }`. */
  condition(name: string, condition: Condition): void;
  /** Registers a place for alerts. */
  channel(name: string, channel: Channel): void;
  /** The places for alerts that all plugins brought. Ready when all are set up, so not yet in `apply`. */
  readonly channels: Channels;
  /** Reports that something happened, as the event `<plugin>/<name>`: to views, logs and whoever taps `event`. */
  emit(name: string, data: Json, message?: string): void;
  /** Registers `ship <name>`. */
  command(name: string, command: Command): void;
  /** Provides snapshots to the kernel; one plugin alone may. */
  snapshots(provider: SnapshotProvider): void;
  /** Encrypts objects from now on; one plugin alone may. */
  encryption(encryption: Encryption): void;
  /** Registers what `ship doctor` looks at for the plugin. */
  examination(name: string, examination: Examination): void;

  /** The plugin's own section of the config, such as `alerts:`; undefined where the config has none. */
  section(name: string): Json | undefined;
}

/** A plugin of `ship`. */
export interface Plugin<Options = JsonObject> {
  /** Lower case, `[a-z0-9-]`. */
  readonly name: string;
  /** The range of the kernel's API, `^1`. */
  readonly ship: string;
  /** Plugins that must be loaded before this one, by name. */
  readonly requires?: readonly string[];
  /** Sections of the config that the plugin owns, beside those of the kernel. */
  readonly sections?: Readonly<Record<string, JsonSchema>>;
  /** Schema of the options in `plugins:`. */
  readonly options?: JsonSchema;
  /** Sets the plugin up: registers and taps, and touches nothing. Has 10 s; what throws is SHIP_PLUGIN_FAILED. */
  apply(ship: PluginScope, options: Options): void | Promise<void>;
}

/** Gives a plugin its types. Returns it as it is. */
export function definePlugin<Options = JsonObject>(plugin: Plugin<Options>): Plugin<Options> {
  return plugin;
}
