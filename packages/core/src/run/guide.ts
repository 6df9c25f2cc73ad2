import { join } from 'node:path';
import type { Failure, InterventionGuide } from '../types/index.js';
import { resourcesOf } from './resources.js';
import type { Session } from './session.js';

/** What is known of the run so far, and what can be done about it later. */
export function guideOf(session: Session, failure: Failure): InterventionGuide {
  const { kernel, record, journal } = session;
  const { environment, store } = kernel.config;
  return {
    failure,
    evidence: record.evidence,
    steps: record.steps,
    resources: resourcesOf(session).kept,
    journal: kernel.withoutJournal
      ? 'none: it runs without one'
      : store === 'file'
        ? join(kernel.stateDir, journal.key)
        : `${journal.key} in store ${store}`,
    logs: join(kernel.stateDir, 'runs', environment, session.id, 'logs'),
    commands: [
      { command: 'ship resume', does: 'goes on after the last finished step' },
      { command: 'ship rollback', does: 'takes the run back' },
      { command: 'ship recover', does: 'finishes a run that was cut off, or its rollback' },
    ],
  };
}
