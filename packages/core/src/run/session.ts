import { errors } from '../errors/catalogue.js';
import { messageOf, toReported } from '../errors/ship-error.js';
import type { PlannedStep } from '../journal/entries.js';
import type { Journal } from '../journal/journal.js';
import { type LedgerLine, noteResource, type RunState, reportedResources } from '../journal/state.js';
import type { Kernel } from '../kernel.js';
import { monotonicMs } from '../process.js';
import type { Redactor } from '../redact.js';
import { sha256 } from '../sha256.js';
import { soon } from '../soon.js';
import type {
  AnyAction,
  ComponentState,
  Decision,
  Evidence,
  FailedAttempt,
  Failure,
  Json,
  Lease,
  Plan,
  Report,
  ReportedError,
  Resource,
  RollbackReport,
  ShipEvent,
  Snapshot,
  Step,
  StepReport,
  VerificationReport,
} from '../types/index.js';

/** A step that was meant to act: what a rollback needs of it. */
export interface ActedStep {
  readonly step: Step;
  readonly action: AnyAction;
  readonly before: Json;
  result?: Json;
}

/** A resource of this run. `unusable`: why what the journal holds of it cannot be used. */
export interface LedgeredResource extends LedgerLine {
  readonly unusable?: unknown;
}

/** How often a step was meant to act, and what its failed attempts failed with. */
export interface Attempts {
  count: number;
  readonly failed: FailedAttempt[];
}

/** What a session has from the moment it is open. */
export interface SessionParts {
  readonly kernel: Kernel;
  readonly plan: Plan;
  readonly command: string;
  readonly id: string;
  readonly lease: Lease;
  readonly journal: Journal;
  /** The verified snapshot that a rollback goes back to. */
  readonly target: Snapshot | null;
  /** The run that failed or was killed after the last success, and was left as it is; null: there is none. */
  readonly unverifiedSince: string | null;
}

/** One run, and all that its parts share. */
export class Session {
  readonly id: string;
  readonly kernel: Kernel;
  readonly plan: Plan;
  readonly command: string;
  readonly lease: Lease;
  readonly journal: Journal;
  readonly target: Snapshot | null;
  readonly unverifiedSince: string | null;
  readonly started = new Date();
  /** In the order in which the steps were first meant to act. */
  readonly acted = new Map<string, ActedStep>();
  /** Steps that need not run: they are done, passed over, or somebody lets the run go on without them. */
  readonly finished = new Map<string, StepReport>();
  /** Steps of which this run has nothing to undo any more. */
  readonly undone = new Set<string>();
  /** What is to be live, by component, after what was taken back so far; null: nothing. */
  readonly takenBack = new Map<string, ComponentState | null>();
  /** In the order in which they were noted. */
  readonly resources: LedgeredResource[] = [];
  readonly errors: ReportedError[] = [];
  readonly warnings: string[] = [];
  readonly facts: Record<string, string> = {};
  readonly record: RunRecord;
  /** From the failure until it was decided, in milliseconds. */
  decisionMs = 0;
  /** The environment for tools: that of this process, and from the first step on as it was then. */
  env: Readonly<Record<string, string | undefined>> = process.env;
  readonly #attempts = new Map<string, Attempts>();
  readonly #interrupt = new AbortController();
  #outer: AbortSignal | undefined;
  readonly #startedAt = monotonicMs();

  constructor({ id, kernel, plan, command, lease, journal, target, unverifiedSince }: SessionParts) {
    this.id = id;
    this.kernel = kernel;
    this.plan = plan;
    this.command = command;
    this.lease = lease;
    this.journal = journal;
    this.target = target;
    this.unverifiedSince = unverifiedSince;
    this.record = emptyRecord(plan);
  }

  /** Aborted when the run is interrupted. */
  get signal(): AbortSignal {
    this.#look();
    return this.#interrupt.signal;
  }

  /** Is interrupted when the given signal is, until what is returned is called. */
  follow(outer: AbortSignal | undefined): () => void {
    if (outer === undefined) return () => {};
    this.#outer = outer;
    const look = () => this.#look();
    const unheard = soon(() => {
      outer.addEventListener('abort', look, { once: true });
      look();
    });
    return () => {
      unheard();
      outer.removeEventListener('abort', look);
      this.#outer = undefined;
    };
  }

  #look(): void {
    if (this.#outer?.aborted && !this.#interrupt.signal.aborted) this.interrupt(this.#outer.reason);
  }

  /** Written down at once: whoever interrupts may not wait for the end. */
  interrupt(reason: unknown): void {
    this.journal.note({ type: 'interrupted', signal: reason instanceof Error ? reason.message : String(reason) });
    this.#interrupt.abort(reason);
  }

  /** The attempts of a step, also those of the run that is gone on with. */
  attemptsOf(step: string): Attempts {
    const known = this.#attempts.get(step) ?? { count: 0, failed: [] };
    this.#attempts.set(step, known);
    return known;
  }

