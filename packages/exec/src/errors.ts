import { defineErrors } from '@ship/core';

interface Ran {
  readonly line: string;
  /** The last lines of the output, already redacted; empty where there was none. */
  readonly tail: string;
}

const withTail = (sentence: string, tail: string) => (tail === '' ? sentence : `${sentence}\n${tail}`);

/** The codes of executing a command. */
export const execErrors = defineErrors({
  SHIP_COMMAND_FAILED: {
    exit: 3,
    message: (d: Ran & { how: string }) => withTail(`${d.line} ${d.how}`, d.tail),
    hint: 'These are the last lines of the command; the whole output is in the log of the step.',
  },
  SHIP_COMMAND_NOT_FOUND: {
    exit: 3,
    message: (d: { line: string; name: string; missing: 'command' | 'interpreter' }) =>
      d.missing === 'command'
        ? `${d.name} is not installed, or not on PATH: ${d.line}`
        : `${d.name} names an interpreter that is not there: ${d.line}`,
    hint: (d) => (d.missing === 'command' ? `Install ${d.name}, or give its full path.` : 'Look at the first line of the file, `#!…`.'),
  },
  SHIP_COMMAND_NOT_EXECUTABLE: {
    exit: 3,
    message: (d: { line: string; name: string }) => `${d.name} cannot be executed: ${d.line}`,
    hint: (d) => `\`chmod +x ${d.name}\`, and see that it is a program and not a folder.`,
  },
  SHIP_COMMAND_TIMEOUT: {
    exit: 3,
    message: (d: Ran & { afterMs: number; survived: boolean }) =>
      withTail(`${d.line} was ended after its ${d.afterMs / 1000} s were over${d.survived ? ', but part of it still runs' : ''}`, d.tail),
    hint: 'Give it more time, or find out what it waits for.',
  },
  SHIP_COMMAND_ABORTED: {
    exit: 130,
    message: (d: Ran & { started: boolean; why: string; survived: boolean }) =>
      withTail(
        d.started
          ? `${d.line} was interrupted${d.why}${d.survived ? ', but part of it still runs' : ''}`
          : `${d.line} was not started${d.why}`,
        d.tail,
      ),
    hint: 'What it did until then is unknown: look at what it touches.',
  },
  SHIP_CWD_MISSING: {
    exit: 3,
    message: (d: { line: string; cwd: string }) => `the working folder ${d.cwd} is not a folder that can be entered: ${d.line}`,
    hint: '`cwd` is relative to the folder of the config.',
  },
});
