import { type CheckConfig, type Config, type JsonObject, SUITES, type SuiteName, type Trigger } from '@ship/core';
import type { Path } from '@ship/core/kernel';
import { errors } from './errors.js';
import { checkReference, readDuration, readRetry, type Scope } from './scope.js';
import { type Dict, dictOf, eachText, getAt, isDict, listOf } from './values.js';

/** What all checks share. The one other key is the kind; `expect` belongs to the kind. */
const SHARED = new Set(['name', 'required', 'timeout', 'retry', 'component', 'repeat', 'limits', 'trigger']);

const DEFAULT_RETRY = { times: 0, delay_ms: 1000, max_delay_ms: 30_000 };

/** The suites of the merged config. */
export function normalizeVerify(scope: Scope, value: unknown, components: readonly string[]): Record<SuiteName, readonly CheckConfig[]> {
  const suites = SUITES.map((suite) => {
    const checks = listOf(dictOf(value)[suite]);
    return [suite, checks.map((check, index) => normalizeCheck(scope, ['verify', suite, index], dictOf(check), components))];
  });
  return Object.fromEntries(suites) as Record<SuiteName, readonly CheckConfig[]>;
}

function normalizeCheck(scope: Scope, path: Path, value: Dict, components: readonly string[]): CheckConfig {
  const own = Object.fromEntries(Object.entries(value).filter(([key]) => !SHARED.has(key)));
  const kind = readKind(scope, path, Object.keys(own));
  checkPatterns(scope, path, value.expect);
  if (typeof value.component === 'string') checkReference(scope, [...path, 'component'], value.component, 'component', components);
  return scope.positioned(path, {
    name:
      typeof value.name === 'string' ? value.name : defaultName(kind, own[kind], getAt(scope.source.value, scope.origin([...path, kind]))),
    kind,
    with: own as JsonObject,
    required: value.required !== false,
    timeout_ms: readDuration(scope, [...path, 'timeout'], value.timeout, 10_000),
    retry: isDict(value.retry) ? readRetry(scope, [...path, 'retry'], value.retry) : DEFAULT_RETRY,
    ...(typeof value.component === 'string' && { component: value.component }),
    ...(isDict(value.repeat) && { repeat: readRepeat(scope, [...path, 'repeat'], value.repeat) }),
    ...(isDict(value.limits) && { limits: value.limits as NonNullable<CheckConfig['limits']> }),
    ...(typeof value.trigger === 'string' && { trigger: value.trigger as Trigger }),
  });
}

const EVERY_MS = 10_000;

function readRepeat(scope: Scope, path: Path, value: Dict): NonNullable<CheckConfig['repeat']> {
  return { times: Number(value.times ?? 1), every_ms: readDuration(scope, [...path, 'every'], value.every, EVERY_MS, { zero: true }) };
}

/** `verify.bake`: how long a success has to hold. */
export function normalizeBake(scope: Scope, value: unknown): Config['bake'] {
  const { bake } = dictOf(value);
  if (!isDict(bake)) return undefined;
  return {
    for_ms: readDuration(scope, ['verify', 'bake', 'for'], bake.for, 0),
    every_ms: readDuration(scope, ['verify', 'bake', 'every'], bake.every, EVERY_MS),
  };
}

function readKind(scope: Scope, path: Path, keys: readonly string[]): string {
  const kinds = keys.filter((key) => key !== 'expect');
  if (kinds.length !== 1 && !scope.diagnostics.isBrokenAt(path)) {
    const list = kinds.map((kind) => `\`${kind}\``).join(' and ');
    const reason = kinds.length === 0 ? 'the check has no kind' : `the check has more than one kind: ${list}`;
    scope.add(path, errors.SHIP_CONFIG_CHECK, { reason });
  }
  return kinds[0] ?? '';
}

/** Short, but where the value of a variable is in it: that may be a secret, which is masked as a whole or not at all. */
function defaultName(kind: string, argument: unknown, written: unknown): string {
  const text = typeof argument === 'string' || typeof argument === 'number' ? String(argument).split('\n')[0]!.trim() : '';
  const short = text.length > 60 && argument === written ? `${text.slice(0, 59)}…` : text;
  return short === '' ? kind : `${kind} ${short}`;
}

/** Texts under `matches` are regular expressions that meet answers of strangers. */
function checkPatterns(scope: Scope, path: Path, expected: unknown): void {
  eachText(expected, (text, below) => {
    const reason = below.includes('matches') ? checkPattern(text) : undefined;
    if (reason !== undefined) scope.add([...path, 'expect', ...below], errors.SHIP_CONFIG_PATTERN, { reason });
  });
}

const LONGEST = 1000;

/** What is wrong with a regular expression, or undefined. How long it may take is for its check, which has a timeout. */
function checkPattern(source: string): string | undefined {
  if (source.length > LONGEST) return `is longer than ${LONGEST} characters`;
  try {
    new RegExp(source);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(': ').at(-1) : 'unknown reason';
    return `is not a regular expression: ${reason}`;
  }
}
