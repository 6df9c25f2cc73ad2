import { emptyReport, type Kernel, type PreviewedStep, type Report } from '@ship/core';
import type { Terminal } from '../terminal.js';

/** `--dry-run`: shows each step, what it touches, and how it would be undone. */
export function planReport({ line, paint }: Terminal, { config }: Kernel, plan: readonly PreviewedStep[]): Report {
  line(`${paint.bold(config.project)} -> ${paint.bold(config.environment)} ${paint.dim('dry run: nothing is touched')}`);
  for (const { id, changes, undo, needs, component } of plan) {
    const after = needs.length === 0 ? '' : paint.dim(` after ${needs.join(', ')}`);
    line(`${paint.cyan('→')} ${paint.bold(id)}${component ? ` (${component})` : ''}${after}`);
    for (const { kind, what } of changes) line(`    ${kind.padEnd(8)}${what}`);
    line(paint.dim(`    undo    ${undo}`));
  }
  if (plan.length === 0) line('There are no steps.');
  return { ...emptyReport('dry-run', new Date()), project: config.project, environment: config.environment, dry_run: true, plan };
}
