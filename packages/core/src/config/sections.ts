import { errors } from '../errors/catalogue.js';
import type { ShipError } from '../errors/ship-error.js';
import type { Config, Position } from '../types/index.js';
import { ENVIRONMENT_KEYS, KERNEL_KEYS } from './layers.js';
import { choice } from './names.js';
import type { Path } from './paths.js';

/** Where something of the config stands. */
export type PositionOf = (path: Path, part?: 'key' | 'value') => Position;

/** The mistakes of a config whose top-level keys belong neither to the kernel nor to a plugin that was loaded. */
export function checkSections(config: Config, owned: readonly string[], positionOf: PositionOf): readonly ShipError[] {
  const known = [...KERNEL_KEYS.filter((key) => key !== '$schema'), ...owned];
  const unknown = Object.keys(config.sections).filter((name) => !owned.includes(name));
  return unknown.map((name) => {
    const words = choice(name, known);
    const suggestion = words.suggestion ?? choice(name, ENVIRONMENT_KEYS).suggestion;
    return errors.SHIP_CONFIG_UNKNOWN_KEY({ path: name, ...words, suggestion }, { at: positionOf([name], 'key') });
  });
}
