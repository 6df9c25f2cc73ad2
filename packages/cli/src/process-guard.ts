import { writeSync } from 'node:fs';
import type { Report } from '@ship/core';

/** What guards the command against code that ends it from the side, as a plugin may. */
export interface Guard {
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
