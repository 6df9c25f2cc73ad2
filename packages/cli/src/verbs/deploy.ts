import type { Report, ShipEvent } from '@ship/core';
import {
  foldJournal,
  type Interaction,
  type Kernel,
  type RunOptions,
  readJournal,
  recover,
  resume,
  rollbackComponent,
  rollbackLast,
  rollbackTo,
  run,
} from '@ship/core/kernel';
import type { Flags } from '../arguments.js';
import { interactionOn, openFromFlags, openToRead } from '../open.js';
import { interruptible } from '../process.js';
import type { Terminal } from '../terminal.js';
import { linesView } from '../view/lines.js';
import { showSummary } from '../view/report.js';
import { dryRun } from './check.js';

/** What changes an environment: a run, a way back, a recovery. */
type Work = (kernel: Kernel, options: RunOptions) => Promise<Report>;

/** `ship`, `ship --rollback-to ID` and `ship --rollback-component NAME`. */
export function deploy(terminal: Terminal, flags: Flags, commandLine: string): Promise<Report> {
  const { rollbackTo: id, rollbackComponent: name } = flags;
  if (name !== undefined) return work(terminal, flags, commandLine, (kernel, options) => rollbackComponent(kernel, name, id, options));
  return work(terminal, flags, commandLine, id === undefined ? run : (kernel, options) => rollbackTo(kernel, id, options));
}

/** `ship rollback`: of the last run, of one component, or to a snapshot. */
export function rollback(terminal: Terminal, flags: Flags, commandLine: string): Promise<Report> {
  const { to, component, instant } = flags;
  if (to === undefined && component === undefined)
    return work(terminal, flags, commandLine, (kernel, options) => rollbackLast(kernel, { ...options, instant }));
  const asked = { ...(to === undefined ? {} : { rollbackTo: to }), ...(component === undefined ? {} : { rollbackComponent: component }) };
  return deploy(terminal, { ...flags, ...asked }, commandLine);
}

/** `ship resume`. */
export function resumeLast(terminal: Terminal, flags: Flags, commandLine: string): Promise<Report> {
  return work(terminal, flags, commandLine, resume);
}

/** `ship recover`, with a direction or without one. */
export function recoverLast(terminal: Terminal, flags: Flags, commandLine: string): Promise<Report> {
  const direction = flags.back ? 'back' : flags.forward ? 'forward' : undefined;
  return work(terminal, flags, commandLine, (kernel, options) => recover(kernel, { ...options, ...(direction && { direction }) }));
}

/** Works with signals heard, questions answered and progress shown, and ends with the summary. */
function work(terminal: Terminal, flags: Flags, commandLine: string, act: Work): Promise<Report> {
  return interruptible(terminal, async ({ signal, track, interrupt }) => {
    if (flags.dryRun) return dryRun(terminal, await openToRead(terminal, flags, { lenient: false }));
    const interaction = await interactionOn(terminal, { signal, interrupt });
    const view = await openView(terminal);
    signal.addEventListener('abort', () => view.interrupted(), { once: true });
    const deploys = act === run || act === resume;
    const kernel = await openFromFlags(terminal, flags, { interaction: holdView(interaction, view), lenient: !deploys });
    kernel.hooks.event.tap('view', (event) => {
      if (event.type === 'process-started') track(event.process.pgid, event.run);
      view.onEvent(event);
    });
    const { redactor } = kernel;
    const why = flags.reason === undefined ? {} : { reason: redactor.redact(flags.reason) };
    const report = await act(kernel, { command: redactor.redact(commandLine), signal, ...why });
    await view.close();
    if (report.run === null) terminal.line(String(report.result));
    else showSummary(terminal, report, { flags, acted: report.exit_code > 1 && (await hasActed(kernel, report.run)) });
    return report;
  });
}

/** Where nothing can be read, nothing can be gone on with either. */
async function hasActed({ store, config, withoutJournal }: Kernel, run: string): Promise<boolean> {
  const read = () => readJournal(store, config.environment, run).then(({ entries }) => foldJournal(entries).steps.size > 0);
  return !withoutJournal && read().catch(() => false);
}

interface View {
  onEvent(event: ShipEvent): void;
  /** It is to stop: that is shown at once. */
  interrupted(): void;
  close(): Promise<void>;
}

async function openView(terminal: Terminal): Promise<View> {
  if (terminal.interactive && !terminal.verbose) {
    const { LiveView } = await import('../view/live.js');
    return new LiveView(terminal);
  }
  return { onEvent: linesView(terminal), interrupted: () => {}, close: async () => {} };
}

/** A question and a live view cannot share the screen: the view ends first. */
function holdView(interaction: Interaction, view: View): Interaction {
  const { choose, show } = interaction;
  if (!choose || !show) return interaction;
  return {
    ...interaction,
    choose: async (...args) => {
      await view.close();
      return choose(...args);
    },
    show: async (guide) => {
      await view.close();
      await show(guide);
    },
  };
}
