import { writeSync } from 'node:fs';
import { isService, markedProcesses, type Report, signalGroup } from '@ship/core';
import { errors } from './errors.js';
import { hasForeignCode } from './plugin-modules.js';
import type { Terminal } from './terminal.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What the first signal does, and what a second one would. */
export const STOPPING = 'stopping; what runs is asked to end. Once more ends it at once.';

/** What interrupts a piece of work. */
export interface Interrupts {
  readonly signal: AbortSignal;
  /** A process group that a run started: the second signal ends it, and what has left it. */
  track(pgid: number, run: string): void;
  /** As Ctrl-C does: a prompt reads the key itself, and no signal comes. */
  interrupt(): void;
}

/**
 * Does work that signals interrupt. The first one asks it to stop: it schedules nothing more and interrupts its tools.
 * The second one ends the tools and the process.
 */
export async function interruptible<T>(terminal: Terminal, work: (interrupts: Interrupts) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const groups = new Set<number>();
  const runs = new Set<string>();
  const onSignal = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      terminal.error(`${name}: ${STOPPING}`);
      controller.abort(errors.SHIP_INTERRUPTED({ signal: name }));
      return;
    }
    // Whoever draws on the terminal may hold back what is written there, and have hidden the cursor.
    const shown = terminal.interactive ? '\x1b[?25h\n' : '';
    write(2, `${shown}${name} again: ended. What was under way is in an unknown state: \`ship recover\` finishes it.\n`);
    for (const pgid of groupsOf(groups, runs)) signalGroup(pgid, 'SIGKILL');
    process.exit(130);
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  try {
    return await work({
      signal: controller.signal,
      interrupt: () => controller.abort(errors.SHIP_INTERRUPTED({ signal: 'SIGINT' })),
      track: (pgid, run) => {
        groups.add(pgid);
        runs.add(run);
      },
    });
  } finally {
    for (const name of SIGNALS) process.off(name, onSignal);
  }
}

/** The groups that commands of runs lead, and those into which their children went; without those that hold a service. */
function groupsOf(started: ReadonlySet<number>, runs: ReadonlySet<string>): Set<number> {
  const marked = [...runs].flatMap((run) => markedProcesses({ SHIP_RUN: run }));
  const groups = new Set([...started, ...marked.map(({ pgid }) => pgid)]);
  for (const each of marked) if (isService(each)) groups.delete(each.pgid);
  return groups;
}

/** What guards the command against code that ends it from the side, as a plugin may. */
interface Guard {
  /** What was thrown where nobody waited for it, in the order in which it came. */
  readonly uncaught: readonly unknown[];
  /** The command has come to its own end. */
  done(): void;
}

/**
 * What is thrown outside every promise of ours does not end a run half way: Node's own exit status for it, 1,
 * would say that all was rolled back. Nor does `process.exit`, or a promise that nothing will ever settle, pass for a success.
 */
export function guardProcess(unfinished: (exit: number, uncaught: readonly unknown[]) => Report, json: boolean): Guard {
  const uncaught: unknown[] = [];
  let isDone = false;
  const onUncaught = (error: unknown) => void uncaught.push(error);
  const onExit = (code: number) => {
    if (isDone) return;
    const report = unfinished(code === 130 ? 130 : 3, uncaught);
    process.exitCode = report.exit_code;
    write(2, report.errors.map(({ message }) => `✗ ${message}\n`).join(''));
    if (json) write(1, `${JSON.stringify(report, null, 2)}\n`);
  };
  process.on('uncaughtException', onUncaught);
  process.on('exit', onExit);
  const done = () => {
    isDone = true;
  };
  return { uncaught, done };
}

function write(fd: number, text: string): void {
  try {
    writeSync(fd, text);
  } catch {
    // The reader has gone, and there is no later.
  }
}

/** Ends by itself, so that piped output is whole; a plugin that left a timer behind cannot hold it for long. */
export function leave(code: number): void {
  process.exitCode = code;
  if (hasForeignCode() || process.getActiveResourcesInfo().length > 0) setTimeout(() => process.exit(code), 2_000).unref();
  // When nothing is left: Node would put away all that it made, which takes a while. Who else listens may begin something yet.
  process.on('beforeExit', () => {
    if (process.listenerCount('beforeExit') === 1) process.exit();
  });
}
