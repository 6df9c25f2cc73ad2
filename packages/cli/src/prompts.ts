import type { DecisionOption } from '@ship/core';
import type { Interaction } from '@ship/core/kernel';
import type { Terminal } from './terminal.js';
import { showGuide } from './view/guide.js';

const CHOICES: Readonly<Record<DecisionOption, string>> = {
  retry: 'Run the step again',
  continue: 'Go on without it, with a warning',
  full_rollback: 'Roll everything back',
  partial_rollback: 'Roll this component back',
  investigate: 'Show what is known, then ask again',
  skip: 'Leave it as it is, for me to finish',
};

/** Questions on a terminal. A dismissed question (Ctrl-C) is a no. */
export function promptingInteraction(signal: AbortSignal, terminal: Terminal): Interaction {
  return {
    show: (guide) => showGuide(terminal, guide),
    async confirm(question) {
      const { default: select } = await import('@inquirer/select');
      return (
        (await asked(
          select(
            {
              message: question,
              choices: [
                { name: 'No', value: false },
                { name: 'Yes', value: true },
              ],
            },
            { signal },
          ),
        )) ?? false
      );
    },
    async choose(question, options, recommended) {
      const { default: select } = await import('@inquirer/select');
      const choices = options.map((value) => ({ value, name: value === recommended ? `${CHOICES[value]} (recommended)` : CHOICES[value] }));
      return asked(select({ message: question, choices, ...(recommended ? { default: recommended } : {}) }, { signal }));
    },
  };
}

async function asked<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (['ExitPromptError', 'AbortPromptError'].includes((error as Error).name)) return undefined;
    throw error;
  }
}
