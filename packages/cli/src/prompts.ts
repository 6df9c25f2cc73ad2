import type { InterventionGuide } from '@ship/core';
import type { Interaction } from '@ship/core/kernel';
import type { Interrupts } from './process.js';
import type { Terminal } from './terminal.js';
import { ANSWERS, brief, indented } from './view/format.js';
import { showStanding } from './view/report.js';

/** Questions on a terminal. Ctrl-C at one interrupts the work, as it does everywhere else. */
export function promptingInteraction(interrupts: Pick<Interrupts, 'signal' | 'interrupt'>, terminal: Terminal): Interaction {
  const ask = <T>(question: string, choices: readonly Choice<T>[], recommended?: T) =>
    askOnce(interrupts, terminal, terminal.safe(question), choices, recommended);
  return {
    show: (guide) => showGuide(terminal, guide),
    confirm: (question) =>
      ask(question, [
        { name: 'No', value: false },
        { name: 'Yes', value: true },
      ]),
    choose: (question, options, recommended) => {
      const choices = options.map((value) => ({ value, name: value === recommended ? `${ANSWERS[value]} (recommended)` : ANSWERS[value] }));
      return ask(question, choices, recommended);
    },
  };
}

interface Choice<T> {
  readonly name: string;
  readonly value: T;
}

/** The menu goes once it is answered, or dismissed; the answer stays. */
async function askOnce<T>(
  { signal, interrupt }: Pick<Interrupts, 'signal' | 'interrupt'>,
  { line, paint }: Terminal,
  message: string,
  choices: readonly Choice<T>[],
  recommended: T | undefined,
): Promise<T> {
  const { default: select } = await import('@inquirer/select');
  try {
    const settings = { message, choices, ...(recommended === undefined ? {} : { default: recommended }) };
    const answer = await select(settings, { signal, clearPromptOnDone: true });
    line(`${paint.green('✔')} ${paint.bold(message)} ${paint.cyan(choices.find(({ value }) => value === answer)!.name)}`);
    return answer;
  } catch (error) {
    if (!['ExitPromptError', 'AbortPromptError'].includes((error as Error).name)) throw error;
    interrupt();
    throw signal.reason;
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
