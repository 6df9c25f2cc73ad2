import type { RollbackConfig } from '../types/index.js';
import { isDict } from './paths.js';

/** `optimization.rollback` where a config says nothing. */
export const ROLLBACK_DEFAULTS: RollbackConfig = {
  enabled: true,
  skip_flag: '--no-auto-rollback',
  auto_on_failure: false,
  snapshot_count: 5,
  partial_enabled: true,
  instant_rollback: true,
  preserve_data_migrations: true,
  severity: {},
};

/** `optimization.rollback` with its defaults. */
export function normalizeRollback(value: unknown): RollbackConfig {
  return { ...ROLLBACK_DEFAULTS, ...(isDict(value) ? (value as Partial<RollbackConfig>) : {}) };
}
