import { isoTime } from '../iso-time.js';
import type { Report, RunStatus } from '../types/index.js';

/** The exit status of each end of a run. Single errors may carry one of their own. */
export const EXIT_CODES: Readonly<Record<RunStatus, number>> = {
  succeeded: 0,
  rolled_back: 1,
  failed: 3,
  rollback_incomplete: 4,
  refused: 6,
  interrupted: 130,
};

/** A report of a verb in which nothing has happened yet. */
export function emptyReport(command: string, started: Date): Report {
  return {
    format: 1,
    command,
    run: null,
    project: null,
    environment: null,
    status: 'succeeded',
    exit_code: 0,
    started_at: isoTime(started),
    duration_ms: 0,
    steps: [],
    failure: null,
    decision: null,
    rollback: null,
    verification: {},
    evidence: [],
    resources: { created: [], removed: [], kept: [], orphans: [] },
    snapshot: null,
    errors: [],
    warnings: [],
  };
}
