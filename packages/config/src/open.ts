import { checkPlan, draftKernel, finishKernel, type Kernel, type KernelSettings } from '@ship/core/kernel';
import { tappedConfig } from './config-taps.js';
import type { ConfigOverrides } from './layers.js';
import { draftConfig } from './load.js';
import { checkSections } from './normalize.js';
import { type BuiltinPlugins, type ImportModule, loadPlugins } from './plugins.js';
import { checkStateFolder } from './read.js';

/** What opens a kernel: where its config is, where its plugins come from, and how it runs. */
export interface OpenOptions extends KernelSettings {
  /** Where the config is looked for, upwards. */
  readonly cwd: string;
  /** `--config`; found upwards from `cwd` when absent. */
  readonly file?: string;
  /** What `${NAME}` and `SHIP_*` are read from; that of the process when absent. */
  readonly env?: NodeJS.ProcessEnv;
  /** What flags put over the config. */
  readonly overrides?: ConfigOverrides;
  /** Plugins that come with the command, by name. */
  readonly builtins?: BuiltinPlugins;
  /** The names of those that are on without being listed. */
  readonly defaults?: readonly string[];
  /** How the module of a plugin is loaded; `import` when absent. */
  readonly importModule?: ImportModule;
  /** The action that `run:` of a step stands for, of a plugin that comes with the command. */
  readonly runAction?: string;
}

/** Reads the config, loads the plugins, opens the store. Nothing is touched. All mistakes come together. */
export async function openKernel(options: OpenOptions): Promise<Kernel> {
  const { builtins = {}, defaults = [], importModule = (url) => import(url), env = process.env } = options;
  const { config: read, positionOf, diagnostics } = await draftConfig({ ...options, env });
  const draft = draftKernel(options, read, positionOf, diagnostics);
  const { hooks, registry, stateDir } = draft;
  if (diagnostics.isEmpty) checkStateFolder(stateDir);
  await loadPlugins({ ...draft, config: read, builtins, defaults, importModule, dir: read.dir });
  const offers = Object.keys(builtins).filter((name) => !registry.plugins.some((plugin) => plugin.name === name));
  const isSound = diagnostics.isEmpty;
  checkSections(read, registry.sections.names(), positionOf, diagnostics);
  if (!isSound) {
    // A plugin may make another config of this one before it is planned: nobody knows which.
    if (hooks.config.taps.length === 0) await checkPlan({ ...draft, config: read, offers });
    throw diagnostics.toError();
  }
  return finishKernel(draft, await tappedConfig(hooks, read), offers, options.store);
}
