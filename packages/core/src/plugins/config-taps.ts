import { answeredProblem, deepFreeze } from '../config/index.js';
import { errors } from '../errors/catalogue.js';
import type { Hooks } from '../hooks.js';
import type { Config } from '../types/index.js';

/** The config as the plugins want it. Each is held to what it answers, so that the one that answered nonsense is named. */
export async function tappedConfig({ config: hook }: Hooks, given: Config): Promise<Config> {
  if (hook.taps.length === 0) return given;
  hook.intercept({ register: (tap) => ({ ...tap, fn: checked(tap.plugin ?? tap.name, tap.fn as GuardedTap) }) });
  return deepFreeze(await hook.promise(given));
}

/** Whichever way it was tapped. */
type GuardedTap = (config: Config) => Promise<unknown>;

const checked = (plugin: string, tap: GuardedTap) => async (config: Config) => {
  const answer = await tap(config);
  const problem = answer === undefined ? undefined : answeredProblem(answer, config);
  if (problem !== undefined) throw errors.SHIP_PLUGIN_CONFIG({ plugin, problem }, { source: `${plugin}/config` });
  return answer;
};
