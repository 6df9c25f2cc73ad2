import type {
  ComponentConfig,
  Decision,
  Evidence,
  FailedAttempt,
  Failure,
  FailureContext,
  Json,
  JsonObject,
  ProcessIdentity,
  Report,
  ReportedError,
  ReportedResource,
  Resource,
  RollbackReport,
  RunStatus,
  Way,
} from '../types/index.js';
import type { Direction, JournalEntry, PlannedStep, ResourceName, Runner } from './entries.js';

/** A machine, until it boots again. */
export interface Place {
  /** Its name. */
  readonly host: string;
  /** Tells one boot of it from another. */
  readonly boot_id: string;
}

/** A process, and the machine that started it: its numbers mean nothing elsewhere, nor after a boot. */
export type PlacedProcess = ProcessIdentity & Place;

/** What is known of a step of a run. `unknown`: it was meant to act, and nothing says how that ended. */
export interface StepState {
  /** The id of the step. */
  readonly id: string;
  /** The name of its action. */
  readonly uses: string;
  /** The name of its component. */
  readonly component?: string;
  /** The last thing that is known of it. */
  status: 'unknown' | 'done' | 'failed' | 'skipped' | 'undone' | 'undo_failed';
  /** How often it was meant to act. */
  attempts: number;
  /** As it was given to the action, with references for secrets. */
  input: JsonObject;
  /** What was captured, with references for secrets. */
  before: Json;
  /** What the action answered. */
  result?: Json;
  /** What it failed with last. */
  error?: ReportedError;
  /** What each attempt failed with. */
  readonly failedAttempts: FailedAttempt[];
  /** Somebody let the run go on although it failed. */
  tolerated?: boolean;
  /** Where it acted last. */
  place: Place;
  /** What it started and nobody knows to have ended. */
  processes: PlacedProcess[];
}

/** The state of a run: the fold of its entries. */
export interface RunState {
  /** The id of the run. */
  run?: string;
  /** What it deployed to. */
  environment?: string;
  /** The command line. */
  command?: string;
  /** In the order in which they were first meant to act. */
  readonly steps: Map<string, StepState>;
  /** What steps made, and what became of it. */
  readonly resources: LedgerLine[];
  /** What plugins gathered about failures. */
  readonly evidence: Evidence[];
  /** What went wrong, judged. */
  failure?: Failure;
  /** What was decided about it. */
  decision?: Decision;
  /** What it was decided by. */
  context?: FailureContext;
  /** What the rollback did, where it came to its end. */
  rollback?: RollbackReport;
  /** The id of the snapshot that it left. */
  snapshot?: string;
  /** Where it was going when the journal ends. */
  direction: Direction;
  /** The steps that it was to take. */
  plan: readonly PlannedStep[];
  /** The components as the plan had them. */
  components: readonly ComponentConfig[];
  /** The id of the verified snapshot that it would go back to, or went back to. */
  targetSnapshot: string | null;
  /** The way back that was begun last. */
  way?: Way;
  /** The component that was to go back alone on that way. */
  wayOf?: string;
  /** Who works on it, and where. */
  owner?: Runner;
  /** A rollback to a snapshot restores components, and has no steps. */
  restoresComponents: boolean;
  /** Absent: the journal ends before the run did. */
  status?: RunStatus;
  /** Nobody ended it: neither the run itself, nor a recovery that was not refused or interrupted. */
  cutOff: boolean;
  /** What {@link cutOff} was before the recovery that is under way. */
  leftCutOff?: boolean;
  /** ISO 8601 UTC. */
  startedAt?: string;
  /** ISO 8601 UTC. */
  finishedAt?: string;
}

/** Folds the entries of a journal to the state they describe. */
export function foldJournal(entries: readonly JournalEntry[]): RunState {
  const state: RunState = {
    steps: new Map(),
    resources: [],
    evidence: [],
    direction: 'forward',
    plan: [],
    components: [],
    targetSnapshot: null,
    restoresComponents: false,
    cutOff: true,
  };
  for (const entry of entries) apply(state, entry);
  return state;
}

