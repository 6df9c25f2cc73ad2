import type { Report, RollbackReport, SuiteReport, VerificationReport } from '@ship/core';
import type { Terminal } from '../terminal.js';
import { showReported } from './errors.js';
import { showOrphans, showStanding } from './resources.js';
import { brief } from './text.js';
import { duration } from './time.js';
import { drawTree, type TreeNode } from './tree.js';

/** The block that ends a run: what happened, why, what is live, what is left to do. */
export function showSummary(terminal: Terminal, report: Report, verdict = verdictOf(report)): void {
  const { line, paint } = terminal;
  if (report.failure && report.rollback) {
    line();
    for (const each of drawTree(rollbackTree(report, terminal))) line(each);
  } else if (report.failure) showFailure(terminal, report);
  const { orphans, kept } = report.resources;
  const orphaned = new Set(orphans.map(({ type, id }) => `${type} ${id}`));
  for (const { what, command, error } of report.rollback?.remaining ?? []) {
    if (orphaned.has(what)) continue;
    terminal.error(`${paint.red('✗')} ${paint.bold(what)} is not rolled back: ${brief(error.message)}`);
    if (command !== undefined) terminal.error(`  ${paint.cyan('Finish it with:')} ${command}`);
  }
  showOrphans(terminal, orphans);
  if (report.status !== 'succeeded') showStanding(terminal, kept);
  for (const error of report.errors) showReported(terminal, error);
  line();
  const mark = report.exit_code === 0 ? paint.green('✓') : report.exit_code === 1 ? paint.yellow('⟲') : paint.red('✗');
  line(`${mark} ${paint.bold(verdict)} ${paint.dim(`in ${duration(report.duration_ms)}`)}`);
}

/** One line that says how it ended. */
function verdictOf(report: Report): string {
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

function rollbackTree(report: Report, { paint }: Terminal): TreeNode {
  const { failure, decision, rollback } = report;
  const good = report.status === 'rolled_back';
  return {
    text: `${paint.yellow('⟲')} ${paint.bold('Rollback')}`,
    children: [
      { text: `Trigger: ${failure!.trigger}${failure!.step ? ` (step ${failure!.step})` : ''}` },
      { text: `Severity: ${failure!.severity}` },
      {
        text: `Decision: ${decision!.trigger} ${decision!.scope} rollback`,
        children: decision!.reasons.map((text) => ({ text: paint.dim(text) })),
      },
      { text: `Target snapshot: ${rollback?.target_snapshot ?? 'none: what this run did is undone, to what was there before'}` },
      ...(rollback && rollback.findings.length > 0
        ? [{ text: 'Pre-checks:', children: rollback.findings.map(({ level, message }) => ({ text: `${level}: ${message}` })) }]
        : []),
      ...(rollback ? execution(report, rollback) : []),
      ...(rollback ? verification(rollback.verification) : []),
      { text: `Result: ${good ? paint.green('rolled back') : paint.red(report.status)}` },
    ],
  };
}

function execution(report: Report, rollback: RollbackReport): TreeNode[] {
  const components = rollback.components.map(({ name, from, to, status, duration_ms }) => ({
    text: `${name}: ${from ?? 'nothing'} -> ${to ?? 'removed'} ${status === 'restored' ? '' : `${status} `}(${duration(duration_ms)})`,
  }));
  const named = new Set(rollback.components.map(({ name }) => name));
  const steps = report.steps
    .filter(
      ({ status, reason, component }) =>
        (status === 'undone' || status === 'undo_failed' || reason) && !(component && named.has(component)),
    )
    .map(({ id, status, reason }) => ({ text: `${id}: ${reason ?? status}` }));
  return [{ text: 'Execution:', children: [...components, ...steps, { text: `Total: ${duration(rollback.duration_ms)}` }] }];
}

function verification(suites: VerificationReport): TreeNode[] {
  const told = Object.entries(suites).map(([suite, { checks, duration_ms }]: [string, SuiteReport]) => ({
    text: `${suite}: ${checks.filter(({ outcome }) => outcome === 'passed').length}/${checks.length} passed (${duration(duration_ms)})`,
  }));
  return told.length === 0 ? [{ text: 'Verification: nothing was verified before' }] : [{ text: 'Verification:', children: told }];
}
