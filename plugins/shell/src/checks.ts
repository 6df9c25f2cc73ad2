import type { Check, CheckOutcome, Condition, ExecResult, Json } from '@ship/core';
import { isCommandFailed, lastLines } from '@ship/exec';
import { type Script, shown } from './commands.js';
import { checkInput, conditionInput } from './schema.js';
import { type Place, runScript } from './script.js';

/** The argument of the check and of the condition. */
export interface ScriptInput extends Place {
  readonly run: Script;
  readonly shell?: boolean;
}

/** A shell's own exit codes: 126 not executable, 127 not found, 128 and the number of the signal that ended the command. */
const tellsNothing = (exitCode: number) => exitCode >= 126 && exitCode < 160;
const ANSWERS = Array.from({ length: 126 }, (_, exitCode) => exitCode);

/** `{ run: npm test }` in a suite: exit 0 passes, another exit fails, and what could not run is no answer. */
export const runCheck: Check<ScriptInput> = {
  input: checkInput,
  describe: ({ run }) => shown(run),
  async run(ctx, input) {
    try {
      return outcomeOf(await runScript(ctx, input.run, input, { output: 'combined', okExitCodes: 'any' }), (text) => ctx.redact(text));
    } catch (error) {
      if (!isCommandFailed(error)) throw error;
      return { outcome: 'errored', detail: error.message };
    }
  },
};

/** `when: { run: test -f flag }`: exit 0 holds. A command that cannot be started is an error, not a no. */
export const runCondition: Condition = {
  input: conditionInput,
  async holds(ctx, argument: Json) {
    const input = typeof argument === 'string' ? { run: argument } : (argument as unknown as ScriptInput);
    const { exitCode } = await runScript(ctx, input.run, input, { okExitCodes: ANSWERS });
    return exitCode === 0;
  },
};

function outcomeOf({ exitCode, stdout }: ExecResult, redact: (text: string) => string): CheckOutcome {
  if (exitCode === 0) return { outcome: 'passed' };
  const detail = [`exited with ${exitCode}`, lastLines(stdout, redact)].filter(Boolean).join('\n');
  return { outcome: tellsNothing(exitCode) ? 'errored' : 'failed', detail };
}
