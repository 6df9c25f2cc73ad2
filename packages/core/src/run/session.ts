import { join } from 'node:path';
import type { Redactor } from '@ship/redact';
import { monotonicMs } from '@ship/system';
import { errors } from '../errors/catalogue.js';
import { isShipError, messageOf, type ShipError, toReported } from '../errors/ship-error.js';
import { sha256 } from '../ids.js';
import type { Entry, PlannedStep } from '../journal/entries.js';
import type { Journal } from '../journal/journal.js';
import { fold, type RunState, reportedResources, type StepState } from '../journal/state.js';
import type { Kernel } from '../kernel.js';
import type {
  AnyAction,
  Decision,
  Failure,
  Json,
  JsonObject,
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
import { onEachTarget } from './fan-out.js';

/** What a session has from the moment it is open. */
export interface SessionParts {
  readonly kernel: Kernel;
  readonly plan: Plan;
  readonly command: string;
  readonly id: string;
  readonly lease: Lease;
  readonly journal: Journal;
  /** The fold of what the journal holds by now. */
  readonly state: RunState;
  /** The verified snapshot that a rollback goes back to. */
  readonly target: Snapshot | null;
  /** The run that failed or was killed after the last success, and was left as it is; null: there is none. */
  readonly unverifiedSince: string | null;
}

/** One run, and all that its parts share. What is known of it is in its state, which every entry of the journal is folded to. */
export class Session {
  readonly id: string;
  readonly kernel: Kernel;
  readonly plan: Plan;
  readonly command: string;
  readonly lease: Lease;
  readonly journal: Journal;
  readonly state: RunState;
  readonly target: Snapshot | null;
  readonly unverifiedSince: string | null;
  readonly started = new Date();
  readonly errors: ReportedError[] = [];
  readonly warnings: string[] = [];
  readonly facts: Record<string, string> = {};
  readonly record: RunRecord;
  /** Why nothing can be written down any more: then the run is cut off, and whoever comes next finishes it. */
  cutOff: ShipError | undefined;
  /** A step was meant to act since the session was opened, not only in the run that is gone on with. */
  hasRun = false;
  /** From the failure until it was decided, in milliseconds. */
  decisionMs = 0;
  /** The environment for tools: that of this process, and from the first step on as it was then. */
  env: Readonly<Record<string, string | undefined>> = process.env;
  readonly #interrupt = new AbortController();
  readonly #startedAt = monotonicMs();

  constructor({ id, kernel, plan, command, lease, journal, state, target, unverifiedSince }: SessionParts) {
    this.id = id;
    this.kernel = kernel;
    this.plan = plan;
    this.command = command;
    this.lease = lease;
    this.journal = journal;
    this.state = state;
    this.target = target;
    this.unverifiedSince = unverifiedSince;
    this.record = emptyRecord(plan);
  }

  /** Writes an entry down, durable before it resolves, and folds it: what is not on the disk has not happened. */
  async append(entry: Entry): Promise<void> {
    await this.journal.append(entry).catch((error: unknown) => {
      if (isShipError(error)) this.cutOff ??= error;
      throw error;
    });
    this.fold(entry);
    this.hasRun ||= entry.type === 'intent' && entry.act === 'run';
  }

  /** Writes down what need not be waited for. */
  note(entry: Entry): void {
    if (this.cutOff === undefined) this.journal.note(entry);
    this.fold(entry);
  }

  /** As the journal will give it back, with names in the place of secrets: what is read from the state is resolved. */
  fold(entry: Entry): void {
    fold(this.state, this.kernel.redactor.refer(entry));
  }

  /** Aborted when the run is interrupted. */
  get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** Is interrupted when the given signal is, until what is returned is called. */
  follow(outer: AbortSignal | undefined): () => void {
    const interrupt = () => this.interrupt(outer?.reason);
    outer?.addEventListener('abort', interrupt, { once: true });
    if (outer?.aborted) interrupt();
    return () => outer?.removeEventListener('abort', interrupt);
  }

  /** Somebody else has the lease: what is under way is asked to end, and nothing is written any more. */
  fence(error: ShipError): void {
    this.cutOff ??= error;
    this.#interrupt.abort(error);
  }

  /** Written down at once: whoever interrupts may not wait for the end. */
  interrupt(reason: unknown): void {
    this.note({ type: 'interrupted', signal: reason instanceof Error ? reason.message : String(reason) });
    this.#interrupt.abort(reason);
  }

  /** Milliseconds since the session was opened. */
  elapsed(): number {
    return Math.round(monotonicMs() - this.#startedAt);
  }

  /** An error as reports show it, redacted. */
  reported(error: unknown, source?: string): ReportedError {
    return toReported(error, (text) => this.kernel.redactor.redact(text), source);
  }

  /** Adds an error to the report of the run; what a tap throws at every event is reported once. */
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

  warn(text: string): void {
    const message = this.kernel.redactor.redact(text);
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

/** A step that was meant to act, with what is needed to go on with it or to put it back. */
export interface ActedStep {
  readonly step: Step;
  readonly action: AnyAction;
  readonly before: Json;
  readonly result: Json | undefined;
}

/** Throws where the action is not there any more, or where a secret is not set now. */
export function actedStep(session: Session, { id, uses, input, before, result }: StepState): ActedStep {
  const step = stepOf(session, id);
  const action = actionOf(session.kernel, step);
  if (action === undefined) throw errors.SHIP_RECOVER_NO_ACTION({ step: id, uses });
  const known = session.resolveSecrets({ input, before, result });
  return { step: { ...step, input: known.input as JsonObject }, action, before: known.before, result: known.result };
}

/** The action of a step, on each target of its place where that has several; undefined where no plugin brings it. */
export function actionOf({ registry, config }: Kernel, { uses, on = '' }: Pick<Step, 'uses' | 'on'>): AnyAction | undefined {
  const action = registry.actions.get(uses);
  const executor = registry.executors.get(on);
  return action && executor?.targets ? onEachTarget(action, on, executor, config.max_parallel) : action;
}

/** A step of the plan. The plan of a past run has all that acted in it. */
export const stepOf = ({ plan }: Session, id: string): Step => plan.steps.find((step) => step.id === id)!;

/** How often a step was meant to act, also in the run that is gone on with. */
export const attemptsOf = ({ state }: Session, id: string): number =>
  Math.max(state.steps.get(id)?.attempts ?? 0, state.failedAttempts.get(id)?.at(-1)?.attempt ?? 0);

/** What is known of a run so far: the body of its report. */
export interface RunRecord {
  steps: readonly StepReport[];
  failure: Failure | null;
  decision: Decision | null;
  rollback: RollbackReport | null;
  verification: VerificationReport;
  snapshot: string | null;
}

/** The record of a run in which nothing has happened. */
function emptyRecord(plan: Plan): RunRecord {
  return { steps: plan.steps.map(notRun), failure: null, decision: null, rollback: null, verification: {}, snapshot: null };
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
  const entry = { type: 'created', step, attempt, resource: checked(step, given) } as const;
  // It is there, whether that can be written down or not: this run at least knows of it.
  session.fold(entry);
  session.emit({ type: 'resource-noted', step, resource: session.kernel.redactor.redactDeep(entry.resource) });
  await session.append(entry);
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

/** What steps made, and what became of it, redacted. */
export const resourcesOf = ({ state, kernel }: Session): Report['resources'] =>
  kernel.redactor.redactDeep(kernel.redactor.resolve(reportedResources(state.resources)));

/** A step as the journal names it. Its hash holds no secret: what is hashed has names in their place. */
export function plannedStep(step: Step, redactor: Redactor): PlannedStep {
  const { id, uses, on, input, needs, when, component, retry, timeout_ms, continue_on_error, leaves } = step;
  const definition = redactor.referToJson({ uses, on, input, needs, when, component, retry, timeout_ms, continue_on_error, leaves });
  const hash = sha256(definition).slice(0, 16);
  return {
    id,
    uses,
    needs,
    ...(component ? { component: component.name } : {}),
    ...(on === undefined ? {} : { on }),
    ...(leaves && { leaves }),
    ...(step.irreversible === undefined ? {} : { irreversible: redactor.redact(step.irreversible) }),
    hash,
  };
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

/** Where the output of the commands of a run is kept. */
export const logsFolder = ({ kernel, id }: Session): string => join(kernel.stateDir, 'runs', kernel.config.environment, id, 'logs');
