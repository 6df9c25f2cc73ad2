import { AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook, type FullTap, SyncHook } from 'tapable';
import { inTime } from './deadline.js';
import { errors } from './errors/catalogue.js';
import { isShipError, messageOf } from './errors/ship-error.js';
import type {
  Config,
  Context,
  Decision,
  Failure,
  FailureContext,
  Finding,
  Plan,
  Position,
  RollbackReport,
  RollbackRequest,
  RunContext,
  RunStatus,
  ShipEvent,
  Step,
  StepReport,
  VerificationReport,
} from './types/index.js';

/** What the hook `plan` is given: the plan, and a place for what is found in it. */
export interface PlanReview {
  /** What will be done. */
  readonly plan: Plan;
  /**
   * `preview`: as `deploy`, and nothing of it will run: what would refuse it today is a warning. `rollback`: no step of it
   * will run, only its components are gone back to; what is wrong with the steps keeps nobody from that.
   */
  readonly purpose: 'deploy' | 'preview' | 'rollback';
  /** Keeps what was found; one of level `block` refuses the plan. */
  finding(finding: Finding): void;
  /** Where something of the config stands, such as `['components', 'web', 'path']`. */
  positionOf(path: readonly (string | number)[]): Position;
}

/** What `beforeStep` may answer. `skip` passes the step over, `veto` fails it before it acts. */
export type StepGate = { readonly skip: string } | { readonly veto: string };

/** How a run ended, for `afterRun`. Taps may set `snapshot` and add to `notes`. */
export interface RunOutcome {
  /** How it ended. */
  readonly status: RunStatus;
  /** One for each step of the plan. */
  readonly steps: readonly StepReport[];
  /** Suites that ran, by name. */
  readonly verification: VerificationReport;
  /** What went wrong, judged. */
  readonly failure: Failure | null;
  /** What the rollback did; null where there was none. */
  readonly rollback: RollbackReport | null;
  /** The id of the snapshot that was taken; a tap that takes one sets it. */
  snapshot: string | null;
}

/** A failure with what plugins gathered about it. */
export interface FailureNotice {
  /** The failure, judged. */
  readonly failure: Failure;
  /** What the decision will be made of. */
  readonly context: FailureContext;
  /** Keeps evidence in the journal. The text is redacted. */
  addEvidence(name: string, text: string): void;
}

/** What kind of hook it is: which answer counts, and what an error of a tap does. */
export type HookKind = 'waterfall' | 'series' | 'bail' | 'settle-all' | 'sync';

/** Where the errors of settle-all hooks and of `event` taps go. */
export type TapErrorSink = (error: Error) => void;

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
  afterRollback: 'settle-all',
  event: 'sync',
} as const satisfies Record<string, HookKind>;

/** The name of a hook. */
export type HookName = keyof typeof HOOK_KINDS;

/** Who tapped. tapable keeps it beside the tap's own name. */
interface Owner {
  readonly plugin?: string;
}

/** The kernel's own hooks. Plugins see them through {@link PluginHooks}. */
export interface Hooks {
  /** Before the config is frozen. */
  readonly config: AsyncSeriesWaterfallHook<[Config], Config, Owner>;
  /** When the plan is made; a finding of level `block`, or a throw, refuses it. */
  readonly plan: AsyncSeriesHook<[PlanReview, Context], Owner>;
  /** After lease and journal are open; a throw refuses the run. */
  readonly beforeRun: AsyncSeriesHook<[RunContext], Owner>;
  /** After the last step, check or undo. */
  readonly afterRun: AsyncSeriesHook<[RunOutcome, RunContext], Owner>;
  /** Before a step captures and acts; the first answer counts. */
  readonly beforeStep: AsyncSeriesBailHook<[Step, RunContext], StepGate | undefined | void, Owner>;
  /** When a step has ended in any way. */
  readonly afterStep: AsyncSeriesHook<[StepReport, RunContext], Owner>;
  /** When a failure is known and not yet decided upon. */
  readonly onFailure: AsyncSeriesHook<[FailureNotice['failure'], RunContext, FailureNotice], Owner>;
  /** The first answer replaces the decision. */
  readonly decide: AsyncSeriesBailHook<[Decision, FailureContext, RunContext], Decision | undefined | void, Owner>;
  /** Admission: before anything is taken back. */
  readonly beforeRollback: AsyncSeriesHook<[RollbackRequest, RunContext, (finding: Finding) => void], Owner>;
  /** When a rollback has ended in any way. */
  readonly afterRollback: AsyncSeriesHook<[RollbackReport, RunContext], Owner>;
  /** Everything that happens, as it happens; nothing waits for it. */
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
    afterRollback: new AsyncSeriesHook(['rollback', 'run'], 'afterRollback'),
    event: new SyncHook(['event'], 'event'),
  };
  return Object.freeze(hooks);
}

