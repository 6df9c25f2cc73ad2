import type { FailureType, Position, ReportedError, Trigger } from '../types/index.js';

/** What an error carries besides its code and its details. */
export interface ErrorExtras {
  /** The error below it. */
  readonly cause?: unknown;
  /** Where in something the user wrote. */
  readonly at?: Position | undefined;
  /** The step, or `plugin/hook`, that it came from. */
  readonly source?: string;
  /** Single mistakes, where several are reported at once. */
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
  /** Single mistakes, where several are reported at once. */
  readonly errors: readonly ShipError[];
  /** What kind of failure it is; undefined: its text says. */
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
 * Recognises a ShipError of any copy of this package: a plugin may bring a copy of its own,
 * so `instanceof` would miss it.
 */
export function isShipError(error: unknown): error is ShipError {
  return error instanceof Error && error.name === 'ShipError' && typeof (error as ShipError).code === 'string';
}

/** What is thrown need not be an error: plugins may throw anything. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

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

/** A code as a row of a table: its message, and what to do about it. A message is a text with `{names}` of details in it, or makes one. */
// biome-ignore lint/suspicious/noExplicitAny: the details differ from code to code
type Row = readonly [message: string | ((details: any) => string), hint?: string | ((details: any) => string | undefined)];

type NamesIn<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;

type Taken<Part> = Part extends (details: infer Details) => unknown ? Details : unknown;

/** What a row demands: what its functions take, and the names in its message. */
type DetailsOf<R extends Row> = Taken<R[0]> &
  Taken<R[1]> &
  (R[0] extends `${string}{${string}` ? { readonly [Name in NamesIn<R[0]>]: string | number | readonly string[] } : unknown);

/** Defines codes with one exit status as a table. What a row demands of its details is read from its texts. */
export function codes<const Rows extends Readonly<Record<string, Row>>>(exit: number, rows: Rows) {
  const entries = Object.entries(rows).map(([code, [message, hint]]) => {
    return [code, { exit, message: typeof message === 'string' ? (details: object) => fill(message, details) : message, hint }];
  });
  return Object.fromEntries(entries) as {
    readonly [Code in keyof Rows]: ErrorDefinition<DetailsOf<Rows[Code]>>;
  };
}

/** Puts details into a text: lists with commas, and what is in `…Ms` in seconds. */
function fill(text: string, details: object): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = (details as Readonly<Record<string, unknown>>)[name];
    if (Array.isArray(value)) return value.join(', ');
    return name.endsWith('Ms') ? seconds(Number(value)) : String(value);
  });
}

/** Milliseconds as people read them. */
export const seconds = (ms: number): string => `${Number((ms / 1000).toFixed(ms < 10_000 ? 2 : 0))} s`;

/** `file:line:column`, as editors and terminals take it. */
export function formatPosition({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}

/** An error as a report shows it. Errors without a code are reported as they are, under SHIP_UNEXPECTED. */
export function toReported(error: unknown, redact: (text: string) => string, source?: string): ReportedError {
  const { code, docs, hint, at, source: from = source }: Partial<ShipError> = isShipError(error) ? error : {};
  const cause = causeOf(error);
  return {
    code: code ?? 'SHIP_UNEXPECTED',
    message: redact(messageOf(error)),
    docs: docs ?? 'docs/errors.md#ship_unexpected',
    ...(hint !== undefined && { hint: redact(hint) }),
    ...(at !== undefined && { at: formatPosition(at) }),
    ...(from !== undefined && { source: from }),
    ...(cause !== undefined && { cause: redact(cause) }),
  };
}

function causeOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause === undefined || cause === null) return undefined;
  return messageOf(cause);
}
