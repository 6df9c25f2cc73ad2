import { checkSections, type DraftConfig, invalid, suggest } from './config/index.js';
import type { ShipError } from './errors/ship-error.js';
import type { Hooks } from './hooks.js';
import { type PlanParts, planMistakes } from './plan.js';
import { type PluginsLoaded, pluginsError } from './plugins/load.js';

type Parts = Omit<PlanParts, 'config' | 'mistakes'> & {
  readonly hooks: Hooks;
  /** The config is as the plugins want it. */
  readonly isFinal: boolean;
};

/**
 * Everything that can be told of a config that cannot be used, as one error: its own mistakes, those of its plugins,
 * and those that a plan would tell, so that nobody mends them in rounds.
 */
export async function allMistakes(draft: DraftConfig, loaded: PluginsLoaded, parts: Parts): Promise<ShipError> {
  const { config, told, shown, mistakes } = draft;
  const missing = loaded.missing || told.below(['plugins']);
  const complete = !missing && loaded.unusable.size === 0;
  const sections = checkSections(config, parts.registry.sections.names(), parts.positionOf, !missing);
  const isLost = (kind: string, name: string, known: readonly string[]) =>
    !complete && (kind === 'action' ? isActionLost(name, loaded, missing, parts) : !isSlip(name, known));
  // A plugin may make another config of this one before it is planned: nobody knows which.
  const mayChange = parts.hooks.config.taps.length > 0 && !parts.isFinal;
  const found = mayChange ? sections : await planMistakes({ ...parts, config, mistakes: sections }, { told, isLost });
  if (mistakes.length + found.length === 0) return pluginsError(loaded.mistakes);
  return invalid(shown, [...mistakes, ...loaded.mistakes, ...found]);
}

/** Nearly the name of something that is there. Short names are near to each other by chance. */
const isSlip = (name: string, known: readonly string[]): boolean => name.length > 4 && suggest(name, known) !== undefined;

/** The name of an action tells whose it is. */
function isActionLost(name: string, { unusable }: PluginsLoaded, missing: boolean, { registry }: Parts): boolean {
  const [plugin = ''] = name.split('/');
  return unusable.has(plugin) || (missing && !registry.plugins.some((usable) => usable.name === plugin));
}
