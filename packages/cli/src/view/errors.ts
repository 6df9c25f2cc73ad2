import { isShipError, type ReportedError } from '@ship/core';
import { toReported } from '@ship/core/kernel';
import type { Terminal } from '../terminal.js';
import { errorAnnotation } from './github.js';

/** All single mistakes of an error, or the error itself. */
export function flatten(error: unknown): unknown[] {
  return isShipError(error) && error.errors.length > 0 ? error.errors.flatMap(flatten) : [error];
}

/** Shows an error that ends the command: one line a mistake, `file:line:column` first, what to do below. */
export function showError(terminal: Terminal, error: unknown, redact: (text: string) => string): void {
  const { paint } = terminal;
  const single = flatten(error);
  for (const each of single) showReported(terminal, toReported(each, redact));
  if (single.length > 1 && isShipError(error))
    terminal.error(`${paint.red('✗')} ${redact(error.message)}.${error.hint ? paint.dim(` ${error.hint}`) : ''}`);
  if (terminal.verbose && error instanceof Error && error.stack) terminal.error(paint.dim(redact(error.stack)));
  if (terminal.github) for (const each of single) terminal.annotate('error', errorAnnotation(each, redact));
}

/** Shows one error as a report has it. */
export function showReported({ paint, error }: Terminal, { at, code, message, hint, cause, source }: ReportedError): void {
  const where = at === undefined ? (source === undefined || message.startsWith(source) ? '' : `${source}: `) : `${at} `;
  error(`${paint.red('✗')} ${paint.bold(where)}${message} ${paint.dim(`(${code})`)}`);
  if (cause !== undefined && !message.includes(cause)) error(paint.dim(`  because: ${cause}`));
  if (hint !== undefined) error(`  ${paint.cyan('Hint:')} ${hint}`);
}
