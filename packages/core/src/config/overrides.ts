import { errors } from '../errors/catalogue.js';
import type { ShipError } from '../errors/ship-error.js';
import { LANES } from '../types/index.js';
import { durationProblem } from './duration.js';
import type { Dict } from './paths.js';

/** What the flags of the command line put over everything else. */
export interface ConfigOverrides {
  /** `--env` */
  readonly environment?: string | undefined;
  /** `--auto-rollback`, `--no-auto-rollback` */
  readonly auto_on_failure?: boolean | undefined;
  /** `--no-rollback` is `false`. */
  readonly enabled?: boolean | undefined;
  /** `--lane` */
  readonly lane?: string | undefined;
  /** `--max-parallel` */
  readonly max_parallel?: number | undefined;
  /** `--rollback-timeout`, with its unit. */
  readonly rollback_timeout?: string | undefined;
}

/** The layer that flags put over the file. What is wrong with a flag is told, and the flag left out. */
export function overrideLayer(overrides: ConfigOverrides, problem: (error: ShipError) => void): Dict {
  const { auto_on_failure, enabled, lane, max_parallel, rollback_timeout } = overrides;
  const read = <T>(flag: string, value: T | undefined, allowed: (value: T) => boolean, expected: string): T | undefined => {
    if (value === undefined || allowed(value)) return value;
    problem(errors.SHIP_FLAG_INVALID({ flag, value: String(value), expected }));
    return undefined;
  };
  return {
    lane: read('--lane', lane, isLane, `one of ${LANES.join(', ')}`),
    max_parallel: read('--max-parallel', max_parallel, isParallel, 'a whole number from 1 to 64'),
    rollback_timeout: read('--rollback-timeout', rollback_timeout, isTime, 'a duration above zero, such as 10m'),
    optimization: { rollback: { auto_on_failure, enabled } },
  };
}

const isLane = (lane: string) => (LANES as readonly string[]).includes(lane);
const isParallel = (count: number) => Number.isInteger(count) && count >= 1 && count <= 64;
const isTime = (text: string) => durationProblem(text, { zero: false }) === undefined;
