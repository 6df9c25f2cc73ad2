import type { Config } from '@ship/core';
import {
  checkPlan,
  draftKernel,
  findCycles,
  finishKernel,
  type Hooks,
  type Kernel,
  type KernelSettings,
  needsOf,
  sharedFolder,
} from '@ship/core/kernel';
import { errors } from './errors.js';
import type { ConfigOverrides } from './layers.js';
import { draftConfig } from './load.js';
import { checkSections } from './normalize.js';
import { type BuiltinPlugins, type ImportModule, loadPlugins } from './plugins.js';
import { checkStateFolder } from './read.js';
import { JsonSchemaChecker } from './schema.js';
import { type Dict, deepFreeze, isDict, kindOf } from './values.js';

/** What opens a kernel: where its config is, where its plugins come from, and how it runs. */
export interface OpenOptions extends Omit<KernelSettings, 'checker'> {
  /** Where the config is looked for, upwards. */
  readonly cwd: string;
  /** `--config`; found upwards from `cwd` when absent. */
  readonly file?: string;
  /** What `${NAME}` and `SHIP_*` are read from; that of the process when absent. */
  readonly env?: NodeJS.ProcessEnv;
  /** What flags put over the config. */
  readonly overrides?: ConfigOverrides;
  /** Variables of what is deployed need not be set, until a plan demands them: for who looks, or goes back. */
  readonly lenient?: boolean;
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
  const draft = draftKernel({ ...options, checker: new JsonSchemaChecker() }, read, positionOf, diagnostics);
  const { hooks, registry, stateDir } = draft;
  if (diagnostics.isEmpty) for (const folder of new Set([sharedFolder(read.dir), stateDir])) checkStateFolder(folder, env);
  await loadPlugins({ ...draft, config: read, builtins, defaults, importModule, dir: read.dir, env });
  const offers = Object.keys(builtins).filter((name) => !registry.plugins.some((plugin) => plugin.name === name));
  const isSound = diagnostics.isEmpty;
  checkSections(read, registry.sections.names(), positionOf, diagnostics);
  if (!isSound) {
    // A plugin may make another config of this one before it is planned: nobody knows which.
    if (hooks.config.taps.length === 0) await checkPlan({ ...draft, config: read, offers });
    throw diagnostics.toError();
  }
  return finishKernel(draft, await tappedConfig(hooks, read), offers);
}

/** The config as the plugins want it. What each returns is checked, so that the one that returned no config is named. */
async function tappedConfig({ config: hook }: Hooks, given: Config): Promise<Config> {
  if (hook.taps.length === 0) return given;
  hook.intercept({ register: (tap) => ({ ...tap, fn: checked(tap.plugin ?? tap.name, tap.fn as GuardedTap) }) });
  return deepFreeze(await hook.promise(given));
}

/** Whichever way it was tapped. */
type GuardedTap = (config: Config) => Promise<unknown>;

const checked = (plugin: string, tap: GuardedTap) => async (config: Config) => {
  const answer = await tap(config);
  const problem = answer === undefined ? undefined : configProblem(answer, config);
  if (problem !== undefined) throw errors.SHIP_PLUGIN_CONFIG({ plugin, problem }, { source: `${plugin}/config` });
  return answer;
};

/** What each part of a config has in any case, by kind. */
const STEP = { id: 'text', uses: 'text', with: 'a map' };
const COMPONENT = { name: 'text', driver: 'text', version: 'text', depends_on: 'a list', settings: 'a map' };
const CHECK = { name: 'text', kind: 'text', with: 'a map', retry: 'a map' };

/** What is wrong with the config that a plugin made of `given`; undefined where it is one. */
function configProblem(answer: unknown, given: Config): string | undefined {
  if (!isDict(answer)) return `it is ${kindOf(answer)}`;
  const kinds = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, kindOf(value)]));
  return shapeProblem('', answer, kinds) ?? partsProblem(answer as unknown as Config);
}

function partsProblem({ steps, components, verify }: Config): string | undefined {
  const suites = Object.entries(verify);
  const problems = [
    ...steps.map((step, index) => shapeProblem(`steps[${index}]`, step, STEP)),
    ...Object.entries(components).map(([name, component]) => shapeProblem(`components.${name}`, component, COMPONENT)),
    ...suites.map(([suite, checks]) => (Array.isArray(checks) ? undefined : `\`verify.${suite}\` is ${kindOf(checks)}`)),
    ...suites.flatMap(([suite, checks]) => [checks].flat().map((check, index) => shapeProblem(`verify.${suite}[${index}]`, check, CHECK))),
  ];
  return problems.find((problem) => problem !== undefined) ?? orderProblem(steps);
}

/** A step that needs one that does not exist, or itself, would wait for ever. */
function orderProblem(steps: Config['steps']): string | undefined {
  const ids = steps.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  if (twice !== undefined) return `two steps are ${twice}`;
  for (const { id, needs = [] } of steps) {
    const missing = needs.find((need) => !ids.includes(need));
    if (missing !== undefined) return `step ${id} needs ${missing}, which there is not`;
  }
  const [cycle] = findCycles(new Map(steps.map(({ id }, index) => [id, needsOf(steps, index)])));
  return cycle && `steps wait for each other: ${cycle.join(' -> ')}`;
}

function shapeProblem(path: string, value: unknown, kinds: Readonly<Record<string, string>>): string | undefined {
  if (!isDict(value)) return `\`${path}\` is ${kindOf(value)}, not a map`;
  const wrong = Object.keys(kinds).find((key) => kindOf((value as Dict)[key]) !== kinds[key]);
  if (wrong === undefined) return undefined;
  return `\`${path === '' ? wrong : `${path}.${wrong}`}\` is ${kindOf(value[wrong])}, not ${kinds[wrong]}`;
}
