import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryStore, type Plugin, type Report, type ShipEvent } from '@ship/core';
import { type BuiltinPlugins, type Kernel, type KernelOptions, openKernel, run } from '@ship/core/kernel';
import { localExecutor } from '@ship/exec';
import { temporaryFolder } from './temporary.js';

/** What a harness may be given. */
export interface HarnessOptions extends Partial<Omit<KernelOptions, 'cwd' | 'builtins'>> {
  /** The text of ship.yaml, without `version` and `project`. */
  readonly config: string;
  /** Plugins under test, used by their names. */
  // biome-ignore lint/suspicious/noExplicitAny: plugins have options of their own
  readonly plugins?: readonly Plugin<any>[];
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
export async function harness({ config, plugins = [], ...options }: HarnessOptions): Promise<Harness> {
  const folder = temporaryFolder();
  const named = plugins.map(({ name }) => name).join(', ');
  const file = join(folder, 'ship.yaml');
  writeFileSync(file, `version: 1\nproject: test\nplugins: [${named}]\n${config}\n`);
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
