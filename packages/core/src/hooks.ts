import { AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook, SyncHook } from 'tapable';
import { errors } from './errors/catalogue.js';
import { isShipError } from './errors/ship-error.js';
import type {
  ComponentState,
  Config,
  Context,
  Decision,
  Failure,
  FailureContext,
  Finding,
  Plan,
  RollbackReport,
  RunStatus,
  ShipEvent,
  Snapshot,
  Step,
  StepReport,
  Store,
  VerificationReport,
} from './types/index.js';

/** What the hooks of a run are given besides their subject. */
export interface RunContext extends Context {
  readonly config: Config;
  readonly plan: Plan;
  readonly command: string;
  readonly store: Store;
  /** Adds a fact, such as `branch`, for conditions and reports. */
  fact(name: string, value: string): void;
  /** What is live, asked of each component's driver. Components that were never deployed are absent. */
  describeComponents(): Promise<Readonly<Record<string, ComponentState>>>;
  /** Replaces secrets by references, for what is kept and read back by `ship`. */
  refer<T>(value: T): T;
  /** Tells view, log and metrics what happened. */
  announce(event: ShipEvent): void;
  /** The verified snapshot that a rollback of this run would go back to. */
  readonly target: Snapshot | null;
}

/** What `beforeStep` may answer. `skip` passes the step over, `veto` fails it before it acts. */
export type StepGate = { readonly skip: string } | { readonly veto: string };

/** How a run ended, for `afterRun`. Taps may set `snapshot` and add to `notes`. */
export interface RunOutcome {
  readonly status: RunStatus;
  readonly steps: readonly StepReport[];
  readonly verification: VerificationReport;
  readonly failure: Failure | null;
  readonly rollback: RollbackReport | null;
  snapshot: string | null;
}

/** What is to be rolled back, for `beforeRollback` and `rollback`. */
export interface RollbackRequest {
  readonly scope: 'full' | 'partial';
  readonly component?: string;
  readonly target: Snapshot | null;
  readonly failure: Failure | null;
  readonly decision: Decision;
}

/** A failure with what plugins gathered about it. */
export interface FailureNotice {
  readonly failure: Failure;
  readonly context: FailureContext;
  /** Keeps evidence in the journal. The text is redacted. */
  addEvidence(name: string, text: string): void;
}

/** What kind of hook it is: how taps are called, and what an error of one does. */
export type HookKind = 'waterfall' | 'series' | 'bail' | 'settle-all' | 'sync';

/**
 * The hook table. `settle-all`: every tap runs although others throw, and the errors come back
 * with plugin and hook named. `series` and `bail`: the first throw ends the hook.
 * `beforeStep`, `onFailure` and `afterRollback` keep exactly these names.
 */
export const HOOK_KINDS = {
  config: 'waterfall',
  plan: 'series',
  beforeRun: 'series',
  afterRun: 'settle-all',
  beforeStep: 'bail',
  afterStep: 'settle-all',
  onFailure: 'settle-all',
  decide: 'bail',
  beforeRollback: 'settle-all',
  rollback: 'bail',
  afterRollback: 'settle-all',
  event: 'sync',
} as const satisfies Record<string, HookKind>;

export type HookName = keyof typeof HOOK_KINDS;

/** Who tapped. tapable keeps it beside the tap's own name. */
interface Owner {
  readonly plugin?: string;
}

/** The kernel's own hooks. Plugins see them through {@link PluginHooks}. */
export interface Hooks {
  readonly config: AsyncSeriesWaterfallHook<[Config], Config, Owner>;
  readonly plan: AsyncSeriesHook<[{ plan: Plan; finding(finding: Finding): void }, Context], Owner>;
  readonly beforeRun: AsyncSeriesHook<[RunContext], Owner>;
  readonly afterRun: AsyncSeriesHook<[RunOutcome, RunContext], Owner>;
  readonly beforeStep: AsyncSeriesBailHook<[Step, RunContext], StepGate | undefined | void, Owner>;
  readonly afterStep: AsyncSeriesHook<[StepReport, RunContext], Owner>;
  readonly onFailure: AsyncSeriesHook<[FailureNotice['failure'], RunContext, FailureNotice], Owner>;
  readonly decide: AsyncSeriesBailHook<[Decision, FailureContext, RunContext], Decision | undefined | void, Owner>;
  readonly beforeRollback: AsyncSeriesHook<[RollbackRequest, RunContext, (finding: Finding) => void], Owner>;
  readonly rollback: AsyncSeriesBailHook<[RollbackRequest, RunContext], RollbackReport | undefined | void, Owner>;
  readonly afterRollback: AsyncSeriesHook<[RollbackReport, RunContext], Owner>;
  readonly event: SyncHook<[ShipEvent], void, Owner>;
}

type TapMethods = 'tap' | 'tapAsync' | 'tapPromise';

/** tapable's own `tap`, `tapAsync` and `tapPromise` of every hook; what is tapped is attributed to the plugin. */
export type PluginHooks = { readonly [Name in HookName]: Pick<Hooks[Name], Extract<TapMethods, keyof Hooks[Name]>> };

/** How long a tap may take before the run goes on without it, in milliseconds. */
const TAP_DEADLINE_MS = 300_000;

type AnyHook = Hooks[HookName];

