import type { Decision, Failure, ShipEvent, Way } from '@ship/core';
import type { Terminal } from '../terminal.js';
import { brief, duration, indented } from './format.js';
import { failureAnnotation, warningAnnotation } from './github.js';

/** Plain lines, one an event: for CI, logs and pipes. */
export function linesView(terminal: Terminal): (event: ShipEvent) => void {
  const { line } = terminal;
  const details = new Set<string>();
  const annotate = annotator(terminal);
  return (event) => {
    const shown = detailsOf(event);
    if (shown?.includes('\n')) details.add(shown);
    const text = describe(withoutRepetition(event, details), terminal);
    if (text !== undefined) line(text);
    if (terminal.github) annotate(event);
    if (event.type === 'step-output' && terminal.verbose)
      line(indented(event.output.text.replace(/\n$/, ''), '  | ', (each) => terminal.paint.dim(withoutRunningOn(each))));
  };
}

/** A tool's colours end with its line. */
const withoutRunningOn = (text: string): string => (text.includes('\x1b') ? `${text}\x1b[0m` : text);

/** A failure is an error of the job where it stops the run: what the run goes on without is a warning, which is said in any case. */
function annotator(terminal: Terminal): (event: ShipEvent) => void {
  let failure: Failure | undefined;
  return (event) => {
    if (event.type === 'failure') failure = event.failure;
    if (event.type === 'decision' && failure !== undefined && stops(event.decision))
      terminal.annotate('line', failureAnnotation(failure.trigger, failure.message));
    if (event.type === 'log' && event.level === 'warn') terminal.annotate('line', warningAnnotation(event.message));
  };
}

const stops = ({ action, severity, answer }: Decision): boolean =>
  action === 'rollback' ||
  (answer !== 'retry' && (action === 'prompt' || (action === 'none' && severity !== 'MEDIUM' && severity !== 'LOW')));

/** What the line of an event shows in full. */
function detailsOf(event: ShipEvent): string | undefined {
  if (event.type === 'step-finished') return event.report.error?.message;
  return event.type === 'check-finished' ? event.report.detail : undefined;
}

/** A warning about what has been shown in full already, a line or two above, is one line. */
function withoutRepetition(event: ShipEvent, details: ReadonlySet<string>): ShipEvent {
  const repeats = event.type === 'log' && [...details].some((detail) => event.message.includes(detail));
  return repeats ? { ...event, message: brief(event.message) } : event;
}

/** The line of an event; undefined where it has none. */
export function describe(event: ShipEvent, { paint, verbose }: Terminal): string | undefined {
  const took = (ms: number) => paint.dim(`(${duration(ms)})`);
  switch (event.type) {
    case 'run-started':
      return `${paint.bold(event.plan.config.project)} -> ${paint.bold(event.plan.config.environment)} ${paint.dim(`run ${event.run}`)}`;
    case 'step-started':
      return event.attempt === 1 ? `${paint.cyan('→')} ${event.step.id}` : undefined;
    case 'step-retried':
      return `${paint.yellow('↻')} ${event.step.id}: ${brief(event.error.message)}; attempt ${event.attempt + 1} ${event.delay_ms === 0 ? 'now' : `in ${duration(event.delay_ms)}`}`;
    case 'step-finished': {
      const { id, status, duration_ms, error, reason } = event.report;
      if (status === 'done') return `${paint.green('✓')} ${id} ${took(duration_ms)}`;
      if (status === 'skipped') return `${paint.dim('-')} ${id} skipped: ${reason}`;
      return `${paint.red('✗')} ${id} ${took(duration_ms)}\n${indented(error?.message ?? 'failed', '    ')}`;
    }
    case 'check-finished': {
      const { name, outcome, detail, duration_ms, required } = event.report;
      const mark = outcome === 'passed' ? paint.green('✓') : required ? paint.red('✗') : paint.yellow('!');
      return `${mark} ${event.suite}: ${name} ${took(duration_ms)}${outcome === 'passed' ? '' : `\n${indented(detail ?? outcome, '    ')}`}`;
    }
    case 'rollback-started':
      return `${paint.yellow('⟲')} ${WAYS_BEGUN[event.way](event.component ?? 'everything')}${event.target ? ` to ${event.target}` : ''}`;
    case 'way-ended': {
      const { way, outcome, reason } = event.tried;
      if (event.next === null || outcome === 'done') return undefined;
      return `${paint.yellow('!')} ${way} rollback ${outcome}${reason === undefined ? '' : `: ${brief(reason)}`}; next: ${event.next}`;
    }
    case 'undo-finished': {
      const detail = event.detail === undefined ? '' : `: ${event.detail}`;
      if (event.status === 'failed') return `${paint.red('✗')} not undone: ${event.what}${detail}`;
      return event.status === 'kept'
        ? `${paint.dim('-')} ${event.what} stays${detail}`
        : `${paint.green('⟲')} ${event.what} undone${detail} ${took(event.duration_ms)}`;
    }
    case 'resource-noted':
      return verbose ? paint.dim(`  ${event.step}: ${event.resource.provenance} ${event.resource.type} ${event.resource.id}`) : undefined;
    case 'resource-removed': {
      const what = `${event.resource.type} ${event.resource.id}`;
      if (event.status === 'failed') return `${paint.red('✗')} not removed: ${what}: ${event.detail}`;
      return event.status === 'removed' ? `${paint.green('⟲')} ${what} removed` : undefined;
    }
    case 'snapshot-saved':
      return `${paint.green('✓')} snapshot ${event.id}`;
    case 'log':
      if (event.level === 'warn')
        return `${paint.yellow('!')} ${event.source && event.source !== 'run' ? `${event.source}: ` : ''}${event.message}`;
      return event.level === 'info' || verbose ? paint.dim(`  ${event.source ?? 'ship'}: ${event.message}`) : undefined;
    default:
      return 'message' in event && event.message !== undefined ? paint.dim(`  ${event.type}: ${event.message}`) : undefined;
  }
}

const WAYS_BEGUN: Readonly<Record<Way, (what: string) => string>> = {
  instant: (what) => `switching the traffic of ${what} back`,
  partial: (what) => `rolling ${what} back, and nothing else,`,
  full: () => 'rolling back everything',
  undo: () => 'rolling back everything',
};
