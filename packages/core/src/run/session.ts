import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errors } from '../errors/catalogue.js';
import { toReported } from '../errors/report.js';
import type { RunContext } from '../hooks.js';
import { uniqueId } from '../ids.js';
import { Journal, journalKey } from '../journal/journal.js';
import type { Kernel } from '../kernel.js';
import { FOLDER_MODE } from '../store/durable.js';
import { thisOwner } from '../store/owner.js';
import type {
  Action,
  CheckConfig,
  ComponentState,
  Context,
  Json,
  Lease,
  Logger,
  Output,
  Plan,
  ReportedError,
  Resource,
  ShipEvent,
  Snapshot,
  Step,
  StepContext,
  SuiteName,
} from '../types/index.js';

import { emptyRecord, type RunRecord } from './record.js';

/** Of the name of a log, without its suffix. */
const LONGEST_LOG_NAME = 100;

/** A step that was meant to act: what a rollback needs of it. */
export interface ActedStep {
  readonly step: Step;
  // biome-ignore lint/suspicious/noExplicitAny: each action has types of its own
  readonly action: Action<any, any, any>;
  readonly before: Json;
  result?: Json;
}

/** One run, and all that its parts share. */
export class Session {
  readonly id = uniqueId();
  readonly started = new Date();
  /** In the order in which the steps were first meant to act. */
  readonly acted = new Map<string, ActedStep>();
  readonly resources: Resource[] = [];
  readonly errors: ReportedError[] = [];
  readonly warnings: string[] = [];
  readonly facts: Record<string, string> = {};
  readonly record: RunRecord;
  readonly #interrupt = new AbortController();
  readonly #startedAt = performance.now();
  #runContext: RunContext | undefined;
  #env: Readonly<Record<string, string | undefined>> = { ...process.env };
  journal!: Journal;
  lease!: Lease;
  target: Snapshot | null = null;

  private constructor(
    readonly kernel: Kernel,
    readonly plan: Plan,
    readonly command: string,
  ) {
    this.record = emptyRecord(plan);
  }