  /** Milliseconds since the session was opened. */
  elapsed(): number {
    return Math.round(monotonicMs() - this.#startedAt);
  }

  /** An error as reports show it, redacted. */
  reported(error: unknown, source?: string): ReportedError {
    return toReported(error, (text) => this.kernel.redactor.redact(text), source);
  }

  /** Adds an error to the report of the run; what a tap throws at every event is told once. */
  report(error: unknown): void {
    const reported = this.reported(error);
    const known = this.errors.some(
      ({ code, message, source }) => [code, message, source].join() === [reported.code, reported.message, reported.source].join(),
    );
    if (!known) this.errors.push(reported);
  }

  emit(event: ShipEvent): void {
    const { event: hook } = this.kernel.hooks;
    if (hook.isUsed()) hook.call(event);
  }

  warn(told: string): void {
    const message = this.kernel.redactor.redact(told);
    this.warnings.push(message);
    this.emit({ type: 'log', level: 'warn', message });
  }

  /** Puts the values of secrets back where what was kept holds their names. */
  resolveSecrets<T>(value: T): T {
    return resolveSecrets(this.kernel.redactor, value);
  }
}

/** Puts the values of secrets back; SHIP_SECRET_MISSING where one is not set now. */
export function resolveSecrets<T>(redactor: Redactor, value: T): T {
  const names = new Set<string>();
  const resolved = redactor.resolve(value, (name) => names.add(name));
  if (names.size > 0) throw errors.SHIP_SECRET_MISSING({ names: [...names] });
  return resolved;
}

/** What is known of a run so far: the body of its report. */
export interface RunRecord {
  steps: readonly StepReport[];
  failure: Failure | null;
  decision: Decision | null;
  rollback: RollbackReport | null;
  verification: VerificationReport;
  snapshot: string | null;
  evidence: readonly Evidence[];
}

/** The record of a run in which nothing has happened. */
export function emptyRecord(plan: Plan): RunRecord {
  return { steps: plan.steps.map(notRun), failure: null, decision: null, rollback: null, verification: {}, snapshot: null, evidence: [] };
}

/** A step that never began. */
export function notRun(step: Plan['steps'][number]): StepReport {
  return {
    id: step.id,
    uses: step.uses,
    ...(step.component ? { component: step.component.name } : {}),
    status: 'not_run',
    duration_ms: 0,
    attempts: 0,
  };
}

const PROVENANCES: ReadonlySet<Resource['provenance']> = new Set(['created', 'reused', 'pending'] as const);

/** `bucket b-1`: what people read. */
export const nameOf = ({ type, id }: Pick<Resource, 'type' | 'id'>): string => `${type} ${id}`;

/** Notes a resource, durable before it resolves: whoever made it calls this before anything else. */
export async function recordResource(session: Session, step: string, given: Resource, attempt: number): Promise<void> {
  const resource = checked(step, given);
  noteResource(session.resources, { step, resource, attempt });
  session.emit({ type: 'resource-noted', step, resource: session.kernel.redactor.redactDeep(resource) });
  await session.journal.append({ type: 'created', step, attempt, resource });
}

/** A resource that can be found again, exactly as the journal will give it back. */
function checked(step: string, given: Resource): Resource {
  const refuse = (problem: string) => errors.SHIP_RESOURCE_INVALID({ step, problem });
  let resource: Partial<Resource> | null;
  try {
    resource = JSON.parse(JSON.stringify(given) ?? 'null') as Partial<Resource> | null;
  } catch (cause) {
    throw refuse(messageOf(cause).split('\n')[0]!);
  }
  for (const field of ['type', 'id'] as const)
    if (typeof resource?.[field] !== 'string' || resource[field] === '')
      throw refuse(`its ${field} is ${JSON.stringify(resource?.[field])}`);
  if (!PROVENANCES.has(resource!.provenance!)) throw refuse(`its provenance is ${JSON.stringify(resource!.provenance)}`);
  return resource as Resource;
}

/** The ledger of a past run, with its secrets. Where one is not set, the resource cannot be removed, and says why. */
export function adoptResources(session: Session, { resources }: RunState): void {
  session.resources.push(...resources.map((line) => adopted(session, line)));
}

function adopted(session: Session, line: LedgerLine): LedgeredResource {
  try {
    return { ...line, resource: session.resolveSecrets(line.resource) };
  } catch (unusable) {
    return { ...line, unusable };
  }
}

/** What steps made, and what became of it, redacted. */
export function resourcesOf({ resources, kernel }: Session): Report['resources'] {
  return kernel.redactor.redactDeep(reportedResources(resources));
}

/** A step as the journal names it. Its hash holds no secret: what is hashed has names in their place. */
export function plannedStep(step: Step, redactor: Redactor): PlannedStep {
  const { id, uses, input, needs, when, component, retry, timeout_ms, continue_on_error } = step;
  const definition = redactor.referToJson({ uses, input, needs, when, component, retry, timeout_ms, continue_on_error });
  const hash = sha256(definition).slice(0, 16);
  return { id, uses, needs, ...(component ? { component: component.name } : {}), hash };
}

/** What is different in a plan, in words; empty where it is the same. */
export function changesOf(before: readonly PlannedStep[], now: readonly PlannedStep[]): string[] {
  const old = new Map(before.map((step) => [step.id, step]));
  const ids = new Set(now.map(({ id }) => id));
  const gone = before.filter(({ id }) => !ids.has(id)).map(({ id }) => `step ${id} is gone`);
  const changed = now.flatMap((step) => {
    const was = old.get(step.id);
    if (was === undefined) return [`step ${step.id} is new`];
    if (was.uses !== step.uses) return [`step ${step.id} uses ${step.uses}, and used ${was.uses}`];
    if (was.needs.join() !== step.needs.join()) return [`step ${step.id} needs ${list(step.needs)}, and needed ${list(was.needs)}`];
    return was.hash === step.hash ? [] : [`step ${step.id} is written differently`];
  });
  return [...gone, ...changed];
}

const list = (ids: readonly string[]): string => (ids.length === 0 ? 'nothing' : ids.join(', '));
