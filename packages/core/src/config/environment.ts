import { errors } from '../errors/catalogue.js';
import { interpolate } from './interpolate.js';
import type { Mistakes } from './mistakes.js';
import { choice } from './names.js';
import { type Dict, getAt, isDict } from './paths.js';
import { showText, showValue } from './show.js';
import type { Source } from './source.js';

type Variables = Readonly<Record<string, string | undefined>>;

/** The name of the environment where the config has none. */
const ONLY = 'default';

/** Chooses the environment: the one asked for, the only one, or the default one. Throws where that is unclear. */
export function chooseEnvironment(source: Source, mistakes: Mistakes, env: Variables, asked: string | undefined): string {
  const blocks = getAt(source.value, ['environments']);
  const known = isDict(blocks) && Object.keys(blocks).length > 0 ? Object.keys(blocks) : [ONLY];
  if (asked !== undefined) return known.includes(asked) ? asked : unknown(asked, showText(asked), known);
  const variable = env.SHIP_ENV || undefined;
  if (variable !== undefined) return known.includes(variable) ? variable : unknown(variable, 'of the name in SHIP_ENV', known);
  const preset = defaultEnvironment(source, mistakes, env, known);
  if (preset !== undefined) return preset;
  if (known.length === 1) return known[0]!;
  throw errors.SHIP_ENVIRONMENT_UNCLEAR({ known }, { at: source.position(['environments'], 'key') });
}

function unknown(word: string, value: string, known: readonly string[]): never {
  throw errors.SHIP_ENVIRONMENT_UNKNOWN({ value, ...choice(word, known) });
}

function defaultEnvironment(source: Source, mistakes: Mistakes, env: Variables, known: readonly string[]): string | undefined {
  const path = ['default_environment'];
  const raw = (source.value as Dict).default_environment;
  if (typeof raw !== 'string') return undefined;
  let broken = false;
  const preset = String(interpolate(raw, env, () => (broken = true), path));
  // A broken variable is told where all variables are replaced.
  if (broken) return known[0];
  if (known.includes(preset)) return preset;
  const details = { path: 'default_environment', value: showValue(source, path, raw), what: 'environment', ...choice(raw, known) };
  mistakes.add(errors.SHIP_CONFIG_UNKNOWN_REFERENCE(details, { at: source.position(path) }));
  return known[0];
}