  /** Opens a session, works, and gives the lease back whatever happens. */
  static async use<T>(
    kernel: Kernel,
    plan: Plan,
    options: { command: string; signal?: AbortSignal },
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const session = await Session.open(kernel, plan, options.command);
    const { signal } = options;
    const onAbort = () => session.#interrupted(signal!.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    try {
      return await work(session);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      await session.#release();
    }
  }

  /** Takes the lease of the environment and opens the journal. */
  private static async open(kernel: Kernel, plan: Plan, command: string): Promise<Session> {
    const session = new Session(kernel, plan, command);
    const { environment, project } = kernel.config;
    const owner = thisOwner(session.id, command);
    session.lease = await kernel.store.lease(environment, owner);
    try {
      session.target = (await kernel.registry.snapshots?.latest(environment)) ?? null;
      session.journal = await Journal.create(kernel.store, environment, session.id, kernel.redactor, { concurrent: isParallel(plan) });
      const { user, host, pid, boot_id } = owner;
      await session.journal.append({
        type: 'run-started',
        run: session.id,
        project,
        environment,
        command,
        owner: { user, host, pid, boot_id },
        token: session.lease.token,
        plan: plan.steps.map(({ id, uses, needs, component }) => ({
          id,
          uses,
          needs,
          ...(component ? { component: component.name } : {}),
        })),
        target_snapshot: session.target?.id ?? null,
      });
    } catch (error) {
      await session.lease.release();
      throw error;
    }
    session.#tellOfUnfinished();
    return session;
  }

  /** Somebody died while deploying: nobody may think that their run was ended. */
  #tellOfUnfinished(): void {
    const { previous } = this.lease;
    if (previous === undefined) return;
    const { run, user, host, since } = previous;
    const journal = journalKey(this.kernel.config.environment, run);
    this.warn(
      `the run ${run} of ${user}@${host} (since ${since}) was killed: what it did stands, undone by nobody. Its journal is .speckit/${journal}`,
    );
  }

  /** Puts the values of secrets back where what was kept holds their names. */
  resolveSecrets<T>(value: T): T {
    const names = new Set<string>();
    const resolved = this.kernel.redactor.resolve(value, (name) => names.add(name));
    if (names.size > 0) throw errors.SHIP_SECRET_MISSING({ names: [...names] });
    return resolved;
  }

  /** Written down at once: whoever interrupts may not wait for the end. */
  #interrupted(reason: unknown): void {
    this.journal.note({ type: 'interrupted', signal: reason instanceof Error ? reason.message : String(reason) });
    this.#interrupt.abort(reason);
  }

  /** A lease that cannot be given back is free once this process has ended; the result of the run stands. */
  async #release(): Promise<void> {
    try {
      await this.lease.release();
    } catch (error) {
      this.warn(`the lease was not given back: ${(error as Error).message}`);
    }
  }

  /** Aborted when the run is interrupted. */
  get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** Milliseconds since the session was opened. */
  elapsed(): number {
    return Math.round(performance.now() - this.#startedAt);
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

  /** The context of what belongs to no step. */
  context(signal: AbortSignal = this.signal, owner = 'run'): Context {
    const { kernel } = this;
    return {
      run: this.id,
      project: kernel.config.project,
      environment: kernel.config.environment,
      dir: kernel.config.dir,
      stateDir: kernel.stateDir,
      env: this.#env,
      signal,
      log: this.#logger(owner),
      facts: this.facts,
      output: (output) => this.#output(owner, output),
      redact: (text) => kernel.redactor.redact(text),
      spawned: (process) => {
        this.journal.note({ type: 'process', step: owner, process });
        this.emit({ type: 'process-started', process });
      },
      created: async (resource) => {
        this.resources.push(resource);
        await this.journal.append({ type: 'created', step: owner, resource });
      },
    };
  }

  stepContext(step: Step, attempt: number, signal: AbortSignal): StepContext {
    return {
      ...this.context(signal, step.id),
      step: { id: step.id, uses: step.uses, attempt },
      ...(step.component ? { component: step.component } : {}),
    };
  }

  /** Plugins may have set variables in `beforeRun`: from here on the tools get them. */
  readEnvironment(): void {
    this.#env = { ...process.env };
    this.#runContext = undefined;
  }

  /** What hooks are given. */
  runContext(): RunContext {
    this.#runContext ??= {
      ...this.context(),
      config: this.kernel.config,
      plan: this.plan,
      command: this.command,
      store: this.kernel.store,
      target: this.target,
      fact: (name, value) => {
        this.facts[name] = value;
      },
      describeComponents: () => this.describeComponents(),
      refer: (value) => this.kernel.redactor.refer(value),
      announce: (event) => this.emit(event),
    };
    return this.#runContext;
  }

  async describeComponents(): Promise<Record<string, ComponentState>> {
    const states: Record<string, ComponentState> = {};
    for (const component of this.plan.components) {
      const state = await this.kernel.registry.drivers.get(component.driver)?.describe(this.context(), component);
      if (state) states[component.name] = state;
    }
    return states;
  }

  /** The checks of a suite: as configured, or as they were when the snapshot was taken. */
  checks(suite: SuiteName): readonly CheckConfig[] {
    return this.kernel.config.verify[suite];
  }

  #logger(source: string): Logger {
    const log = (level: 'debug' | 'info' | 'warn') => (message: string) =>
      this.emit({ type: 'log', level, message: this.kernel.redactor.redact(message), source });
    return { debug: log('debug'), info: log('info'), warn: log('warn') };
  }

  #output(step: string, output: Output): void {
    const text = this.kernel.redactor.redact(output.text);
    // A check may have any name; ids of steps are plain already.
    const file = step.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, LONGEST_LOG_NAME);
    const path = join(this.kernel.stateDir, 'runs', this.kernel.config.environment, this.id, 'logs', `${file}.log`);
    try {
      appendFileSync(path, text, { mode: 0o600 });
    } catch {
      // The folder is made when the first line comes; a log that cannot be written never fails a step.
      tryWriteFirst(path, text);
    }
    this.emit({ type: 'step-output', step, output: { stream: output.stream, text } });
  }
}

function tryWriteFirst(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
    appendFileSync(path, text, { mode: 0o600 });
  } catch {
    // As above.
  }
}

/** Do steps run side by side? A step that needs just the one above it does not. */
function isParallel({ steps, config }: Plan): boolean {
  const chained = steps.every(({ needs }, index) =>
    index === 0 ? needs.length === 0 : needs.length === 1 && needs[0] === steps[index - 1]!.id,
  );
  return config.max_parallel > 1 && !chained;
}
