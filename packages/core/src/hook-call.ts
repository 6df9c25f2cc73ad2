import { errors } from './errors/catalogue.js';
import { isShipError } from './errors/ship-error.js';
import { soon } from './soon.js';

/** What kind of hook it is: how taps are called, and what an error of one does. */
export type HookKind = 'waterfall' | 'series' | 'bail' | 'settle-all' | 'sync';

/** Where the errors of settle-all hooks and of `event` taps go. */
export type TapErrorSink = (error: Error) => void;

/** A tap as tapable registers it, with who tapped. */
export interface OwnedTap {
  readonly type: 'sync' | 'async' | 'promise';
  readonly name: string;
  readonly plugin?: string;
  // biome-ignore lint/suspicious/noExplicitAny: tapable's own type of a tap
  readonly fn: any;
}

/** How the taps of one hook are called. */
export interface CallRules {
  readonly hook: string;
  readonly kind: HookKind;
  readonly sink: TapErrorSink;
  readonly watch: TapWatch;
}

/** One call of a hook, at the tap that it waits for. */
interface Call {
  readonly rules: CallRules;
  readonly taps: readonly OwnedTap[];
  readonly args: unknown[];
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  at: number;
  /** Who hears the tap that is waited for. One that was given up speaks to those before, who listen no more. */
  listeners: Listeners;
  /** Where it stands among the calls under way, once it waits for a tap. */
  slot: number;
  /** Where the watch last saw it, and for how many ticks. */
  seenAt: number;
  ticks: number;
}

interface Listeners {
  readonly answered: (answer: unknown) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Calls the taps of a hook one after another; each may take as long as the watch allows.
 * A waterfall and a bail hook answer as tapable's do. An error names `plugin/hook`: a settle-all
 * hook gives it to the sink and goes on, the others reject with it.
 */
export function callTaps(rules: CallRules, taps: readonly OwnedTap[], args: unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call: Call = { rules, taps, args, resolve, reject, at: 0, listeners: SILENT, slot: UNWATCHED, seenAt: -1, ticks: 0 };
    call.listeners = listenersOf(call);
    callNext(call);
  });
}

/** Calls the taps of a sync hook. Nothing waits for what a tap begins; its error is told all the same. */
export function callSyncTaps({ hook, sink }: CallRules, taps: readonly OwnedTap[], args: readonly unknown[]): void {
  for (const tap of taps) {
    const tell = (error: unknown) => sink(nameError(error, sourceOf(tap, hook)));
    try {
      const answer = tap.fn(...args);
      if (answer instanceof Promise) answer.catch(tell);
    } catch (error) {
      tell(error);
    }
  }
}

const UNWATCHED = -1;
const SILENT: Listeners = { answered: () => {}, failed: () => {} };
/** A promise's own `then` might be the plugin's, and call back twice. */
const then = Promise.prototype.then;

/** Two functions for all taps of a call: an `await` for each makes more, and one promise besides. */
function listenersOf(call: Call): Listeners {
  const listeners: Listeners = {
    answered: (answer) => {
      if (call.listeners !== listeners || (answer !== undefined && endsWith(call, answer))) return;
      call.at++;
      callNext(call);
    },
    failed: (error) => {
      if (call.listeners !== listeners || fail(call, call.taps[call.at] as OwnedTap, error)) return;
      call.at++;
      callNext(call);
    },
  };
  return listeners;
}

/** Calls the tap that is next; one that throws at once is followed by those after it. */
function callNext(call: Call): void {
  const { taps, args, listeners } = call;
  for (; call.at < taps.length; call.at++) {
    const tap = taps[call.at] as OwnedTap;
    try {
      // No hook has more than three arguments, and spreading them costs more than the call.
      // `tap` with an async function is a common slip: what it answers is awaited all the same.
      const answer = tap.type === 'async' ? callbackToPromise(tap.fn, args) : tap.fn(args[0], args[1], args[2]);
      // A tap that answers nothing at once keeps nobody waiting: while there are only such, no timer is made.
      if (answer !== undefined && call.slot === UNWATCHED) call.rules.watch.begin(call);
      then.call(Promise.resolve(answer), listeners.answered, listeners.failed);
      return;
    } catch (error) {
      if (fail(call, tap, error)) return;
    }
  }
  end(call, call.rules.kind === 'waterfall' ? args[0] : undefined);
}

