import type { FailureType, Trigger } from '../types/index.js';
import { type ErrorExtras, ShipError } from './ship-error.js';

/** One code: its exit status, its message from the details, and what to do about it. */
export interface ErrorDefinition<Details> {
  /** The exit status of `ship` where this error ends it. */
  readonly exit: number;
  /** One sentence without a full stop, with the user's own value. */
  readonly message: (details: Details) => string;
  /** What to do about it. */
  readonly hint?: string | ((details: Details) => string | undefined);
  /** What kind of failure it is, where a step ends with it; otherwise its text is classified. */
  readonly failureType?: FailureType;
  /** What it sets a rollback off as, where that is more than `step_failed`. */
  readonly trigger?: Trigger;
}

// biome-ignore lint/suspicious/noExplicitAny: the details differ from code to code
type Definitions = Record<string, ErrorDefinition<any>>;

/** A catalogue of codes: one function a code that makes the error. */
export type ErrorCatalogue<T extends Definitions> = {
  readonly [Code in keyof T]: (details: Parameters<T[Code]['message']>[0], extras?: ErrorExtras) => ShipError;
};

/**
 * Makes a catalogue of errors. The kernel has one, and each plugin may have its own.
 * Codes are upper case, start with `SHIP_`, and are never used again for something else.
 */
export function defineErrors<T extends Definitions>(definitions: T): ErrorCatalogue<T> {
  const entries = Object.entries(definitions).map(([code, definition]) => [
    code,
    (details: unknown, extras: ErrorExtras = {}) =>
      new ShipError({
        code,
        message: definition.message(details),
        hint: typeof definition.hint === 'function' ? definition.hint(details) : definition.hint,
        exitCode: definition.exit,
        failureType: definition.failureType,
        trigger: definition.trigger,
        ...extras,
      }),
  ]);
  return Object.freeze(Object.fromEntries(entries)) as ErrorCatalogue<T>;
}

/** Milliseconds as people read them. */
export const seconds = (ms: number): string => `${Number((ms / 1000).toFixed(ms < 10_000 ? 2 : 0))} s`;
