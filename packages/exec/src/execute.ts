import { type ChildProcess, spawn } from 'node:child_process';
import { once, setMaxListeners } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Argv,
  type ExecOptions,
  type ExecResult,
  type Executor,
  endGroup,
  type ProcessIdentity,
  processStartTime,
  UNMARKED,
} from '@ship/core';
import { type EndedBy, type Ending, endedBadly, endedByUs, type Failing, startFailure } from './failure.js';
import { type OutputOptions, openOutputs } from './output.js';

const GRACE_MS = 5_000;
const COLLECT_MS = 1_000;
/** A longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How a command is executed: as an executor is asked, and what ties it to a context. */
export interface ExecuteOptions extends Omit<ExecOptions, 'onOutput' | 'leaves'>, OutputOptions {
  /** Taken for the environment of this process. Reading the real one is slow, so who starts many commands hands it in. */
  readonly baseEnv?: ExecOptions['env'];
  /** Ends the command and everything in its process group. */
  readonly signal?: AbortSignal | undefined;
  /** Is given the process at once. If it throws, the command is ended. */
  readonly onSpawn?: ((process: ProcessIdentity) => void) | undefined;
  /** Replaces secrets in everything but the result's own `stdout` and `stderr`. */
  readonly redact?: ((text: string) => string) | undefined;
}

const same = (text: string) => text;

/**
 * Executes a command and resolves when it has ended well. Everything else rejects with a `CommandFailed`.
 *
 * The command leads a process group and a session of its own. At its deadline, or when `signal` aborts, the whole
 * group is ended. After a normal end, children that it left in the background are left alone: they are its caller's.
 */
export async function execute(command: Argv, options: ExecuteOptions = {}): Promise<ExecResult> {
  const since = performance.now();
  const redact = options.redact ?? same;
  const line = () => commandLine(command, redact);
  const failing = (more: Partial<Failing> = {}): Failing => ({
    command,
    line: line(),
    redact,
    durationMs: performance.now() - since,
    ...more,
  });
  const refuseIfAborted = () => {
    if (options.signal?.aborted) throw endedByUs(failing(), 'aborted', options.signal.reason, 0);
  };
  const cannotStart = (error: unknown) => {
    throw startFailure(error, failing(), options.cwd);
  };
  refuseIfAborted();
  const outputs = await openOutputs(options, redact).catch(cannotStart);
  let child: ChildProcess;
  try {
    refuseIfAborted();
    child = await start(command, options, outputs.fds).catch(cannotStart);
  } finally {
    outputs.closeTheirs();
  }
  const supervised = await supervise(child, options, line);
  const result = { command, ...outputs.finish(), durationMs: performance.now() - since, pid: child.pid! };
  return judged(supervised, options, () => failing({ ...result, ...supervised }), result);
}

/** Starts a command in a process group of its own, so that Ctrl-C reaches it once and its children can be ended. */
async function start([name, ...args]: Argv, options: ExecuteOptions, fds: readonly [number, number]): Promise<ChildProcess> {
  const { cwd, input } = options;
  const stdin = input === undefined ? 'ignore' : 'pipe';
  const child = spawn(name, args, { cwd, env: mergeEnv(options.env, options.baseEnv), detached: true, stdio: [stdin, ...fds] });
  // Rejects with the error that follows.
  if (child.pid === undefined) await once(child, 'spawn');
  // A command need not read what it is given.
  child.stdin?.on('error', () => {}).end(input);
  return child;
}

/** The environment of this process, or `base`, with `over` laid on it; undefined where the real one is wanted as it is. */
function mergeEnv(over: ExecOptions['env'], base?: ExecOptions['env']): NodeJS.ProcessEnv | undefined {
  if (over === undefined) return base;
  const merged: NodeJS.ProcessEnv = { ...(base ?? process.env) };
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined) delete merged[name];
    else merged[name] = value;
  }
  return merged;
}

function judged(
  { ending, by, reason }: Supervised,
  options: ExecuteOptions,
  failing: () => Failing,
  result: Omit<ExecResult, 'exitCode' | 'signal'>,
): ExecResult {
  if (by !== undefined) throw endedByUs(failing(), by, reason, options.timeoutMs ?? 0);
  const { exitCode } = ending;
  const ok = options.okExitCodes ?? [0];
  if (exitCode === null || (ok !== 'any' && !ok.includes(exitCode))) throw endedBadly(failing(), ending);
  return { ...result, exitCode, signal: null };
}

