import { errors } from './errors/catalogue.js';
import { isShipError } from './errors/ship-error.js';

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
  /** Who goes from tap to tap. A walker that waits for a tap beyond its deadline is left there, and another goes on. */
  walker: number;
  /** Where the watch last saw it, and for how many ticks. */
  seenAt: number;
  ticks: number;
}

/**
 * Calls the taps of a hook one after another; each may take as long as the watch allows.
 * A waterfall and a bail hook answer as tapable's do. An error names `plugin/hook`: a settle-all
 * hook gives it to the sink and goes on, the others reject with it.
 */
export function callTaps(rules: CallRules, taps: readonly OwnedTap[], args: unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call: Call = { rules, taps, args, resolve, reject, at: 0, walker: 0, seenAt: -1, ticks: 0 };
    rules.watch.begin(call);
    void walk(call, 0);
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

async function walk(call: Call, walker: number): Promise<void> {
  const { taps, args } = call;
  for (; call.at < taps.length; call.at++) {
    const tap = taps[call.at] as OwnedTap;
    try {
      // No hook has more than three arguments, and spreading them costs more than the call.
      // `tap` with an async function is a common slip: what it answers is awaited all the same.
      const answer = await (tap.type === 'async' ? callbackToPromise(tap.fn, args) : tap.fn(args[0], args[1], args[2]));
      if (call.walker !== walker) return;
      if (answer !== undefined && endsWith(call, answer)) return;
    } catch (error) {
      if (call.walker !== walker || fail(call, tap, error)) return;
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

/**
 * Gives every tap a deadline, with one timer for all: a timer and a clock for each tap would cost more than most taps do.
 * A tap that is still waited for after ten ticks of a tenth of the deadline is given up, so that it gets up to a tenth more.
 */
export class TapWatch {
  readonly #deadlineMs: number;
  readonly #underWay = new Set<Call>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  begin(call: Call): void {
    this.#underWay.add(call);
    if (this.#underWay.size > 1) return;
    this.#timer ??= setInterval(() => this.#tick(), this.#deadlineMs / TICKS);
    // A tap that never settles may be all that is left: the process waits for its deadline.
    this.#timer.ref();
  }

  finish(call: Call): void {
    this.#underWay.delete(call);
    if (this.#underWay.size === 0) this.#timer?.unref();
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
    call.walker++;
    if (fail(call, tap, late)) return;
    call.at++;
    void walk(call, call.walker);
  }
}
