import { AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook, SyncHook } from 'tapable';
import { type CallRules, callSyncTaps, callTaps, type HookKind, type OwnedTap, type TapErrorSink, TapWatch } from './hook-call.js';
import type {
  ComponentState,
  Config,
  Context,
  Decision,
  Failure,
  FailureContext,
  Finding,
  Plan,
  Position,
  RollbackReport,
  RunStatus,
  ShipEvent,
  Snapshot,
  Step,
  StepReport,
  Store,
  VerificationReport,
} from './types/index.js';

/** What the hook `plan` is given: the plan, and a place for what is found in it. */
export interface PlanReview {
  readonly plan: Plan;
  finding(finding: Finding): void;
  /** Where something of the config stands, such as `['components', 'web', 'path']`. */
  positionOf(path: readonly (string | number)[]): Position;
}

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
  /** What is restored: what the steps of the run captured, or what the target holds. */
  readonly to: 'captures' | 'snapshot';
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
  readonly plan: AsyncSeriesHook<[PlanReview, Context], Owner>;
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

/**
 * Guards every tap: errors carry `plugin/hook`, a tap that never settles meets a deadline, and in
 * settle-all hooks an error does not stop the next tap. tapable keeps the taps and their order;
 * how they are called is compiled here instead of there.
 */
export function guardHooks(hooks: Hooks, sink: TapErrorSink, deadlineMs = TAP_DEADLINE_MS): void {
  const watch = new TapWatch(deadlineMs);
  for (const [name, kind] of Object.entries(HOOK_KINDS) as [HookName, HookKind][]) {
    const rules: CallRules = { hook: name, kind, sink, watch };
    const hook = hooks[name] as unknown as { compile(options: { taps: readonly OwnedTap[] }): (...args: unknown[]) => unknown };
    const call = kind === 'sync' ? callSyncTaps : callTaps;
    hook.compile =
      ({ taps }) =>
      (...args) =>
        call(rules, taps, args);
  }
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
