import type { Report } from '@ship/core';
import { type Kernel, makePlan, preview, questionsOf } from '@ship/core/kernel';
import { answerOf } from '../answer.js';
import type { Terminal } from '../terminal.js';
import { showFindings } from '../view/findings.js';

/** `--dry-run`: shows each step, what it touches, how it would be undone, and what would be asked first. */
export async function dryRun(terminal: Terminal, kernel: Kernel): Promise<Report> {
  const { line, paint } = terminal;
  const { config } = kernel;
  const made = await makePlan(kernel);
  const plan = await preview(kernel, made);
  line(`${paint.bold(config.project)} -> ${paint.bold(config.environment)} ${paint.dim('dry run: nothing is touched')}`);
  const questions = kernel.yes ? [] : questionsOf(kernel, made);
  for (const question of questions) line(`${paint.yellow('?')} ${question} ${paint.dim('asked first; `--yes` answers beforehand')}`);
  for (const { id, changes, undo, needs, component } of plan) {
    const after = needs.length === 0 ? '' : paint.dim(` after ${needs.join(', ')}`);
    line(`${paint.cyan('→')} ${paint.bold(id)}${component ? ` (${component})` : ''}${after}`);
    for (const { kind, what } of changes) line(`    ${kind.padEnd(8)}${what}`);
    line(paint.dim(`    undo    ${undo}`));
  }
  if (plan.length === 0) line('There are no steps.');
  const warnings = showFindings(terminal, made.findings);
  return answerOf(kernel, 'dry-run', { dry_run: true, plan, questions, warnings });
}
