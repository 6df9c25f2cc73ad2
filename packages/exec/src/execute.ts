import { monotonicMs, processStartTime } from '@ship/core/process';
import { commandLine } from './command.js';
import { endedBadly, endedByUs, type Failing } from './failure.js';
import { openOutputs } from './outputs.js';
import { start, startFailure } from './start.js';
import { type Supervised, supervise } from './supervise.js';
import type { Argv, ExecResult, ExecuteOptions, Started } from './types.js';

const same = (text: string) => text;

/**
 * Executes a command and resolves when it has ended well. Everything else rejects with a `CommandFailed`.
 *
 * The command leads a process group and a session of its own. At its deadline, or when `signal` aborts, the whole
 * group is ended. After a normal end, children that it left in the background are left alone.
 */
export async function execute(command: Argv, options: ExecuteOptions = {}): Promise<ExecResult> {
  const since = monotonicMs();
  const known = { command, redact: options.redact ?? same };
  const failing = (more: Partial<Failing>): Failing => ({ ...known, durationMs: monotonicMs() - since, ...more });
  if (options.signal?.aborted) throw endedByUs(failing({}), 'aborted', options.signal.reason, 0);
  const cannot = (error: unknown) => startFailure(error, failing({}), options.cwd);
  const outputs = attempt(() => openOutputs(options, known.redact), cannot);
  try {
    const child = await start(command, options, outputs.fds).catch((error) => {
      throw cannot(error);
    });
    outputs.watch();
    const supervised = await attended(child, command, options, known.redact).catch((error) => {
      throw cannot(error);
    });
    const result = { command, ...outputs.finish(), durationMs: monotonicMs() - since, pid: child.pid };
    return judged(supervised, options, () => failing({ ...result, ...supervised }), result);
  } finally {
    outputs.close();
  }
}

/** Tells about the process, and waits for it. */
function attended(child: Started, argv: Argv, options: ExecuteOptions, redact: (text: string) => string): Promise<Supervised> {
  const supervision = supervise(child, options);
  if (options.onSpawn === undefined) return supervision.done;
  const { pid } = child;
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

function attempt<T>(act: () => T, failure: (error: unknown) => Error): T {
  try {
    return act();
  } catch (error) {
    throw failure(error);
  }
}
