import type { Report, RollbackReport } from '@ship/core';
import type { Terminal } from '../terminal.js';
import { showReported } from './errors.js';
import { showOrphans, showStanding } from './resources.js';
import { rollbackTree } from './rollback-tree.js';
import { brief } from './text.js';
import { duration } from './time.js';
import { drawTree } from './tree.js';

/** The block that ends a run: what happened, why, what is live, what is left to do. */
export function showSummary(terminal: Terminal, report: Report, verdict = verdictOf(report)): void {
  const { line, paint } = terminal;
  if (report.rollback && report.decision) {
    line();
    for (const each of drawTree(rollbackTree(report, report.rollback, terminal))) line(each);
  } else if (report.failure) showFailure(terminal, report);
  const { orphans, kept } = report.resources;
  const orphaned = new Set(orphans.map(({ type, id }) => `${type} ${id}`));
  for (const { what, command, error } of report.rollback?.remaining ?? []) {
    if (orphaned.has(what)) continue;
    terminal.error(`${paint.red('✗')} ${paint.bold(what)} is not rolled back: ${brief(error.message)}`);
    if (command !== undefined) terminal.error(`  ${paint.cyan('Finish it with:')} ${command}`);
  }
  showOrphans(terminal, orphans);
  // What a run that went back in part has made else is deployed, and stays by intent.
  if (report.status !== 'succeeded' && report.rollback?.way !== 'partial') showStanding(terminal, kept);
  for (const error of report.errors) showReported(terminal, error);
  line();
  const mark = report.exit_code === 0 ? paint.green('✓') : report.exit_code === 1 ? paint.yellow('⟲') : paint.red('✗');
  line(`${mark} ${paint.bold(verdict)} ${paint.dim(`in ${duration(report.duration_ms)}`)}`);
}

/** One line that says how it ended. */
function verdictOf(report: Report): string {
  if (report.rollback?.scope === 'partial' && report.rollback.remaining.length === 0) return partialVerdict(report, report.rollback);
  const where = report.environment ?? '';
  const back = report.rollback?.target_snapshot;
  switch (report.status) {
    case 'succeeded':
      return report.rollback ? `${where} is back at ${back}, and verified` : `deployed to ${where}`;
    case 'rolled_back':
      return `${report.exit_code === 0 ? 'rolled back' : 'failed, and rolled back'}: ${where} is ${back ? `as in ${back}` : 'as it was before this run'}${butFor(report)}${proven(report) ? ', and verified' : ''}`;
    case 'failed':
      return `failed, and left as it is`;
    case 'rollback_incomplete':
      return `${report.failure ? 'failed, and ' : ''}the rollback is INCOMPLETE: see what is left above`;
    case 'refused':
      return hasActed(report) ? 'failed, and the rollback was refused: everything stays as it is' : 'refused: nothing was changed';
    case 'interrupted':
      return 'interrupted: what was done stands as it is';
  }
}

/** One component is back, and the rest stays as it was. */
function partialVerdict(report: Report, { components, target_snapshot }: RollbackReport): string {
  const back = components.map(({ name, to }) => (to === null ? `${name} is removed` : `${name} is back at ${to}`)).join(', ');
  const failed = report.status === 'rolled_back' && report.exit_code !== 0 ? 'failed, and rolled back in part: ' : '';
  const from = target_snapshot === null ? '' : `, as in ${target_snapshot}`;
  return `${failed}${back || 'nothing was to be done'} in ${report.environment}${from}${proven(report) ? ', and verified' : ''}; everything else stays as it is`;
}

/** Steps that could not be taken back stand as they are: nobody may think otherwise. */
function butFor({ steps }: Report): string {
  const kept = steps.filter(({ reason }) => reason?.startsWith('not undone')).map(({ id }) => id);
  return kept.length === 0 ? '' : `, but for ${kept.join(', ')}`;
}

const hasActed = ({ steps }: Report): boolean => steps.some(({ attempts }) => attempts > 0);
const proven = ({ rollback }: Report): boolean => Object.keys(rollback?.verification ?? {}).length > 0;

function showFailure({ line, paint }: Terminal, { failure, decision, status }: Report): void {
  if (failure === null || status === 'succeeded') return;
  line();
  const where = failure.step === undefined ? '' : ` (step ${failure.step})`;
  line(`${paint.red(failure.severity)} ${failure.trigger}${where}: ${brief(failure.message)}`);
  for (const reason of decision?.reasons.slice(1) ?? []) line(paint.dim(`  ${reason}`));
}
