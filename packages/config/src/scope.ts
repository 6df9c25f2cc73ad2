import { type ErrorExtras, type FailureType, type Position, parseDuration, type RetryConfig, type ShipError } from '@ship/core';
import { choice, type Diagnostics, type Part, type Path } from '@ship/core/kernel';
import { errors } from './errors.js';
import { isSecretKey, secretKind } from './secrets.js';
import { type Dict, durationProblem, formatPath, getAt, hasAt, isDict, nameProblem, showText } from './values.js';
import type { Source } from './yaml.js';

/** Makes an error of the catalogue. */
type Make<Details> = (details: Details, extras: ErrorExtras) => ShipError;

/** What an error says besides the path and the value, which are known from where it stands; another value may stand in for it. */
type Further<Details> = Omit<Details, 'path' | 'value'> & { readonly value?: string };

/** An error about a value of the file: with its path, the value as it was written, and its position. */
export function mistakeAt<D>(source: Source, path: Path, make: Make<D>, details: Further<D>, part?: Part): ShipError {
  const value = showValue(source, path, getAt(source.value, path));
  return make({ path: formatPath(path), value, ...details } as D, { at: source.position(path, part) });
}

/** The merged config as its source sees it: each path leads to the environment block or to the rest of the file. */
export class Scope {
  constructor(
    readonly source: Source,
    readonly diagnostics: Diagnostics,
    readonly environment: string,
    /** The action that `run:` of a step stands for. */
    readonly runAction: string,
  ) {}

  /** Where in the file a value of the merged config comes from. */
  origin(path: Path): Path {
    const block = ['environments', this.environment, ...path];
    return path[0] !== 'environments' && path.length > 0 && hasAt(this.source.value, block) ? block : path;
  }

  /** Adds a mistake about the value at a path. */
  add<D>(path: Path, make: Make<D>, details: Further<D>, part?: Part): void {
    this.diagnostics.add(mistakeAt(this.source, this.origin(path), make, details, part), path);
  }

  /** A part of the config with its position, which is no part of the data: copies and JSON are without it. */
  positioned<T extends object>(path: Path, target: T): T & { readonly position: Position } {
    return Object.defineProperty(target, 'position', { value: this.source.position(this.origin(path)) }) as T & { position: Position };
  }
}

/** A value as an error shows it: short, and never a secret. */
export function showValue(source: Source, path: Path, value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (isDict(value)) return Object.keys(value).length === 0 ? 'an empty map' : 'a map';
  if (typeof value === 'string') return isSecret(path, value) ? 'a hidden value' : showText(value);
  return (source.written(path) ?? String(value)).slice(0, 40);
}

function isSecret(path: Path, value: string): boolean {
  const key = path.findLast((part) => typeof part === 'string');
  return (key !== undefined && isSecretKey(key)) || secretKind(value) !== undefined;
}

/** The milliseconds of an optional duration; the fallback where there is none, or where it is wrong and reported. */
export function readDuration<T>(scope: Scope, path: Path, value: unknown, fallback: T, options = { zero: false }): number | T {
  if (value === undefined || scope.diagnostics.isBroken(path)) return fallback;
  const problem = durationProblem(value, options);
  if (problem === undefined) return parseDuration(value as string) ?? fallback;
  scope.add(path, errors.SHIP_CONFIG_DURATION, problem);
  return fallback;
}

const SECOND = 1000;

/** Retries as a step or a check states them. */
export function readRetry(scope: Scope, path: Path, value: Dict): RetryConfig {
  const delay = readDuration(scope, [...path, 'delay'], value.delay, SECOND, { zero: true });
  const longest = readDuration(scope, [...path, 'max_delay'], value.max_delay, Math.max(30 * SECOND, delay), { zero: true });
  if (longest < delay) {
    const details = { reason: 'is shorter than the delay before the first retry', hint: 'Make `max_delay` at least as long as `delay`.' };
    scope.add([...path, 'max_delay'], errors.SHIP_CONFIG_DURATION, details);
  }
  const on = value.on as readonly FailureType[] | undefined;
  return { times: Number(value.times ?? 0), ...(on && { on }), delay_ms: delay, max_delay_ms: longest };
}

/** Adds a mistake where a key of the config is no name that a tool may be given. */
export function checkName(scope: Scope, path: Path, name: string): void {
  const reason = nameProblem(name);
  if (reason === undefined) return;
  const value = JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
  scope.add(path, errors.SHIP_CONFIG_NAME, { value, reason }, 'key');
}

/** A name and where it stands. */
interface Named {
  readonly name: string;
  readonly path: Path;
}

/** Adds a mistake for each name that is taken already, or differs from one in case alone. */
export function checkSameNames(scope: Scope, names: readonly Named[], part: Part): void {
  const seen = new Map<string, Named>();
  for (const { name, path } of names) {
    const first = seen.get(name.toLowerCase());
    if (first === undefined) {
      seen.set(name.toLowerCase(), { name, path });
      continue;
    }
    const onlyCase = name !== first.name;
    const other = onlyCase ? JSON.stringify(first.name) : formatPath(scope.origin(first.path));
    scope.add(path, errors.SHIP_CONFIG_SAME_NAME, { value: JSON.stringify(name), other, onlyCase }, part);
  }
}

/** Adds a mistake where a word names none of the known things. */
export function checkReference(scope: Scope, path: Path, word: string, what: string, known: readonly string[]): void {
  if (known.includes(word) || scope.diagnostics.isBroken(path)) return;
  scope.add(path, errors.SHIP_CONFIG_UNKNOWN_REFERENCE, { what, ...choice(word, known) });
}
