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

/** The layer that flags put over the file. What is wrong with a flag is left out and told. */
export function overrideLayer(overrides: ConfigOverrides, problem: (error: ShipError) => void): Dict {
  const { auto_on_failure, enabled, lane, max_parallel, rollback_timeout } = overrides;
  for (const error of flagErrors(overrides)) problem(error);
  return { lane, max_parallel, rollback_timeout, optimization: { rollback: { auto_on_failure, enabled } } };
}

function* flagErrors({ lane, max_parallel, rollback_timeout }: ConfigOverrides): Generator<ShipError> {
  if (lane !== undefined && !(LANES as readonly string[]).includes(lane)) {
    yield errors.SHIP_FLAG_INVALID({ flag: '--lane', value: lane, expected: `one of ${LANES.join(', ')}` });
  }
  if (max_parallel !== undefined && !(Number.isInteger(max_parallel) && max_parallel >= 1 && max_parallel <= 64)) {
    yield errors.SHIP_FLAG_INVALID({ flag: '--max-parallel', value: String(max_parallel), expected: 'a whole number from 1 to 64' });
  }
  if (rollback_timeout !== undefined && durationProblem(rollback_timeout, { zero: false }) !== undefined) {
    const expected = 'a duration above zero, such as 10m';
    yield errors.SHIP_FLAG_INVALID({ flag: '--rollback-timeout', value: String(rollback_timeout), expected });
  }
}
