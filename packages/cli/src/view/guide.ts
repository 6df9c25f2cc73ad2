import type { InterventionGuide } from '@ship/core';
import type { Terminal } from '../terminal.js';
import { showStanding } from './resources.js';
import { brief } from './text.js';

/** What somebody needs who looks into a failed run: what is known, what stands, and what can be done. */
export function showGuide(terminal: Terminal, { failure, evidence, steps, resources, journal, logs, commands }: InterventionGuide): void {
  const { line, paint } = terminal;
  const those = (...wanted: string[]) => steps.filter(({ status }) => wanted.includes(status)).map(({ id }) => id);
  const show = (label: string, text: string) => line(`${paint.bold(label)} ${text}`);
  line();
  show('What failed:', failure.message);
  for (const { id, failed_attempts = [] } of steps)
    for (const { attempt, error } of failed_attempts) line(paint.dim(`  ${id}, attempt ${attempt}: ${brief(error.message)}`));
  for (const { name, text } of evidence) line(`${paint.bold(`${name}:`)}\n${indent(text)}`);
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

const indent = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((each) => `  ${each}`)
    .join('\n');
