import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Argv, type ExecResult, processStartTime } from '@ship/core';
import { commandLine, mergeEnv } from './command.js';
import { endedBadly, endedByUs, type Failing, startFailure } from './failure.js';
import { openOutputs } from './output.js';
import { type Supervised, supervise } from './supervise.js';
import type { ExecuteOptions } from './types.js';

const same = (text: string) => text;

/**
 * Executes a command and resolves when it has ended well. Everything else rejects with a `CommandFailed`.
 *
 * The command leads a process group and a session of its own. At its deadline, or when `signal` aborts, the whole
 * group is ended. After a normal end, children that it left in the background are left alone.
 */
export async function execute(command: Argv, options: ExecuteOptions = {}): Promise<ExecResult> {
  const since = performance.now();
  const redact = options.redact ?? same;
  const failing = (more: Partial<Failing> = {}): Failing => ({ command, redact, durationMs: performance.now() - since, ...more });
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
  const supervised = await attended(child, command, options, redact);
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

/** Reports the process, and waits for it. */
function attended(child: ChildProcess, argv: Argv, options: ExecuteOptions, redact: (text: string) => string): Promise<Supervised> {
  const supervision = supervise(child, options);
  if (options.onSpawn === undefined) return supervision.done;
  const pid = child.pid!;
  const started = processStartTime(pid);
  try {
    const command = commandLine(argv, redact);
    options.onSpawn({ pid, pgid: pid, command, ...(started === undefined ? {} : { started }) });
  } catch (error) {
    // A process that nobody could write down must not go on: recovery would not find it.
    supervision.abort(error);
  }
  return supervision.done;
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
