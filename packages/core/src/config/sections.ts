import { errors } from '../errors/catalogue.js';
import type { ShipError } from '../errors/ship-error.js';
import type { Config, Position } from '../types/index.js';
import { ENVIRONMENT_KEYS, KERNEL_KEYS } from './layers.js';
import { choice } from './names.js';
import type { Path } from './paths.js';

/** Where something of the config stands. */
export type PositionOf = (path: Path, part?: 'key' | 'value') => Position;

/**
 * The mistakes of a config whose top-level keys belong neither to the kernel nor to a plugin that was loaded.
 * Where a plugin is missing, a key may be its own: then only one that is nearly another is told.
 */
export function checkSections(config: Config, owned: readonly string[], positionOf: PositionOf, complete = true): readonly ShipError[] {
  const known = [...KERNEL_KEYS.filter((key) => key !== '$schema'), ...owned];
  const unknown = Object.keys(config.sections).filter((name) => !owned.includes(name));
  return unknown.flatMap((name) => {
    const words = choice(name, known);
    const suggestion = words.suggestion ?? choice(name, ENVIRONMENT_KEYS).suggestion;
    if (!complete && suggestion === undefined) return [];
    return [errors.SHIP_CONFIG_UNKNOWN_KEY({ path: name, ...words, suggestion }, { at: positionOf([name], 'key') })];
  });
}
