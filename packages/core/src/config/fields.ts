import { errors } from '../errors/catalogue.js';
import type { FailureType, RetryConfig } from '../types/index.js';
import { durationProblem, parseDuration } from './duration.js';
import { choice, nameProblem } from './names.js';
import type { Dict, Path } from './paths.js';
import type { Scope } from './scope.js';

/** The milliseconds of an optional duration; the fallback where there is none, or where it is wrong and told. */
export function readDuration<T>(scope: Scope, path: Path, value: unknown, fallback: T, options = { zero: false }): number | T {
  if (value === undefined || scope.isBroken(path)) return fallback;
  const problem = durationProblem(value, options);
  if (problem === undefined) return parseDuration(value as string) ?? fallback;
  scope.add(path, (place) => errors.SHIP_CONFIG_DURATION({ ...place, ...problem }, place.extras));
  return fallback;
}

const SECOND = 1000;

/** Retries as a step or a check states them. */
export function readRetry(scope: Scope, path: Path, value: Dict): RetryConfig {
  const delay = readDuration(scope, [...path, 'delay'], value.delay, SECOND, { zero: true });
  const longest = readDuration(scope, [...path, 'max_delay'], value.max_delay, Math.max(30 * SECOND, delay), { zero: true });
  if (longest < delay) {
    const details = { reason: 'is shorter than the delay before the first retry', hint: 'Make `max_delay` at least as long as `delay`.' };
    scope.add([...path, 'max_delay'], (place) => errors.SHIP_CONFIG_DURATION({ ...place, ...details }, place.extras));
  }
  const on = value.on as readonly FailureType[] | undefined;
  return { times: Number(value.times ?? 0), ...(on && { on }), delay_ms: delay, max_delay_ms: longest };
}

/** Adds a mistake where a name of the config is none that a tool may be given. */
export function checkName(scope: Scope, path: Path, name: string): void {
  const reason = nameProblem(name);
  if (reason === undefined) return;
  const value = JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
  scope.add(path, (place) => errors.SHIP_CONFIG_NAME({ ...place, value, reason }, place.extras), 'key');
}

/** A name and where it stands. */
export interface Named {
  readonly name: string;
  readonly path: Path;
}

/** Adds a mistake for each name that is taken already, or differs from one in case alone. */
export function checkSameNames(scope: Scope, names: readonly Named[], part: 'key' | 'value'): void {
  const seen = new Map<string, Named>();
  for (const named of names) {
    const first = seen.get(named.name.toLowerCase());
    if (first === undefined) seen.set(named.name.toLowerCase(), named);
    else addSameName(scope, named, first, part);
  }
}

function addSameName(scope: Scope, { name, path }: Named, first: Named, part: 'key' | 'value'): void {
  const onlyCase = name !== first.name;
  const other = onlyCase ? JSON.stringify(first.name) : scope.place(first.path).path;
  scope.add(path, (place) => errors.SHIP_CONFIG_SAME_NAME({ ...place, value: JSON.stringify(name), other, onlyCase }, place.extras), part);
}

/** Adds a mistake where a word names none of the known things. */
export function checkReference(scope: Scope, path: Path, word: string, what: string, known: readonly string[]): void {
  if (known.includes(word) || scope.isBroken(path)) return;
  scope.add(path, (place) => errors.SHIP_CONFIG_UNKNOWN_REFERENCE({ ...place, what, ...choice(word, known) }, place.extras));
}
