import type { DecisionOption, InterventionGuide } from '@ship/core';
import type { Interaction } from '@ship/core/kernel';
import type { Terminal } from './terminal.js';
import { brief, indented } from './view/format.js';
import { showStanding } from './view/report.js';

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
              message: terminal.safe(question),
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
      return asked(select({ message: terminal.safe(question), choices, ...(recommended ? { default: recommended } : {}) }, { signal }));
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

/** What somebody needs who looks into a failed run: what is known, what stands, and what can be done. */
function showGuide(terminal: Terminal, { failure, evidence, steps, resources, journal, logs, commands }: InterventionGuide): void {
  const { line, paint } = terminal;
  const those = (...wanted: string[]) => steps.filter(({ status }) => wanted.includes(status)).map(({ id }) => id);
  const show = (label: string, text: string) => line(`${paint.bold(label)} ${text}`);
  line();
  show('What failed:', failure.message);
  for (const { id, failed_attempts = [] } of steps)
    for (const { attempt, error } of failed_attempts) line(paint.dim(`  ${id}, attempt ${attempt}: ${brief(error.message)}`));
  for (const { name, text } of evidence) line(`${paint.bold(`${name}:`)}\n${indented(text.trimEnd(), '  ')}`);
  show('Done:', those('done', 'skipped').join(', ') || 'nothing');
  show('Failed:', those('failed').join(', ') || 'no step');
  show('Left to do:', those('not_run').join(', ') || 'nothing');
  showStanding(terminal, resources);
  show('Journal:', journal);
  show('Output of the steps:', logs);
  line(paint.bold('Where you leave it as it is:'));
  for (const { command, does } of commands) line(`  ${paint.cyan(command.padEnd(14))} ${does}`);
  line();
}
