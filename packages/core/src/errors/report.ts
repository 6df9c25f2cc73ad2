import type { Position, ReportedError } from '../types/index.js';
import { isShipError } from './ship-error.js';

/** `file:line:column`, as editors and terminals take it. */
export function formatPosition({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}

/** An error as a report shows it. Errors without a code are told as they are, under SHIP_UNEXPECTED. */
export function toReported(error: unknown, redact: (text: string) => string, source?: string): ReportedError {
  const from = (isShipError(error) ? error.source : undefined) ?? source;
  const cause = causeOf(error);
  const base = isShipError(error)
    ? { code: error.code, message: redact(error.message), docs: error.docs }
    : {
        code: 'SHIP_UNEXPECTED',
        message: redact(error instanceof Error ? error.message : String(error)),
        docs: 'docs/errors.md#ship_unexpected',
      };
  return {
    ...base,
    ...(isShipError(error) && error.hint !== undefined ? { hint: redact(error.hint) } : {}),
    ...(isShipError(error) && error.at !== undefined ? { at: formatPosition(error.at) } : {}),
    ...(from === undefined ? {} : { source: from }),
    ...(cause === undefined ? {} : { cause: redact(cause) }),
  };
}

function causeOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause === undefined || cause === null) return undefined;
  return cause instanceof Error ? cause.message : String(cause);
}
