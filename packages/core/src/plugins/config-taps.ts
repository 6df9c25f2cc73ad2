import { answeredProblem, deepFreeze } from '../config/index.js';
import { errors } from '../errors/catalogue.js';
import type { Hooks } from '../hooks.js';
import type { Config } from '../types/index.js';

/** The config as the plugins want it. Each is held to what it answers, so that the one that answered nonsense is named. */
export async function tappedConfig({ config: hook }: Hooks, given: Config): Promise<Config> {
  if (hook.taps.length === 0) return given;
  hook.intercept({ register: (tap) => ({ ...tap, type: 'promise', fn: checked(tap.plugin ?? tap.name, promised(tap)) }) });
  return deepFreeze(await hook.promise(given));
}

type Tap = (config: Config) => Promise<unknown>;

/** A tap as a function that resolves to its answer, whichever way it was tapped. */
function promised({ type, fn }: Hooks['config']['taps'][number]): Tap {
  if (type !== 'async') return async (config) => fn(config);
  return (config) =>
    new Promise((resolve, reject) => fn(config, (error: unknown, answer: unknown) => (error ? reject(error) : resolve(answer))));
}

const checked = (plugin: string, tap: Tap) => async (config: Config) => {
  const answer = await tap(config);
  const problem = answer === undefined ? undefined : answeredProblem(answer, config);
  if (problem !== undefined) throw errors.SHIP_PLUGIN_CONFIG({ plugin, problem });
  return answer;
};