/** Takes what a tap answered, and says whether that was the hook's answer. */
function endsWith(call: Call, answer: unknown): boolean {
  if (call.rules.kind === 'waterfall') call.args[0] = answer;
  if (call.rules.kind !== 'bail') return false;
  end(call, answer);
  return true;
}

/** Tells a tap's error, and says whether it ends the hook. */
function fail(call: Call, tap: OwnedTap, error: unknown): boolean {
  const { hook, kind, sink, watch } = call.rules;
  const named = nameError(error, sourceOf(tap, hook));
  if (kind === 'settle-all') {
    sink(named);
    return false;
  }
  watch.finish(call);
  call.reject(named);
  return true;
}

function end(call: Call, answer: unknown): void {
  call.rules.watch.finish(call);
  call.resolve(answer);
}

function callbackToPromise(fn: (...args: unknown[]) => void, args: readonly unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    fn(...args, (error: unknown, result: unknown) => (error ? reject(error) : resolve(result)));
  });
}

const sourceOf = (tap: OwnedTap, hook: string) => `${tap.plugin ?? tap.name}/${hook}`;

function nameError(error: unknown, source: string): Error {
  if (isShipError(error)) {
    if (error.source === undefined) Object.defineProperty(error, 'source', { value: source });
    return error;
  }
  return errors.SHIP_HOOK_FAILED({ source, message: error instanceof Error ? error.message : String(error) }, { cause: error, source });
}

/** A deadline is counted in so many ticks. */
const TICKS = 10;

/** Watches that have a timer. */
const watches = new Set<TapWatch>();

/** A tap that never settles may be all that is left: the process then waits for its deadline. */
function stayForDeadlines(): void {
  for (const watch of watches) watch.stay();
}

/**
 * Gives every tap a deadline, with one timer for all: a timer and a clock for each tap would cost more than most taps do.
 * A tap that is still waited for after ten ticks of a tenth of the deadline is given up, so that it gets up to a tenth more.
 */
export class TapWatch {
  readonly #deadlineMs: number;
  readonly #underWay: Call[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isBegun = false;
  #stays = false;

  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  begin(call: Call): void {
    call.slot = this.#underWay.push(call) - 1;
    if (!this.#isBegun) soon(() => this.#start());
    this.#isBegun = true;
  }

  finish(call: Call): void {
    if (this.#underWay[call.slot] !== call) return;
    const last = this.#underWay.pop() as Call;
    if (last !== call) {
      this.#underWay[call.slot] = last;
      last.slot = call.slot;
    }
    if (this.#stays && this.#underWay.length === 0) this.#leave();
  }

  /** Holds the process while calls are under way. */
  stay(): void {
    if (this.#underWay.length === 0) return;
    this.#stays = true;
    this.#timer?.ref();
  }

  #leave(): void {
    this.#stays = false;
    this.#timer?.unref();
  }

  #start(): void {
    // To hold the process in each call costs more than a tap: it is held when it is about to end.
    this.#timer = setInterval(() => this.#tick(), this.#deadlineMs / TICKS).unref();
    if (watches.size === 0) process.on('beforeExit', stayForDeadlines);
    watches.add(this);
  }

  #tick(): void {
    for (const call of [...this.#underWay]) {
      call.ticks = call.seenAt === call.at ? call.ticks + 1 : 0;
      call.seenAt = call.at;
      if (call.ticks >= TICKS) this.#giveUp(call);
    }
  }

  #giveUp(call: Call): void {
    const tap = call.taps[call.at] as OwnedTap;
    const late = errors.SHIP_HOOK_TIMEOUT({ source: sourceOf(tap, call.rules.hook), deadlineMs: this.#deadlineMs });
    call.listeners = listenersOf(call);
    if (fail(call, tap, late)) return;
    call.at++;
    callNext(call);
  }
}
