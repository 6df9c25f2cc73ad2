import { isShipError, type ShipError } from '@ship/core';
import { commandLine } from './command.js';
import { execErrors } from './errors.js';
import { lastLines } from './text.js';
import type { Argv, EndedBy, Ending, ExecResult } from './types.js';

/** What kind of failure it was. The kernel classifies; this only says what happened. */
export type FailureKind = 'exit' | 'signal' | 'timeout' | 'aborted' | 'lost' | 'not-found' | 'not-executable' | 'cwd-missing' | 'spawn';

/**
 * The fields of a failed command: those of a success, redacted, and a boolean for each reason.
 * The error's own `exitCode` is the exit status of ship; the command's is `commandExitCode`.
 */
interface CommandFailure extends Omit<ExecResult, 'exitCode' | 'signal' | 'pid'> {
  readonly kind: FailureKind;
  readonly commandExitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Absent where nothing was started. */
  readonly pid: number | undefined;
  readonly timedOut: boolean;
  readonly aborted: boolean;
  readonly notFound: boolean;
  /** Part of the process group could not be ended. */
  readonly survived: boolean;
}

/** What `execute` throws: a ShipError with what is known about the command. */
export type CommandFailed = ShipError & CommandFailure;

/** Tells a failed command of any copy of this package. */
export function isCommandFailed(error: unknown): error is CommandFailed {
  return isShipError(error) && 'kind' in error && 'commandExitCode' in error && 'survived' in error;
}

/** What is known when a command has failed. */
export interface Failing {
  readonly command: Argv;
  readonly redact: (text: string) => string;
  readonly durationMs: number;
  readonly pid?: number | undefined;
  readonly ending?: Ending;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly truncated?: boolean;
  readonly survived?: boolean;
}

/** The error of a command that ended in a way that is no success. */
export function endedBadly(failing: Failing, ending: Ending): CommandFailed {
  const how = ending.signal === null ? `exited with ${ending.exitCode}` : `was ended by ${ending.signal}`;
  const error = execErrors.SHIP_COMMAND_FAILED({ ...described(failing), how });
  return withFields(error, failing, ending.signal === null ? 'exit' : 'signal');
}

/** The error of a command that we ended, or never started because it was too late. */
export function endedByUs(failing: Failing, by: EndedBy, reason: unknown, timeoutMs: number): CommandFailed {
  const survived = failing.survived ?? false;
  const shared = { ...described(failing), survived };
  if (by === 'timeout') return withFields(execErrors.SHIP_COMMAND_TIMEOUT({ ...shared, afterMs: timeoutMs }), failing, 'timeout');
  if (by === 'lost') return withFields(execErrors.SHIP_COMMAND_LOST(shared), failing, 'lost');
  const why = isShipError(reason) ? ` (${failing.redact(reason.message)})` : '';
  const error = execErrors.SHIP_COMMAND_ABORTED({ ...shared, why, started: failing.pid !== undefined }, { cause: reason });
  return withFields(error, failing, 'aborted');
}

/** Puts the fields on an error of the catalogue. */
export function withFields(error: ShipError, failing: Failing, kind: FailureKind): CommandFailed {
  const { redact } = failing;
  const fields: CommandFailure = {
    kind,
    command: failing.command.map(redact) as unknown as Argv,
    commandExitCode: failing.ending?.exitCode ?? null,
    signal: failing.ending?.signal ?? null,
    stdout: redact(failing.stdout ?? ''),
    stderr: redact(failing.stderr ?? ''),
    truncated: failing.truncated ?? false,
    durationMs: failing.durationMs,
    pid: failing.pid,
    timedOut: kind === 'timeout',
    aborted: kind === 'aborted',
    notFound: kind === 'not-found',
    survived: failing.survived ?? false,
  };
  return Object.assign(error, fields);
}

function described({ command, redact, stdout = '', stderr = '' }: Failing): { line: string; tail: string } {
  const told = stderr.trim() === '' ? stdout : stderr;
  return { line: commandLine(command, redact), tail: lastLines(told, redact) };
}
