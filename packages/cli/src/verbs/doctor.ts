import type { Finding, Json, Report } from '@ship/core';
import { examine } from '@ship/core/kernel';
import { answerOf } from '../answer.js';
import type { Flags } from '../arguments.js';
import { openFromFlags } from '../open.js';
import { listenToSignals } from '../signals.js';
import type { Terminal } from '../terminal.js';

/** Something keeps the environment from being deployed or taken back; nothing was touched. */
const FOUND = 2;

/** `ship doctor`: what is wrong with an environment, and what to do about it. Touches nothing. */
export async function doctor(terminal: Terminal, flags: Flags): Promise<Report> {
  const { line, paint } = terminal;
  const interrupts = listenToSignals((text) => terminal.error(text));
  try {
    const kernel = await openFromFlags(flags);
    const { project, environment } = kernel.config;
    line(`${paint.bold(project)} -> ${paint.bold(environment)}`);
    const found = await examine(kernel, interrupts.signal);
    for (const { level, message } of found) line(`  ${marks(terminal)[level]} ${message}`);
    const blocks = found.filter(({ level }) => level === 'block').length;
    const warnings = found.filter(({ level }) => level === 'warn').map(({ message }) => message);
    line(verdict(blocks, warnings.length));
    return answerOf(kernel, 'doctor', {
      warnings,
      result: found as unknown as Json,
      ...(blocks > 0 ? { status: 'refused', exit_code: FOUND } : {}),
    });
  } finally {
    interrupts.stop();
  }
}

const marks = ({ paint }: Terminal): Record<Finding['level'], string> => ({
  info: paint.green('✓'),
  warn: paint.yellow('!'),
  block: paint.red('✗'),
});

function verdict(blocks: number, warnings: number): string {
  if (blocks > 0) return `${blocks} to be mended before anything is deployed`;
  return warnings > 0 ? `${warnings} to look at; nothing keeps a run from starting` : 'all is well';
}
