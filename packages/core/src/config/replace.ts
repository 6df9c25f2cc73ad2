import { errors } from '../errors/catalogue.js';
import { interpolate, type VariableProblem } from './interpolate.js';
import type { Mistakes } from './mistakes.js';
import { type Dict, formatPath, isDict } from './paths.js';
import { showText } from './show.js';
import type { Source } from './source.js';

type Variables = Readonly<Record<string, string | undefined>>;

/** Replaces the variables of a config. Environments that were not chosen stay as they are: their variables need not be set. */
export function replaceAll(source: Source, mistakes: Mistakes, env: Variables, environment: string): Dict {
  const { environments, ...rest } = source.value as Dict;
  const problem = (found: VariableProblem) => addProblem(source, mistakes, found);
  const replaced = interpolate(rest, env, problem) as Dict;
  if (!isDict(environments)) return environments === undefined ? replaced : { ...replaced, environments };
  const blocks = Object.entries(environments).map(([name, block]) => {
    return [name, name === environment ? interpolate(block, env, problem, ['environments', name]) : block];
  });
  return { ...replaced, environments: Object.fromEntries(blocks) };
}

function addProblem(source: Source, mistakes: Mistakes, found: VariableProblem): void {
  const { path } = found;
  const extras = { at: source.position(path) };
  const shown = formatPath(path);
  // Broken: what else would be said about the value would be about a text that nobody meant.
  if ('unset' in found) mistakes.addBroken(path, errors.SHIP_CONFIG_UNSET_VARIABLE({ path: shown, name: found.unset }, extras));
  else mistakes.addBroken(path, errors.SHIP_CONFIG_INTERPOLATION({ path: shown, value: showText(found.malformed) }, extras));
}
