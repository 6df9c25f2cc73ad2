import type { ShipEvent } from '@ship/core';
import type { Terminal } from '../terminal.js';
import { data } from './errors.js';
import { duration } from './time.js';

/** Plain lines, one an event: for CI, logs and pipes. */
export function linesView(terminal: Terminal): (event: ShipEvent) => void {
  const { paint, line } = terminal;
  return (event) => {
    const text = describe(event, terminal);
    if (text !== undefined) line(text);
    if (terminal.github && event.type === 'failure') line(`::error title=${event.failure.trigger}::${data(event.failure.message)}`);
    if (terminal.github && event.type === 'log' && event.level === 'warn') line(`::warning::${data(event.message)}`);
    if (event.type === 'step-output' && terminal.verbose)
      for (const each of event.output.text.replace(/\n$/, '').split('\n')) line(paint.dim(`  | ${each}`));
  };
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
      return `${paint.yellow('↻')} ${event.step.id}: ${event.error.message.split('\n')[0]}; attempt ${event.attempt + 1} in ${duration(event.delay_ms)}`;
    case 'step-finished': {
      const { id, status, duration_ms, error, reason } = event.report;
      if (status === 'done') return `${paint.green('✓')} ${id} ${took(duration_ms)}`;
      if (status === 'skipped') return `${paint.dim('-')} ${id} skipped: ${reason}`;
      return `${paint.red('✗')} ${id} ${took(duration_ms)}\n${indent(error?.message ?? 'failed')}`;
    }
    case 'check-finished': {
      const { name, outcome, detail, duration_ms, required } = event.report;
      const mark = outcome === 'passed' ? paint.green('✓') : required ? paint.red('✗') : paint.yellow('!');
      return `${mark} ${event.suite}: ${name} ${took(duration_ms)}${outcome === 'passed' ? '' : `\n${indent(detail ?? outcome)}`}`;
    }
    case 'rollback-started':
      return `${paint.yellow('⟲')} rolling back ${event.scope === 'full' ? 'everything' : 'one component'}${event.target ? ` to ${event.target}` : ''}`;
    case 'undo-finished': {
      const detail = event.detail === undefined ? '' : `: ${event.detail}`;
      if (event.status === 'failed') return `${paint.red('✗')} not undone: ${event.what}${detail}`;
      return event.status === 'kept'
        ? `${paint.dim('-')} ${event.what} stays${detail}`
        : `${paint.green('⟲')} ${event.what} undone${detail} ${took(event.duration_ms)}`;
    }
    case 'snapshot-saved':
      return `${paint.green('✓')} snapshot ${event.id}`;
    case 'log':
      if (event.level === 'warn')
        return `${paint.yellow('!')} ${event.source && event.source !== 'run' ? `${event.source}: ` : ''}${event.message}`;
      return event.level === 'info' || verbose ? paint.dim(`  ${event.source ?? 'ship'}: ${event.message}`) : undefined;
    default:
      return undefined;
  }
}

const indent = (text: string): string =>
  text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
