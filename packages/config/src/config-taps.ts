import type { Config } from '@ship/core';
import { findCycles, type Hooks, needsOf } from '@ship/core/kernel';
import { errors } from './errors.js';
import { type Dict, deepFreeze, isDict } from './paths.js';
import { kindOf } from './values.js';

/** The config as the plugins want it. What each returns is checked, so that the one that returned no config is named. */
export async function tappedConfig({ config: hook }: Hooks, given: Config): Promise<Config> {
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
