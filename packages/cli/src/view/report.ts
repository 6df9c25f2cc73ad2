import { isShipError, type Report, type ReportedError, type ReportedResource } from '@ship/core';
import { toReported, verdictOf } from '@ship/core/kernel';
import type { Flags } from '../arguments.js';
import type { Terminal } from '../terminal.js';
import { ANSWERS, brief, drawTree, duration } from './format.js';
import { errorAnnotation } from './github.js';
import { rollbackTree } from './rollback-tree.js';

/** The block that ends a run: what happened, why, what is live, what is left to do. */
export function showSummary(terminal: Terminal, report: Report, { flags = {}, acted = false }: Known = {}): void {
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
  line(`${mark} ${paint.bold(verdictOf(report))} ${paint.dim(`in ${duration(report.duration_ms)}`)}`);
  const where = [
    ...(flags.env === undefined ? [] : ['--env', flags.env]),
    ...(flags.config === undefined ? [] : ['--config', flags.config]),
  ];
  for (const { command, does } of waysOn(report, acted)) line(`  ${paint.cyan([command, ...where].join(' ').padEnd(14))} ${does}`);
}

/** What a summary has to know besides the report. */
interface Known {
  /** How the environment and the config were named. */
  readonly flags?: Pick<Flags, 'env' | 'config'>;
  /** Some step of the run was meant to act: there is something to go on with, or to take back. */
  readonly acted?: boolean;
}

/** The commands that go on from where a run has left the environment, each only where it would do something. */
function waysOn({ status, exit_code, decision }: Report, acted: boolean): readonly { readonly command: string; readonly does: string }[] {
  if (exit_code <= 1) return [];
  const isOff = decision?.reasons.some((reason) => reason.includes('optimization.rollback.enabled')) === true;
  const back = isOff ? [] : [{ command: 'ship rollback', does: 'takes the run back' }];
  const onOrBack = [{ command: 'ship resume', does: 'goes on after the last finished step' }, ...back];
  switch (status) {
    case 'rollback_incomplete':
      return [{ command: 'ship recover', does: 'tries again what is not rolled back' }];
    case 'interrupted':
      if (exit_code !== 130 || decision?.action === 'rollback') return [{ command: 'ship recover', does: 'finishes what is left' }];
      return acted ? onOrBack : [];
    case 'failed':
      return acted ? onOrBack : [{ command: 'ship', does: 'deploys again, once the cause is mended' }];
    case 'succeeded':
      return [{ command: 'ship state push', does: 'brings home what the store did not take' }];
    default:
      return [];
  }
}

function showFailure({ line, paint }: Terminal, { failure, decision, status }: Report): void {
  if (failure === null || status === 'succeeded') return;
  line();
  const where = failure.step === undefined ? '' : ` (step ${failure.step})`;
  line(`${paint.red(failure.severity)} ${failure.trigger}${where}: ${brief(failure.message)}`);
  for (const reason of decision?.reasons.slice(1) ?? []) line(paint.dim(`  ${reason}`));
  if (decision?.answer) line(paint.dim(`  the answer was: ${ANSWERS[decision.answer]}`));
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
