import { validateConfig } from './config-schema.js';
import type { Mistakes } from './mistakes.js';
import { getAt, type Path } from './paths.js';
import { translateError } from './schema-errors.js';
import type { SchemaError } from './schema-validator.js';
import type { Source } from './source.js';
import { checkVersion } from './version.js';

/** Checks a config against its schema. `value` has its variables replaced, but for the environments that were not chosen. */
export function checkSchema(value: unknown, source: Source, mistakes: Mistakes, environment: string): void {
  checkVersion(source, mistakes);
  if (validateConfig(value)) return;
  const found = (validateConfig.errors ?? []).map((error) => ({ error, path: pointerToPath(error.instancePath, source.value) }));
  const told = found.filter(({ error, path }) => {
    return !isToldElsewhere(error, path) && !isUnreplaced(path, source, environment) && !mistakes.isBrokenAt(path);
  });
  for (const { error, path } of told) {
    const mistake = translateError(error, path, source);
    if (KEY_KEYWORDS.has(error.keyword)) mistakes.addIncomplete(path, mistake);
    else mistakes.addBroken(path, mistake);
  }
}

const KEY_KEYWORDS = new Set(['required', 'additionalProperties']);

function isToldElsewhere(error: SchemaError, path: Path): boolean {
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
