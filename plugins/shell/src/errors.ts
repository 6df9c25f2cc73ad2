import { defineErrors } from '@ship/core';

/** The codes of this plugin. */
export const shellErrors = defineErrors({
  SHIP_SHELL_NUL: {
    exit: 2,
    message: (d: { what: string }) => `${d.what} holds a NUL byte, which no command and no variable can hold`,
    hint: 'Look for `\\0` or `\\x00` in the config.',
  },
  SHIP_SHELL_CAPTURE: {
    exit: 3,
    message: (d: { step: string; problem: string }) =>
      `what \`capture\` of step ${d.step} printed cannot be given back to \`undo\`: ${d.problem}`,
    hint: 'Let `capture` write to a file and print its path; `undo` finds the path in $SHIP_CAPTURE.',
  },
});
