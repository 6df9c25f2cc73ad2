import { errors } from '../errors/catalogue.js';
import { checkName, checkSameNames } from './fields.js';
import { ENVIRONMENT_KEYS, TOP_KEYS } from './layers.js';
import { choice } from './names.js';
import { hasAt, isDict, type Path } from './paths.js';
import type { Scope } from './scope.js';

/** The names of the environments, checked, and with them the keys of their blocks. */
export function checkEnvironments(scope: Scope, value: unknown): readonly string[] {
  const blocks = isDict(value) ? value : {};
  const names = Object.keys(blocks);
  for (const name of names) {
    checkName(scope, ['environments', name], name);
    for (const key of isDict(blocks[name]) ? Object.keys(blocks[name]) : []) checkKey(scope, ['environments', name, key], key);
  }
  // At the top it would be taken for a section, and nobody would be asked.
  if (hasAt(scope.source.value, ['approval'])) addTopApproval(scope);
  const named = names.map((name) => ({ name, path: ['environments', name] }));
  checkSameNames(scope, named, 'key');
  return names.length === 0 ? [scope.environment] : names;
}

function addTopApproval({ source, mistakes }: Scope): void {
  const details = {
    path: 'approval',
    suggestion: 'environments.<name>.approval',
    known: ENVIRONMENT_KEYS.map((key) => `environments.<name>.${key}`),
  };
  mistakes.add(errors.SHIP_CONFIG_UNKNOWN_KEY(details, { at: source.position(['approval'], 'key') }));
}

function checkKey(scope: Scope, path: Path, key: string): void {
  if (!TOP_KEYS.includes(key)) return;
  scope.add(path, (place) => errors.SHIP_CONFIG_UNKNOWN_KEY({ ...place, ...choice(key, ENVIRONMENT_KEYS) }, place.extras), 'key');
}
