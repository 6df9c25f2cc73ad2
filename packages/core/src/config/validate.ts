import { errors } from '../errors/catalogue.js';
import { validateConfig } from './config-schema.js';
import type { Diagnostics, Source } from './diagnostics.js';
import { eachLeaf, formatPath, getAt, hasAt, isDict, type Path } from './paths.js';
import { explainSchemaError } from './schema-messages.js';
import type { SchemaError } from './schema-validator.js';
import { showValue } from './scope.js';

/** Checks a config against its schema. `value` has its variables replaced, but for the environments that were not chosen. */
export function checkSchema(value: unknown, source: Source, diagnostics: Diagnostics, environment: string): void {
  checkVersion(source, diagnostics);
  if (validateConfig(value)) return;
  const found = (validateConfig.errors ?? []).map((error) => ({ error, path: pointerToPath(error.instancePath, source.value) }));
  const unreported = found.filter(({ error, path }) => {
    return !isVersion(error, path) && !isUnreplaced(path, source, environment) && !diagnostics.isBrokenAt(path);
  });
  for (const { error, path } of unreported)
    diagnostics.add(explainSchemaError(error, path, source), path, KEY_KEYWORDS.has(error.keyword) ? 'keys' : 'shape');
}

const KEY_KEYWORDS = new Set(['required', 'additionalProperties']);

function isVersion(error: SchemaError, path: Path): boolean {
  return path[0] === 'version' || error.params.missingProperty === 'version';
}

/** A variable of an environment that was not chosen has no value that could be checked. */
function isUnreplaced(path: Path, source: Source, environment: string): boolean {
  const value = getAt(source.value, path);
  return path[0] === 'environments' && path[1] !== environment && typeof value === 'string' && value.includes('${');
}

/** The path of a JSON pointer. Indexes of lists become numbers. */
function pointerToPath(pointer: string, root: unknown): Path {
  const path: (string | number)[] = [];
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(getAt(root, path)) ? Number(key) : key);
  }
  return path;
}

/** The version of the config format: it says more than the schema can. */
function checkVersion(source: Source, diagnostics: Diagnostics): void {
  if (!isDict(source.value)) return;
  const { version } = source.value;
  if (!hasAt(source.value, ['version'])) {
    const details = { path: 'The config', key: 'version', hint: 'Write `version: 1` in its first line.' };
    diagnostics.add(errors.SHIP_CONFIG_MISSING_KEY(details, { at: source.position([]) }));
  } else if (version !== 1) {
    const details = { value: showValue(source, ['version'], version), newer: Number.isInteger(version) && (version as number) > 1 };
    diagnostics.add(errors.SHIP_CONFIG_VERSION(details, { at: source.position(['version']) }), ['version'], 'shape');
  }
}

/** Keys that hold text which often looks like a number. */
const TEXT_KEYS = new Set(['version', 'tag', 'sha', 'git_sha', 'commit']);

/** Adds mistakes for numbers that are none, that lose digits, or that were meant as text, wherever they stand. */
export function checkNumbers(source: Source, diagnostics: Diagnostics): void {
  eachLeaf(source.value, (value, path) => {
    if (typeof value !== 'number' || diagnostics.isBroken(path) || path.join() === 'version') return;
    const details = { path: formatPath(path), value: showValue(source, path, value) };
    const extras = { at: source.position(path) };
    const losesDigits = Number.isInteger(value) && !Number.isSafeInteger(value);
    if (!Number.isFinite(value)) diagnostics.add(errors.SHIP_CONFIG_NUMBER({ ...details, expected: 'a finite number' }, extras), path);
    else if (losesDigits || TEXT_KEYS.has(String(path.at(-1))))
      diagnostics.add(errors.SHIP_CONFIG_UNQUOTED({ ...details, read: `the number ${value}` }, extras), path);
  });
}
