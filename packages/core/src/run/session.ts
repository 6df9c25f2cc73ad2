import { errors } from '../errors/catalogue.js';
import { toReported } from '../errors/report.js';
import type { Journal } from '../journal/journal.js';
import type { LedgerLine } from '../journal/ledger.js';
import type { Kernel } from '../kernel.js';
import { monotonicMs } from '../process-identity.js';
import type { Redactor } from '../redact.js';
import { soon } from '../soon.js';
import type {
  AnyAction,
  ComponentState,
  FailedAttempt,
  Json,
  Lease,
  Plan,
  ReportedError,
  ShipEvent,
  Snapshot,
  Step,
  StepReport,
} from '../types/index.js';
import { emptyRecord, type RunRecord } from './record.js';

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