/** Makes the kernel's hooks. */
export function createHooks(): Hooks {
  const hooks: Hooks = {
    config: new AsyncSeriesWaterfallHook(['config'], 'config'),
    plan: new AsyncSeriesHook(['plan', 'context'], 'plan'),
    beforeRun: new AsyncSeriesHook(['run'], 'beforeRun'),
    afterRun: new AsyncSeriesHook(['outcome', 'run'], 'afterRun'),
    beforeStep: new AsyncSeriesBailHook(['step', 'run'], 'beforeStep'),
    afterStep: new AsyncSeriesHook(['step', 'run'], 'afterStep'),
    onFailure: new AsyncSeriesHook(['failure', 'run', 'notice'], 'onFailure'),
    decide: new AsyncSeriesBailHook(['decision', 'context', 'run'], 'decide'),
    beforeRollback: new AsyncSeriesHook(['request', 'run', 'finding'], 'beforeRollback'),
    rollback: new AsyncSeriesBailHook(['request', 'run'], 'rollback'),
    afterRollback: new AsyncSeriesHook(['rollback', 'run'], 'afterRollback'),
    event: new SyncHook(['event'], 'event'),
  };
  return Object.freeze(hooks);
}

/** Where the errors of settle-all hooks and of `event` taps go. */
export type TapErrorSink = (error: Error) => void;

/**
 * Guards every tap that will be registered: errors carry `plugin/hook`, a tap that never
 * settles meets a deadline, and in settle-all hooks an error does not stop the next tap.
 */
export function guardHooks(hooks: Hooks, sink: TapErrorSink, deadlineMs = TAP_DEADLINE_MS): void {
  for (const name of Object.keys(HOOK_KINDS) as HookName[]) {
    const hook = hooks[name] as AnyHook & { intercept(interceptor: { register(tap: GuardedTap): GuardedTap }): void };
    hook.intercept({ register: (tap) => guardTap(tap, name, sink, deadlineMs) });
  }
}

interface GuardedTap {
  type: 'sync' | 'async' | 'promise';
  name: string;
  plugin?: string;
  // biome-ignore lint/suspicious/noExplicitAny: tapable's own type of a tap
  fn: any;
}

function guardTap(tap: GuardedTap, hook: HookName, sink: TapErrorSink, deadlineMs: number): GuardedTap {
  const source = `${tap.plugin ?? tap.name}/${hook}`;
  const swallows = HOOK_KINDS[hook] === 'settle-all' || HOOK_KINDS[hook] === 'sync';
  const named = (error: unknown) => nameError(error, source);
  const settle = (error: unknown) => {
    if (!swallows) throw named(error);
    sink(named(error));
  };
  const { fn, type } = tap;
  if (HOOK_KINDS[hook] === 'sync') return { ...tap, fn: (...args: unknown[]) => callSync(fn, args, settle) };
  // `tap` with an async function is a common slip: what it answers is awaited all the same.
  const call = type === 'async' ? (...args: unknown[]) => callbackToPromise(fn, args) : async (...args: unknown[]) => fn(...args);
  return { ...tap, type: 'promise', fn: (...args: unknown[]) => withDeadline(call, args, source, deadlineMs).catch(settle) };
}

/** Nothing waits for what a tap of a sync hook begins; its error is told all the same. */
function callSync(fn: (...args: unknown[]) => unknown, args: unknown[], settle: (error: unknown) => void): void {
  try {
    const answer = fn(...args);
    if (answer instanceof Promise) answer.catch(settle);
  } catch (error) {
    settle(error);
  }
}

function callbackToPromise(fn: (...args: unknown[]) => void, args: unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    fn(...args, (error: unknown, result: unknown) => (error ? reject(error) : resolve(result)));
  });
}

function withDeadline(
  call: (...args: unknown[]) => Promise<unknown>,
  args: unknown[],
  source: string,
  deadlineMs: number,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(errors.SHIP_HOOK_TIMEOUT({ source, deadlineMs })), deadlineMs);
    const done = (settle: (value: unknown) => void) => (value: unknown) => {
      clearTimeout(timer);
      settle(value);
    };
    call(...args).then(done(resolve), done(reject));
  });
}

function nameError(error: unknown, source: string): Error {
  if (isShipError(error)) {
    if (error.source === undefined) Object.defineProperty(error, 'source', { value: source });
    return error;
  }
  return errors.SHIP_HOOK_FAILED({ source, message: error instanceof Error ? error.message : String(error) }, { cause: error, source });
}

/** The hooks as one plugin sees them: it may tap, and what it taps bears its name. */
export function pluginHooks(hooks: Hooks, plugin: string): PluginHooks {
  const scoped = Object.keys(HOOK_KINDS).map((name) => {
    // biome-ignore lint/suspicious/noExplicitAny: the three methods have the same shape on every hook
    const hook = hooks[name as HookName] as any;
    const attributed =
      (method: TapMethods) =>
      // biome-ignore lint/suspicious/noExplicitAny: tapable's own signature
      (tap: string | { name: string }, fn: any) =>
        hook[method]({ ...(typeof tap === 'string' ? { name: tap } : tap), plugin }, fn);
    const methods = {
      tap: attributed('tap'),
      ...(name === 'event' ? {} : { tapAsync: attributed('tapAsync'), tapPromise: attributed('tapPromise') }),
    };
    return [name, Object.freeze(methods)];
  });
  return Object.freeze(Object.fromEntries(scoped)) as PluginHooks;
}
