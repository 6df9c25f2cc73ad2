import { errors } from '../errors/catalogue.js';
import type { Mistakes } from './mistakes.js';
import { hasAt, isDict } from './paths.js';
import { showValue } from './show.js';
import type { Source } from './source.js';

/** Checks the version of the config format. */
export function checkVersion(source: Source, mistakes: Mistakes): void {
  if (!isDict(source.value)) return;
  if (!hasAt(source.value, ['version'])) {
    const details = { path: 'The config', key: 'version', hint: 'Write `version: 1` in its first line.' };
    mistakes.add(errors.SHIP_CONFIG_MISSING_KEY(details, { at: source.position([]) }));
    return;
  }
  const { version } = source.value;
  if (version === 1) return;
  const details = { value: showValue(source, ['version'], version), newer: Number.isInteger(version) && (version as number) > 1 };
  mistakes.addBroken(['version'], errors.SHIP_CONFIG_VERSION(details, { at: source.position(['version']) }));
}
