import type { ChildProcess } from 'node:child_process';
import { closeSync, statSync } from 'node:fs';
import { commandLine, mergeEnv } from './command.js';
import { execErrors } from './errors.js';
import { type CommandFailed, type Failing, withFields } from './failure.js';
import { scratchInput } from './scratch.js';
import { prepareSpawner, startBeside } from './spawners.js';
import type { Argv, Ending, ExecuteOptions, Started } from './types.js';

/** Starts a command in a process group of its own, so that Ctrl-C reaches it once and its children can be ended. */
export async function start(command: Argv, options: ExecuteOptions, fds: readonly [number, number]): Promise<Started> {
  const beside = startBeside(command, options, fds);
  if (beside !== undefined) return beside;
  const child = await startByNode(command, options, fds);
  prepareSpawner(options);
  return child;
}

async function startByNode(command: Argv, options: ExecuteOptions, fds: readonly [number, number]): Promise<Started> {
  const input = options.input === undefined ? undefined : scratchInput(options.input);
  try {
    // Loaded here, because it takes longer than all the rest and most calls of ship start nothing.
    const { spawn } = process.getBuiltinModule('node:child_process');
    const [name, ...args] = command;
    const child = spawn(name, args, {
      cwd: options.cwd,
      env: mergeEnv(options.env, options.baseEnv),
      detached: true,
      stdio: [input ?? 'ignore', ...fds],
    });
    if (child.pid === undefined) await failed(child);
    return { pid: child.pid!, ended: endingOf(child) };
  } finally {
    if (input !== undefined) closeSync(input);
  }
}

/** Told by `exit`, not by `close`: a grandchild may keep the output open. */
function endingOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => child.once('exit', (exitCode, signal) => resolve({ exitCode, signal })));
}

function failed(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) => child.once('error', reject));
}

/** Says why a command could not be started. */
export function startFailure(error: unknown, failing: Failing, cwd: string | undefined): CommandFailed {
  const code = (error as NodeJS.ErrnoException)?.code;
  const name = failing.redact(failing.command[0]);
  const line = commandLine(failing.command, failing.redact);
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
  ENOSPC: 'there is no room for its output',
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
