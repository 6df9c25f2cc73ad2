import type { Decision, Failure, Json, JsonObject, ReportedError, Resource, RollbackReport, RunStatus } from '../types/index.js';
import type { JournalEntry } from './entries.js';

/** What is known of a step of a run. `unknown`: it was meant to act, and nothing says how that ended. */
export interface StepState {
  readonly id: string;
  readonly uses: string;
  readonly component?: string;
  status: 'unknown' | 'done' | 'failed' | 'skipped' | 'undone' | 'undo_failed';
  attempts: number;
  input: JsonObject;
  before: Json;
  result?: Json;
  error?: ReportedError;
}

/** The state of a run: the fold of its entries. */
export interface RunState {
  run?: string;
  environment?: string;
  command?: string;
  /** In the order in which they were first meant to act. */
  readonly steps: Map<string, StepState>;
  readonly resources: Resource[];
  failure?: Failure;
  decision?: Decision;
  rollback?: RollbackReport;
  snapshot?: string;
  /** Absent: the run was interrupted. */
  status?: RunStatus;
  startedAt?: string;
  finishedAt?: string;
}

/** Folds the entries of a journal to the state they describe. */
export function foldJournal(entries: readonly JournalEntry[]): RunState {
  const state: RunState = { steps: new Map(), resources: [] };
  for (const entry of entries) apply(state, entry);
  return state;
}

function apply(state: RunState, entry: JournalEntry): void {
  switch (entry.type) {
    case 'run-started':
      Object.assign(state, { run: entry.run, environment: entry.environment, command: entry.command, startedAt: entry.at });
      break;
    case 'intent':
      intend(state, entry);
      break;
    case 'result':
      update(state, entry.step, { status: 'done', result: entry.result });
      break;
    case 'step-failed':
      update(state, entry.step, { status: 'failed', error: entry.error });
      break;
    case 'undone':
      if (entry.kept === undefined) update(state, entry.step, { status: 'undone' });
      break;
    case 'undo-failed':
      update(state, entry.step, { status: 'undo_failed', error: entry.error });
      break;
    case 'created':
      state.resources.push(entry.resource);
      break;
    case 'failure':
      state.failure = entry.failure;
      break;
    case 'decision':
      state.decision = entry.decision;
      break;
    case 'rollback-finished':
      state.rollback = entry.report;
      break;
    case 'snapshot':
      state.snapshot = entry.id;
      break;
    case 'run-finished':
      Object.assign(state, { status: entry.status, finishedAt: entry.at });
      break;
  }
}

function intend(state: RunState, entry: JournalEntry & { type: 'intent' }): void {
  const known = state.steps.get(entry.step);
  if (known) {
    known.attempts = entry.attempt;
    known.status = 'unknown';
    return;
  }
  state.steps.set(entry.step, {
    id: entry.step,
    uses: entry.uses,
    ...(entry.component === undefined ? {} : { component: entry.component }),
    status: 'unknown',
    attempts: entry.attempt,
    input: entry.input,
    before: entry.before,
  });
}

function update(state: RunState, step: string, change: Partial<StepState>): void {
  const known = state.steps.get(step);
  if (known) Object.assign(known, change);
}
