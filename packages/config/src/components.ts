import type { ComponentConfig, DependencyKind, JsonObject, RouterConfig } from '@ship/core';
import { findCycles, type Path } from '@ship/core/kernel';
import { errors } from './errors.js';
import { checkName, checkReference, checkSameNames, type Scope } from './scope.js';
import { type Dict, dictOf, isDict, listOf, VERSION } from './values.js';

/** Components that others depend on by their nature. */
const CORE = new Set(['app', 'gateway', 'database']);

/** The components of the merged config, by name. */
export function normalizeComponents(scope: Scope, value: unknown): Record<string, ComponentConfig> {
  const dict = dictOf(value);
  const names = Object.keys(dict);
  for (const name of names) checkName(scope, ['components', name], name);
  const named = names.map((name) => ({ name, path: ['components', name] }));
  checkSameNames(scope, named, 'key');
  const entries = names.map((name) => [name, component(scope, name, dictOf(dict[name]), names)] as const);
  checkCycles(scope, entries);
  return Object.fromEntries(entries);
}

function component(scope: Scope, name: string, value: Dict, known: readonly string[]): ComponentConfig {
  const path = ['components', name];
  const { driver, version, core, depends_on, compatible_with, contract, router, ...settings } = value;
  for (const [key, hint] of Object.entries(REQUIRED)) {
    if (value[key] !== undefined || scope.diagnostics.isBrokenAt(path)) continue;
    scope.add(path, errors.SHIP_CONFIG_MISSING_KEY, { key, hint }, 'key');
  }
  checkVersion(scope, [...path, 'version'], version);
  const dependencies = readDependencies(scope, [...path, 'depends_on'], depends_on, known);
  const ranges = dictOf(compatible_with) as Record<string, string>;
  for (const word of Object.keys(ranges))
    checkReference(scope, [...path, 'compatible_with', word], word, 'dependency', Object.keys(dependencies));
  return {
    name,
    driver: String(driver),
    version: String(version),
    core: typeof core === 'boolean' ? core : CORE.has(name),
    depends_on: Object.keys(dependencies).filter((other) => dependencies[other] !== 'LAZY'),
    dependencies,
    compatible_with: ranges,
    ...(typeof contract === 'string' && { contract }),
    ...(router !== undefined && { router: routerOf(router) }),
    settings: settings as JsonObject,
  };
}

/** `front`, or `{ haproxy: { … } }`. */
function routerOf(value: unknown): RouterConfig {
  if (!isDict(value)) return { name: String(value), settings: {} };
  const [[name, settings] = ['', {}]] = Object.entries(value);
  return { name, settings: dictOf(settings) as JsonObject };
}

/** `api`, or `{ api: SOFT }`; a name alone is HARD. */
function readDependencies(scope: Scope, path: Path, value: unknown, known: readonly string[]): Record<string, DependencyKind> {
  const edges = listOf(value).flatMap((item, index): [string, DependencyKind][] => {
    const named = isDict(item)
      ? (Object.entries(item) as [string, DependencyKind][])
      : [[String(item), 'HARD'] as [string, DependencyKind]];
    for (const [word] of named) checkReference(scope, isDict(item) ? [...path, index, word] : [...path, index], word, 'component', known);
    return named;
  });
  return Object.fromEntries(edges);
}

const REQUIRED: Readonly<Record<string, string>> = {
  driver: 'Say how it is deployed, such as `driver: helm`.',
  version: 'Say what is deployed, such as `version: "1.4.2"` or `version: "${VERSION}"`.',
};

/** A plain date is text in YAML 1.2 and a date in older YAML: other readers of the file would see another version. */
const PLAIN_DATE = /^\d{4}-\d\d?-\d\d?/;

function checkVersion(scope: Scope, path: Path, version: unknown): void {
  if (typeof version !== 'string' || scope.diagnostics.isBroken(path)) return;
  const written = scope.source.written(scope.origin(path)) ?? '';
  if (PLAIN_DATE.test(written)) {
    scope.add(path, errors.SHIP_CONFIG_UNQUOTED, { value: written, read: 'a date, in some versions' });
  } else if (!VERSION.test(version)) {
    scope.add(path, errors.SHIP_CONFIG_FORMAT, { expected: 'a version', hint: VERSION_HINT });
  }
}

const VERSION_HINT = 'A version starts with a letter or a digit and has only letters, digits and `. _ - + : @ / ~` in it, up to 255.';

function checkCycles(scope: Scope, entries: readonly (readonly [string, ComponentConfig])[]): void {
  for (const cycle of findCycles(new Map(entries.map(([name, { depends_on }]) => [name, depends_on])))) {
    scope.add(['components', cycle[0]!, 'depends_on'], errors.SHIP_CONFIG_CYCLE, { cycle, implicit: false });
  }
}
