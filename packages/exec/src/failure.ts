import { statSync } from 'node:fs';
import { type Argv, type ExecResult, isShipError, type ShipError } from '@ship/core';
import { execErrors } from './errors.js';
import { lastLines } from './lines.js';

/** What kind of failure it was. The kernel classifies; this only says what happened. */
export type FailureKind = 'exit' | 'signal' | 'timeout' | 'aborted' | 'not-found' | 'not-executable' | 'cwd-missing' | 'spawn';

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

/** How a process ended, before anybody judged it. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Why ship ended a command. */
export type EndedBy = 'timeout' | 'aborted';

/** What is known when a command has failed. */
export interface Failing {
  readonly command: Argv;
  /** The command as a person would type it, redacted. */
  readonly line: string;
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

/** The error of a command that ship ended, or never started because it was too late. */
export function endedByUs(failing: Failing, by: EndedBy, reason: unknown, timeoutMs: number): CommandFailed {
  const survived = failing.survived ?? false;
  const shared = { ...described(failing), survived };
  if (by === 'timeout') return withFields(execErrors.SHIP_COMMAND_TIMEOUT({ ...shared, afterMs: timeoutMs }), failing, 'timeout');
  const why = isShipError(reason) ? ` (${failing.redact(reason.message)})` : '';
  const error = execErrors.SHIP_COMMAND_ABORTED({ ...shared, why, started: failing.pid !== undefined }, { cause: reason });
  return withFields(error, failing, 'aborted');
}

/** The error of a command that could not be started. */
export function startFailure(error: unknown, failing: Failing, cwd: string | undefined): CommandFailed {
  const code = (error as NodeJS.ErrnoException)?.code;
  const { line } = failing;
  const name = failing.redact(failing.command[0]);
  const extras = { cause: withoutSecrets(error, failing.redact) };
  if (cwd !== undefined && isEnter(code) && !isFolder(cwd)) {
    return withFields(execErrors.SHIP_CWD_MISSING({ line, cwd: failing.redact(cwd) }, extras), failing, 'cwd-missing');
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const missing = name.includes('/') && exists(failing.command[0], cwd) ? 'interpreter' : 'command';
    return withFields(execErrors.SHIP_COMMAND_NOT_FOUND({ line, name, missing }, extras), failing, 'not-found');
  }
  if (code === 'EACCES' || code === 'ENOEXEC' || code === 'EISDIR') {
    return withFields(execErrors.SHIP_COMMAND_NOT_EXECUTABLE({ line, name }, extras), failing, 'not-executable');
  }
  return withFields(
    execErrors.SHIP_COMMAND_FAILED({ line, tail: '', how: `could not be started: ${reason(code)}` }, extras),
    failing,
    'spawn',
  );
}

/** Puts the fields on an error of the catalogue. */
function withFields(error: ShipError, failing: Failing, kind: FailureKind): CommandFailed {
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

function described({ line, redact, stdout = '', stderr = '' }: Failing): { line: string; tail: string } {
  return { line, tail: lastLines(stderr.trim() === '' ? stdout : stderr, redact) };
}

/** Node's own errors quote the arguments, secrets and all. */
function withoutSecrets(error: unknown, redact: (text: string) => string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ERR_INVALID_ARG_VALUE' ? undefined : Object.assign(new Error(redact(message)), { code });
}

const REASONS: Readonly<Record<string, string>> = {
  E2BIG: 'its arguments and environment are too long',
  EAGAIN: 'the system has no room for another process',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
  ENOMEM: 'there is not enough memory',
  NO_PIPE: 'no pipe could be made for its output',
  ERR_INVALID_ARG_VALUE: 'a text given to it is empty or holds a NUL byte',
};

function reason(code: string | undefined): string {
  return (code !== undefined && REASONS[code]) || code || 'the reason is unknown';
}

const isEnter = (code: string | undefined) => code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES';

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function exists(path: string, cwd = '.'): boolean {
  return statSync(path.startsWith('/') ? path : `${cwd}/${path}`, { throwIfNoEntry: false }) !== undefined;
}