/** How it went. `by` says that ship ended it, `reason` why. */
interface Supervised {
  readonly ending: Ending;
  readonly by?: EndedBy;
  readonly reason?: unknown;
  readonly survived: boolean;
}

/** Reports a process and waits for it. Ends its whole group at its deadline, or when it is aborted. */
async function supervise(child: ChildProcess, options: ExecuteOptions, line: () => string): Promise<Supervised> {
  const { signal, timeoutMs, killGraceMs = GRACE_MS } = options;
  // `exit`, not `close`: a grandchild may keep the output open.
  const exited = new Promise<Ending>((resolve) => child.once('exit', (exitCode, signal) => resolve({ exitCode, signal })));
  let end!: (by: EndedBy, reason?: unknown) => void;
  const orderedToEnd = new Promise<{ by: EndedBy; reason: unknown }>((resolve) => {
    end = (by, reason) => resolve({ by, reason });
  });
  const onAbort = () => end('aborted', signal?.reason);
  const deadline = timeoutMs === undefined ? undefined : setTimeout(end, Math.min(timeoutMs, LONGEST_TIMER_MS), 'timeout');
  if (signal !== undefined) {
    // Steps that run side by side share a signal; many listeners are no leak.
    setMaxListeners(0, signal);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  }
  try {
    options.onSpawn?.(identityOf(child.pid!, line()));
  } catch (error) {
    // A process that nobody could write down must not go on: recovery would not find it.
    end('aborted', error);
  }
  const first = await Promise.race([exited, orderedToEnd]);
  clearTimeout(deadline);
  signal?.removeEventListener('abort', onAbort);
  return 'by' in first ? { ...first, ...(await ended(child.pid!, killGraceMs, exited)) } : { ending: first, survived: false };
}

function identityOf(pid: number, command: string): ProcessIdentity {
  const started = processStartTime(pid);
  return { pid, pgid: pid, command, ...(started === undefined ? {} : { started }) };
}

/** Ends the group and everything in it, then collects the process itself. */
async function ended(pid: number, graceMs: number, exited: Promise<Ending>): Promise<Pick<Supervised, 'ending' | 'survived'>> {
  const allGone = await endGroup(pid, graceMs);
  const unknown = pause<Ending>(allGone ? COLLECT_MS : 0, { exitCode: null, signal: null }, { ref: false });
  return { ending: await Promise.race([exited, unknown]), survived: !allGone };
}

/** This machine, as the executor `local`: what is executed has the deadline, the log and the journal of its context. */
export const localExecutor: Executor = localExecutorWith({});

/** The same, where tools may keep their colours. */
export function localExecutorWith(printing: Pick<OutputOptions, 'colours'>): Executor {
  return {
    exec(ctx, command, { cwd = '.', onOutput, leaves, ...options }) {
      const grace = options.killGraceMs === undefined ? {} : { grace_ms: options.killGraceMs };
      return execute(command, {
        ...options,
        ...printing,
        ...(leaves && { env: { ...options.env, ...UNMARKED } }),
        cwd: resolve(ctx.dir, cwd),
        baseEnv: ctx.env,
        signal: ctx.signal,
        onOutput: onOutput === null ? undefined : (onOutput ?? ((output) => ctx.output(output))),
        onSpawn: (process) => ctx.spawned({ ...process, ...grace, ...(leaves && { leaves }) }),
        redact: (text) => ctx.redact(text),
      });
    },
  };
}

/** The argv that has a POSIX shell run `text`. */
export function shellCommand(text: string): Argv {
  return ['/bin/sh', '-c', text];
}

const PLAIN = /^[\w@%+=:,./-]+$/;

/** Quotes one word so that a POSIX shell reads it back unchanged. */
export function shellQuote(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

const LONGEST = 400;

/** The command as a person would type it, redacted before it is shortened. */
export function commandLine(command: readonly string[], redact: (text: string) => string = same): string {
  const line = redact(command.map((word) => shellQuote(redact(word))).join(' '))
    .split('\n')
    .map((part) => part.trim())
    .join(' ⏎ ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
