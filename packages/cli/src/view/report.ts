import { isShipError, type Report, type ReportedError, type ReportedResource, type RollbackReport } from '@ship/core';
import { toReported } from '@ship/core/kernel';
import type { Terminal } from '../terminal.js';
import { brief, drawTree, duration } from './format.js';
import { errorAnnotation } from './github.js';
import { rollbackTree } from './rollback-tree.js';

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

/** What could not be removed: each with where to look at it, and the commands that remove it. */
function showOrphans({ error, paint }: Terminal, orphans: readonly ReportedResource[]): void {
  for (const orphan of orphans) {
    const why = orphan.error === undefined ? 'nobody knows how far its removal came' : brief(orphan.error.message);
    error(`${paint.red('✗')} ${paint.bold(`${orphan.type} ${orphan.id}`)} is left behind: ${why}`);
    for (const each of waysTo(orphan)) error(`  ${paint.cyan(each.label)} ${each.text}`);
  }
}

/** What this run made and still stands. What was there before is nobody's to remove. */
export function showStanding({ line, paint }: Terminal, kept: readonly ReportedResource[]): void {
  for (const resource of kept.filter(({ provenance }) => provenance !== 'reused')) {
    const doubt = resource.provenance === 'pending' ? 'may stand' : 'stays';
    line(`${paint.yellow('!')} ${paint.bold(`${resource.type} ${resource.id}`)} ${doubt}, made by ${resource.step}`);
    for (const each of waysTo(resource)) line(`  ${paint.cyan(each.label)} ${each.text}`);
  }
}

function waysTo({ console_url, commands = [] }: ReportedResource): { label: string; text: string }[] {
  return [
    ...(console_url === undefined ? [] : [{ label: 'Look at it:', text: console_url }]),
    ...commands.map((text) => ({ label: 'Remove it with:', text })),
  ];
}

/** All single mistakes of an error, or the error itself. */
export function flatten(error: unknown): unknown[] {
  return isShipError(error) && error.errors.length > 0 ? error.errors.flatMap(flatten) : [error];
}

/** Shows an error that ends the command: one line a mistake, `file:line:column` first, what to do below. */
export function showError(terminal: Terminal, error: unknown, redact: (text: string) => string): void {
  const { paint } = terminal;
  const single = flatten(error);
  for (const each of single) showReported(terminal, toReported(each, redact));
  if (single.length > 1 && isShipError(error))
    terminal.error(`${paint.red('✗')} ${redact(error.message)}.${error.hint ? paint.dim(` ${error.hint}`) : ''}`);
  if (terminal.verbose && error instanceof Error && error.stack) terminal.error(paint.dim(redact(error.stack)));
  if (terminal.github) for (const each of single) terminal.annotate('error', errorAnnotation(each, redact));
}

/** Shows one error as a report has it. */
function showReported({ paint, error }: Terminal, { at, code, message, hint, cause, source }: ReportedError): void {
  const where = at === undefined ? (source === undefined || message.startsWith(source) ? '' : `${source}: `) : `${at} `;
  error(`${paint.red('✗')} ${paint.bold(where)}${message} ${paint.dim(`(${code})`)}`);
  if (cause !== undefined && !message.includes(cause)) error(paint.dim(`  because: ${cause}`));
  if (hint !== undefined) error(`  ${paint.cyan('Hint:')} ${hint}`);
}
