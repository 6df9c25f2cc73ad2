import type { FailureType, Position, Trigger } from '../types/index.js';

/** What an error carries besides its code and its details. */
export interface ErrorExtras {
  /** The error below it. */
  readonly cause?: unknown;
  /** Where in something the user wrote. */
  readonly at?: Position | undefined;
  /** The step, or `plugin/hook`, that it came from. */
  readonly source?: string;
  /** Single mistakes, where several are told at once. */
  readonly errors?: readonly ShipError[];
}

interface ShipErrorInit extends ErrorExtras {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly exitCode?: number;
  readonly failureType?: FailureType | undefined;
  readonly trigger?: Trigger | undefined;
}

/** Every error that a person is meant to read: a code, what happened with their own value, what to do about it. */
export class ShipError extends Error {
  /** `SHIP_` and upper case; never used again for something else. */
  readonly code: string;
  /** What to do about it. */
  readonly hint: string | undefined;
  /** The page that explains the code. */
  readonly docs: string;
  /** The exit status of `ship` when this error ends it. */
  readonly exitCode: number;
  /** Where in something the user wrote. */
  readonly at: Position | undefined;
  /** The step, or `plugin/hook`, that it came from. */
  readonly source: string | undefined;
  /** Single mistakes, where several are told at once. */
  readonly errors: readonly ShipError[];
  /** What kind of failure it is; undefined: its text tells. */
  readonly failureType: FailureType | undefined;
  /** What it sets a rollback off as; undefined: as any failed step. */
  readonly trigger: Trigger | undefined;

  constructor(init: ShipErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'ShipError';
    this.code = init.code;
    this.hint = init.hint;
    this.docs = `docs/errors.md#${init.code.toLowerCase()}`;
    this.exitCode = init.exitCode ?? 3;
    this.at = init.at;
    this.source = init.source;
    this.errors = init.errors ?? [];
    this.failureType = init.failureType;
    this.trigger = init.trigger;
  }
}

/**
 * Tells a ShipError of any copy of this package: a plugin may bring a copy of its own,
 * so `instanceof` would miss it.
 */
export function isShipError(error: unknown): error is ShipError {
  return error instanceof Error && error.name === 'ShipError' && typeof (error as ShipError).code === 'string';
}

/** What is thrown need not be an error: plugins may throw anything. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
