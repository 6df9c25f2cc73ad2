import { errors } from '../errors/catalogue.js';
import type { ShipError } from '../errors/ship-error.js';
import { LANES } from '../types/index.js';
import type { Dict } from './paths.js';

type Variables = Readonly<Record<string, string | undefined>>;

/** How the text of a variable becomes a value, and what the value is put over. */
interface Variable {
  readonly expected: string;
  /** The value, or undefined where the text is not what was expected. */
  read(text: string): unknown;
  layer(value: unknown): Dict;
}

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false };

const rollback = (key: string, value: unknown): Dict => ({ optimization: { rollback: { [key]: value } } });

const flag = (layer: (value: boolean) => Dict): Variable => ({
  expected: 'true, false, 1 or 0',
  read: (text) => (Object.hasOwn(BOOLEANS, text) ? BOOLEANS[text] : undefined),
  layer: (value) => layer(value as boolean),
});

const wholeNumber = (most: number, layer: (value: unknown) => Dict): Variable => ({
  expected: `a whole number from 1 to ${most}`,
  read: (text) => (/^[1-9]\d{0,5}$/.test(text) && Number(text) <= most ? Number(text) : undefined),
  layer,
});

/** Later ones win, so that a word against rolling back outweighs one for it. */
const VARIABLES: Readonly<Record<string, Variable>> = {
  SHIP_MAX_PARALLEL: wholeNumber(64, (value) => ({ max_parallel: value })),
  SHIP_SNAPSHOT_COUNT: wholeNumber(1000, (value) => rollback('snapshot_count', value)),
  SHIP_LANE: {
    expected: `${LANES.slice(0, -1).join(', ')} or ${LANES.at(-1)}`,
    read: (text) => LANES.find((lane) => lane === text),
    layer: (value) => ({ lane: value }),
  },
  SHIP_AUTO_ROLLBACK: flag((value) => rollback('auto_on_failure', value)),
  SHIP_NO_AUTO_ROLLBACK: flag((value) => (value ? rollback('auto_on_failure', false) : {})),
  SHIP_NO_ROLLBACK: flag((value) => (value ? rollback('enabled', false) : {})),
};

/** The layers that `SHIP_*` variables put over the file, in order. An empty variable counts as unset. */
export function variableLayers(env: Variables, problem: (error: ShipError) => void): readonly Dict[] {
  const set = Object.entries(VARIABLES).filter(([name]) => env[name] !== undefined && env[name] !== '');
  return set.map(([name, { expected, read, layer }]) => {
    const value = read(env[name]!);
    if (value === undefined) problem(errors.SHIP_VARIABLE_INVALID({ name, expected }));
    return value === undefined ? {} : layer(value);
  });
}
