import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuiltinPlugins, type OpenOptions, openKernel } from '@ship/config';
import { type JsonObject, MemoryStore, type Plugin, type Report, type ShipEvent } from '@ship/core';
import { type Kernel, run } from '@ship/core/kernel';
import { localExecutor } from '@ship/exec';
import { temporaryFolder } from './temporary.js';

/** What a harness may be given. */
export interface HarnessOptions extends Partial<Omit<OpenOptions, 'cwd' | 'builtins'>> {
  /** The text of ship.yaml, without `version`, `project` and `plugins`. */
  readonly config: string;
  /** The folder of the config. Absent: a new one. */
  readonly folder?: string;
  /** Plugins under test, used by their names. */
  // biome-ignore lint/suspicious/noExplicitAny: plugins have options of their own
  readonly plugins?: readonly Plugin<any>[];
  /** Their options, by the name of the plugin. */
  readonly options?: Readonly<Record<string, JsonObject>>;
}

/** A kernel over a temporary folder and a store in memory, with all its events. */
export interface Harness {
  readonly kernel: Kernel;
  readonly folder: string;
  readonly store: MemoryStore;
  readonly events: readonly ShipEvent[];
  /** Deploys. */
  run(signal?: AbortSignal): Promise<Report>;
}

/** Opens a kernel for a test: nothing but the plugins that are given, and no process. */
export async function harness({ config, plugins = [], options: pluginOptions = {}, ...options }: HarnessOptions): Promise<Harness> {
  const folder = options.folder ?? temporaryFolder();
  const named = plugins.map(({ name }) => (pluginOptions[name] ? { [name]: pluginOptions[name] } : name));
  const file = join(folder, 'ship.yaml');
  writeFileSync(file, `version: 1\nproject: test\nplugins: ${JSON.stringify(named)}\n${config}\n`);
  const store = (options.store as MemoryStore | undefined) ?? new MemoryStore();
  const builtins: BuiltinPlugins = Object.fromEntries(
    plugins.map((plugin) => [plugin.name, async () => ({ default: plugin as Plugin<never> })]),
  );
  const kernel = await openKernel({
    cwd: folder,
    file,
    env: {},
    local: localExecutor,
    runAction: 'shell/run',
    ...options,
    store,
    builtins,
  });
  const events: ShipEvent[] = [];
  kernel.hooks.event.tap('harness', (event) => {
    events.push(event);
  });
  return { kernel, folder, store, events, run: (signal) => run(kernel, { command: 'ship', ...(signal ? { signal } : {}) }) };
}