function apply(state: RunState, entry: JournalEntry): void {
  switch (entry.type) {
    case 'run-started':
      start(state, entry);
      break;
    case 'recovery-started':
      recover(state, entry);
      break;
    case 'rollback-started':
      Object.assign(state, { direction: 'back', targetSnapshot: entry.target_snapshot, way: entry.way, wayOf: entry.component });
      break;
    case 'component-intent':
    case 'part-intent':
      // A run whose steps acted may restore components too, on the last bit of its way back.
      state.restoresComponents ||= state.steps.size === 0;
      break;
    case 'process':
      state.steps.get(entry.step)?.processes.push({ ...entry.process, ...placeOf(state) });
      break;
    case 'intent':
      intend(state, entry);
      break;
    case 'result':
      update(state, entry.step, { status: 'done', result: entry.result, processes: [] });
      break;
    case 'attempt-failed':
      state.steps.get(entry.step)?.failedAttempts.push({ attempt: entry.attempt, error: entry.error });
      break;
    case 'step-failed':
      state.steps.get(entry.step)?.failedAttempts.push({ attempt: entry.attempt, error: entry.error });
      update(state, entry.step, { status: 'failed', error: entry.error, processes: [] });
      break;
    case 'step-tolerated':
      update(state, entry.step, { tolerated: true });
      break;
    case 'undone':
      update(state, entry.step, { processes: [], ...(entry.kept === undefined ? { status: 'undone' } : {}) });
      break;
    case 'undo-failed':
      update(state, entry.step, { status: 'undo_failed', error: entry.error, processes: [] });
      break;
    case 'created':
      noteResource(state.resources, entry);
      break;
    case 'remove-intent':
      settleResource(state.resources, entry.step, entry.resource, 'removing');
      break;
    case 'removed':
      settleResource(state.resources, entry.step, entry.resource, 'removed');
      break;
    case 'remove-failed':
      settleResource(state.resources, entry.step, entry.resource, 'remove_failed', entry.error);
      break;
    case 'evidence':
      state.evidence.push({ name: entry.name, text: entry.text });
      break;
    case 'failure':
      state.failure = entry.failure;
      break;
    case 'decision':
      Object.assign(state, { decision: entry.decision, context: entry.context });
      break;
    case 'rollback-finished':
      state.rollback = entry.report;
      break;
    case 'snapshot':
      state.snapshot = entry.id;
      break;
    case 'run-finished':
      finish(state, entry);
      break;
  }
}

const placeOf = ({ owner }: RunState): Place => ({ host: owner?.host ?? '', boot_id: owner?.boot_id ?? '' });

/** Somebody goes on with it; if that is cut off, too, the run is: nobody has ended what they began. */
function recover(state: RunState, { direction, owner }: JournalEntry & { type: 'recovery-started' }): void {
  const wasCutOff = state.status === undefined || state.leftCutOff === true;
  Object.assign(state, { direction, owner, leftCutOff: wasCutOff, cutOff: true, status: undefined, finishedAt: undefined });
}

/** A recovery that was refused or interrupted leaves a run that was cut off as it found it. */
function finish(state: RunState, { status, at }: JournalEntry & { type: 'run-finished' }): void {
  const cutOff = state.leftCutOff === true && (status === 'refused' || status === 'interrupted');
  Object.assign(state, { status, cutOff, leftCutOff: cutOff, finishedAt: at });
}

function start(state: RunState, entry: JournalEntry & { type: 'run-started' }): void {
  const { run, environment, command, owner, plan, components, target_snapshot: targetSnapshot } = entry;
  Object.assign(state, { run, environment, command, owner, plan, components, targetSnapshot, startedAt: entry.at });
}

