import type {
  ComponentConfig,
  ComponentState,
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
import type { Direction, Entry, PlannedStep, Runner, Subject } from './entries.js';

/** A machine, until it boots again. */
export interface Place {
  /** Its name. */
  readonly host: string;
  /** Distinguishes one boot of it from another. */
  readonly boot_id: string;
}

/** A process, and the machine that started it: its numbers mean nothing elsewhere, nor after a boot. */
export type PlacedProcess = ProcessIdentity & Place;

/** What is known of a step that was meant to act. `unknown`: nothing says how that ended. */
export interface StepState {
  /** The id of the step. */
  readonly id: string;
  /** The name of its action. */
  readonly uses: string;
  /** The name of its component. */
  readonly component?: string;
  /** The last thing that is known of it. */
  status: 'unknown' | 'done' | 'failed' | 'undone' | 'undo_failed';
  /** How often it was meant to act. */
  attempts: number;
  /** As it was given to the action. Where it was read from a journal, with references for secrets. */
  input: JsonObject;
  /** What was captured. Where it was read from a journal, with references for secrets. */
  before: Json;
  /** What the action answered; absent where it did not end. */
  result?: Json;
  /** What it failed with last. */
  error?: ReportedError;
  /** Why it was not put back, although its restore came to its end. */
  kept?: string;
  /** How far it has come, by names of its own. */
  progress: Record<string, Json>;
  /** Where it acted last. */
  place: Place;
  /** What it started and nobody knows to have ended. */
  processes: PlacedProcess[];
}

/** The state of a run: the fold of its entries. A run that is under way and one that was read from its journal have the same. */
export interface RunState {
  /** The id of the run. */
  run?: string;
  /** What it deployed to. */
  environment?: string;
  /** The command line. */
  command?: string;
  /** Why, in the words of who started it, or went on with it. */
  reason?: string;
  /** Steps that were meant to act, in the order in which they first were. */
  readonly steps: Map<string, StepState>;
  /** What attempts of steps failed with, by step, also of those that never came to act. */
  readonly failedAttempts: Map<string, FailedAttempt[]>;
  /** Steps without which somebody let the run go on although they failed. */
  readonly tolerated: Set<string>;
  /** What was started for no step that had acted yet, and nobody knows to have ended: captures, conditions, checks, hooks; by who started it. */
  readonly others: Map<string, PlacedProcess[]>;
  /** What steps made, and what became of it. */
  readonly resources: LedgerLine[];
  /** What is to be live of each component that went back; null: nothing. */
  readonly expected: Map<string, ComponentState | null>;
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

/** The state of a run in which nothing has happened. */
export function emptyState(): RunState {
  return {
    steps: new Map(),
    failedAttempts: new Map(),
    tolerated: new Set(),
    others: new Map(),
    resources: [],
    expected: new Map(),
    evidence: [],
    direction: 'forward',
    plan: [],
    components: [],
    targetSnapshot: null,
    restoresComponents: false,
    cutOff: true,
  };
}

/** An entry, and when it was made, where that is known. */
type DatedEntry = Entry & { readonly at?: string };

/** Folds the entries of a journal to the state they describe. */
export function foldJournal(entries: readonly DatedEntry[]): RunState {
  const state = emptyState();
  for (const entry of entries) fold(state, entry);
  return state;
}

/** What becomes of a state with one more entry. */
export function fold(state: RunState, entry: DatedEntry): void {
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
    case 'intent':
      if (entry.act === 'run') intend(state, entry);
      else intendRestore(state, entry);
      break;
    case 'process':
      noteProcess(state, entry.step, { ...entry.process, ...placeOf(state) });
      break;
    case 'created':
      noteResource(state.resources, entry);
      break;
    case 'progress':
      update(state, entry.step, { progress: { ...state.steps.get(entry.step)?.progress, [entry.name]: entry.value } });
      break;
    case 'result':
      update(state, entry.name, { status: 'done', result: entry.result, processes: [] });
      break;
    case 'failed':
      fail(state, entry);
      break;
    case 'restored':
      restored(state, entry);
      break;
    case 'step-skipped':
      state.others.delete(entry.step);
      break;
    case 'suite':
      for (const { name } of entry.report.checks) state.others.delete(name);
      break;
    case 'step-tolerated':
      state.tolerated.add(entry.step);
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

function noteProcess(state: RunState, owner: string, process: PlacedProcess): void {
  const step = state.steps.get(owner);
  if (step) step.processes.push(process);
  else state.others.set(owner, [...(state.others.get(owner) ?? []), process]);
}

const placeOf = ({ owner }: RunState): Place => ({ host: owner?.host ?? '', boot_id: owner?.boot_id ?? '' });

function start(state: RunState, entry: DatedEntry & { type: 'run-started' }): void {
  const { run, environment, command, reason, owner, plan, components, target_snapshot: targetSnapshot } = entry;
  Object.assign(state, { run, environment, command, reason, owner, plan, components, targetSnapshot, startedAt: entry.at });
}

/** Somebody goes on with it; if that is cut off, too, the run is: nobody has ended what they began. */
function recover(state: RunState, { direction, owner, reason = state.reason }: DatedEntry & { type: 'recovery-started' }): void {
  const wasCutOff = state.status === undefined || state.leftCutOff === true;
  Object.assign(state, { direction, owner, reason, leftCutOff: wasCutOff, cutOff: true, status: undefined, finishedAt: undefined });
  // What could not be put back then is tried again.
  for (const step of state.steps.values()) delete step.kept;
}

/** A recovery that was refused or interrupted leaves a run that was cut off as it found it. */
function finish(state: RunState, { status, at }: DatedEntry & { type: 'run-finished' }): void {
  const cutOff = state.leftCutOff === true && (status === 'refused' || status === 'interrupted');
  Object.assign(state, { status, cutOff, leftCutOff: cutOff, finishedAt: at });
  state.others.clear();
}

function intend(state: RunState, entry: DatedEntry & { type: 'intent'; act: 'run' }): void {
  // It is tried again: what was judged about it before holds no more.
  if (state.failure?.step === entry.name) {
    delete state.failure;
    delete state.decision;
    delete state.context;
  }
  state.tolerated.delete(entry.name);
  state.others.delete(entry.name);
  const known = state.steps.get(entry.name);
  // What was there before the first attempt is what a rollback goes back to; of what was undone there is nothing.
  const isFirst = known === undefined || known.status === 'undone';
  const { before, input } = isFirst ? entry : known;
  state.steps.set(entry.name, {
    id: entry.name,
    uses: entry.uses,
    ...(entry.component === undefined ? {} : { component: entry.component }),
    status: 'unknown',
    attempts: entry.attempt,
    input,
    before,
    progress: isFirst ? {} : known.progress,
    place: placeOf(state),
    processes: [],
  });
}

function intendRestore(state: RunState, entry: DatedEntry & { type: 'intent'; act: 'restore' }): void {
  if (entry.kind === 'resource') settleResource(state.resources, entry, 'removing');
  else intendState(state, entry);
}

function intendState(state: RunState, entry: DatedEntry & { type: 'intent'; act: 'restore'; kind: 'step' | 'component' | 'part' }): void {
  // A run whose steps acted may restore components too, on the last bit of its way back.
  if (entry.kind !== 'step') state.restoresComponents ||= state.steps.size === 0;
  if (entry.kind === 'component') state.expected.set(entry.name, (entry.target ?? null) as unknown as ComponentState | null);
  const step = entry.kind === 'step' ? state.steps.get(entry.name) : undefined;
  if (step?.component !== undefined && isDeploy(step)) state.expected.set(step.component, step.before as unknown as ComponentState | null);
}

function restored(state: RunState, entry: DatedEntry & { type: 'restored' }): void {
  if (entry.kind === 'resource') settleResource(state.resources, entry, 'removed');
  if (entry.kind === 'step')
    update(state, entry.name, { processes: [], ...(entry.kept === undefined ? { status: 'undone' } : { kept: entry.kept }) });
}

function fail(state: RunState, entry: DatedEntry & { type: 'failed' }): void {
  const { name, act, error, attempt = 0 } = entry;
  if (entry.kind === 'resource') settleResource(state.resources, entry, 'remove_failed', error);
  if (entry.kind !== 'step') return;
  state.others.delete(name);
  if (act === 'run') state.failedAttempts.set(name, [...(state.failedAttempts.get(name) ?? []), { attempt, error }]);
  if (!entry.retried) update(state, name, { status: act === 'run' ? 'failed' : 'undo_failed', error, processes: [] });
}

/** Did the step bring a component live? */
export const isDeploy = ({ uses, component }: Pick<StepState, 'uses' | 'component'>): boolean =>
  uses === 'deploy' && component !== undefined;

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
function noteResource(ledger: LedgerLine[], noted: Noted): void {
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
function settleResource(ledger: readonly LedgerLine[], subject: ResourceSubject, fate: LedgerLine['fate'], error?: ReportedError): void {
  const line = ledger.find(({ step, resource }) => step === subject.step && isNamed(resource, subject));
  if (line === undefined) return;
  line.fate = fate;
  delete line.error;
  if (error !== undefined) line.error = error;
}

type ResourceSubject = Subject & { readonly kind: 'resource' };

const isNamed = ({ type, id }: Resource, { resource_type, name }: ResourceSubject): boolean => type === resource_type && id === name;

/** A resource as the journal names it. */
export const subjectOf = ({ step, resource }: LedgerLine): ResourceSubject => ({
  kind: 'resource',
  name: resource.id,
  resource_type: resource.type,
  step,
});

/** What steps made, and what became of it, as reports show it. */
export function reportedResources(ledger: readonly LedgerLine[]): Report['resources'] {
  const those = (wanted: (line: LedgerLine) => boolean) => ledger.filter(wanted).map(withoutCommands);
  const left = ledger.filter(({ fate }) => fate === 'removing' || fate === 'remove_failed');
  return {
    created: those(({ resource }) => resource.provenance !== 'reused'),
    removed: those(({ fate }) => fate === 'removed'),
    kept: those(({ fate }) => fate === 'standing'),
    orphans: left.map((line) => ({ ...withoutCommands(line), ...(line.error === undefined ? {} : { error: line.error }) })),
  };
}

/** What was there before is nobody's to remove: no script shall find a command for it. */
function withoutCommands({ resource, step }: LedgerLine): ReportedResource {
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

/** What a run was to deploy, by component; a rollback to a snapshot deploys nothing. */
export function versionsIn({ plan, components, restoresComponents }: RunState): Record<string, string> {
  const deployed = new Set(restoresComponents ? [] : plan.filter(({ uses }) => uses === 'deploy').map(({ component }) => component));
  return Object.fromEntries(components.filter(({ name }) => deployed.has(name)).map(({ name, version }) => [name, version]));
}