/**
 * Guards every tap: its errors carry `plugin/hook`, one that never settles meets a deadline, and in
 * settle-all hooks an error does not stop the next tap. `tap` with an async function is awaited as well.
 */
export function guardHooks(hooks: Hooks, sink: TapErrorSink, deadlineMs = TAP_DEADLINE_MS): void {
  for (const [name, kind] of Object.entries(HOOK_KINDS) as [HookName, HookKind][]) {
    const hook = hooks[name] as unknown as Interceptable;
    hook.intercept({ register: (tap) => guarded(tap, `${tap.plugin ?? tap.name}/${name}`, kind, sink, deadlineMs) });
  }
}

function guarded(tap: OwnedTap, source: string, kind: HookKind, sink: TapErrorSink, deadlineMs: number): OwnedTap {
  if (kind === 'sync') return { ...tap, fn: settled(tap, (error) => sink(named(error, source))) };
  const late = () => errors.SHIP_HOOK_TIMEOUT({ source, deadlineMs });
  const fn = async (...args: unknown[]) => {
    try {
      return await inTime(() => answerOf(tap, args), late, deadlineMs);
    } catch (error) {
      if (kind !== 'settle-all') throw named(error, source);
      sink(named(error, source));
    }
  };
  return { ...tap, type: 'promise', fn };
}

type OwnedTap = FullTap & Owner;
/** Every hook of tapable has it in the same shape. */
interface Interceptable {
  intercept(interceptor: { register(tap: OwnedTap): OwnedTap }): void;
}

/** A tap of a sync hook. Nothing waits for what it begins, but its error is reported. */
function settled({ fn }: OwnedTap, report: (error: unknown) => void): (...args: unknown[]) => void {
  return (...args) => {
    try {
      const answer: unknown = fn(...args);
      if (answer instanceof Promise) answer.catch(report);
    } catch (error) {
      report(error);
    }
  };
}

/** What a tap answers, whichever way it was tapped. */
async function answerOf({ type, fn }: OwnedTap, args: unknown[]): Promise<unknown> {
  if (type !== 'async') return fn(...args);
  return new Promise((resolve, reject) => {
    fn(...args, (error: unknown, answer: unknown) => (error ? reject(error) : resolve(answer)));
  });
}

function named(error: unknown, source: string): Error {
  if (isShipError(error)) {
    if (error.source === undefined) Object.defineProperty(error, 'source', { value: source });
    return error;
  }
  return errors.SHIP_HOOK_FAILED({ source, message: messageOf(error) }, { cause: error, source });
}

/** The hooks as one plugin sees them: it may tap, and what it taps bears its name. */
export function pluginHooks(hooks: Hooks, plugin: string): PluginHooks {
  const scoped = (Object.keys(HOOK_KINDS) as HookName[]).map((name) => {
    const hook = hooks[name] as unknown as Tappable;
    const tapWith = (method: TapMethods) => (tap: string | object, fn: Tapped) =>
      hook[method]({ ...(typeof tap === 'string' ? { name: tap } : tap), plugin }, fn);
    const later = name === 'event' ? {} : { tapAsync: tapWith('tapAsync'), tapPromise: tapWith('tapPromise') };
    return [name, Object.freeze({ tap: tapWith('tap'), ...later })];
  });
  return Object.freeze(Object.fromEntries(scoped)) as PluginHooks;
}

type Tapped = (...args: never[]) => unknown;
/** The three methods have the same shape on every hook of tapable. */
type Tappable = Readonly<Record<TapMethods, (options: object, fn: Tapped) => void>>;