function intend(state: RunState, entry: JournalEntry & { type: 'intent' }): void {
  // It is tried again: what was judged about it before holds no more.
  if (state.failure?.step === entry.step) {
    delete state.failure;
    delete state.decision;
    delete state.context;
  }
  const known = state.steps.get(entry.step);
  if (known) {
    known.attempts = entry.attempt;
    known.status = 'unknown';
    known.processes = [];
    known.place = placeOf(state);
    delete known.error;
    delete known.tolerated;
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
    failedAttempts: [],
    place: placeOf(state),
    processes: [],
  });
}

function update(state: RunState, step: string, change: Partial<StepState>): void {
  const known = state.steps.get(step);
  if (known) Object.assign(known, change);
}

/** One resource of a run, and what became of it. `removing`: its removal was begun, and nothing says how that ended. */
export interface LedgerLine {
  /** Who noted it. */
  readonly step: string;
  /** As it was noted last. */
  readonly resource: Resource;
  /** The attempt of the step that noted it. */
  readonly attempt: number;
  /** `remove_failed` makes it an orphan. */
  fate: 'standing' | 'removing' | 'removed' | 'remove_failed';
  /** Why it could not be removed. */
  error?: ReportedError;
}

/** What a step notes. */
export type Noted = Pick<LedgerLine, 'step' | 'resource' | 'attempt'>;

/**
 * Notes a resource. It replaces what the same step noted before of the same type and id, or correlation;
 * but what this run made stays its own, whatever a later attempt takes it for.
 */
export function noteResource(ledger: LedgerLine[], noted: Noted): void {
  const index = ledger.findIndex(({ step, resource }) => step === noted.step && isSame(resource, noted.resource));
  const known = ledger[index];
  const line: LedgerLine = { step: noted.step, resource: noted.resource, attempt: noted.attempt, fate: 'standing' };
  if (known === undefined) ledger.push(line);
  else if (known.fate === 'removed') {
    ledger.splice(index, 1);
    ledger.push(line);
  } else if (!isMoreCertain(known, noted)) ledger[index] = line;
}

/** Writes down what became of a resource. */
export function settleResource(
  ledger: readonly LedgerLine[],
  step: string,
  { type, id }: ResourceName,
  fate: LedgerLine['fate'],
  error?: ReportedError,
): void {
  const line = ledger.find((known) => known.step === step && known.resource.type === type && known.resource.id === id);
  if (line === undefined) return;
  line.fate = fate;
  delete line.error;
  if (error !== undefined) line.error = error;
}

/** What steps made, and what became of it, as reports show it. */
export function reportedResources(ledger: readonly LedgerLine[]): Report['resources'] {
  const those = (wanted: (line: LedgerLine) => boolean) => ledger.filter(wanted).map(told);
  const left = ledger.filter(({ fate }) => fate === 'removing' || fate === 'remove_failed');
  return {
    created: those(({ resource }) => resource.provenance !== 'reused'),
    removed: those(({ fate }) => fate === 'removed'),
    kept: those(({ fate }) => fate === 'standing'),
    orphans: left.map((line) => ({ ...told(line), ...(line.error === undefined ? {} : { error: line.error }) })),
  };
}

/** What was there before is nobody's to remove: no script shall find a command for it. */
function told({ resource, step }: LedgerLine): ReportedResource {
  const { commands: _commands, delete: _delete, ...theirs } = resource;
  return { ...(resource.provenance === 'reused' ? theirs : resource), step };
}

function isSame(one: Resource, other: Resource): boolean {
  if (one.type !== other.type) return false;
  return one.id === other.id || (one.correlation !== undefined && one.correlation === other.correlation);
}

/**
 * A second attempt finds what the first one made, and takes it for somebody else's. So `created` stays, and a
 * `pending` one can be found to be `reused` only by the attempt that noted it.
 */
function isMoreCertain(known: LedgerLine, { resource, attempt }: Noted): boolean {
  if (resource.provenance === 'created') return false;
  if (known.resource.provenance === 'created') return true;
  return known.resource.provenance === 'pending' && resource.provenance === 'reused' && known.attempt !== attempt;
}
