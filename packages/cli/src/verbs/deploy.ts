import { type Interaction, type Report, rollbackTo, run, type ShipEvent } from '@ship/core';
import type { Flags } from '../arguments.js';
import { openFromFlags } from '../open.js';
import { listenToSignals } from '../signals.js';
import type { Terminal } from '../terminal.js';
import { linesView } from '../view/lines.js';
import { showSummary } from '../view/summary.js';
import { dryRun } from './dry-run.js';

/** `ship`, and `ship --rollback-to ID`. */
export async function deploy(terminal: Terminal, flags: Flags, commandLine: string): Promise<Report> {
  const interrupts = listenToSignals((text) => terminal.error(text));
  try {
    const interaction: Interaction = terminal.interactive ? (await import('../prompts.js')).promptingInteraction(interrupts.signal) : {};
    const view = await openView(terminal);
    const kernel = await openFromFlags(flags, holdView(interaction, view));
    if (flags.dryRun) return await dryRun(terminal, kernel);
    kernel.hooks.event.tap('view', (event) => {
      if (event.type === 'process-started') interrupts.track(event.process.pgid);
      view.onEvent(event);
    });
    const options = { command: kernel.redactor.redact(commandLine), signal: interrupts.signal };
    const report = flags.rollbackTo === undefined ? await run(kernel, options) : await rollbackTo(kernel, flags.rollbackTo, options);
    await view.close();
    showSummary(terminal, report);
    return report;
  } finally {
    interrupts.stop();
  }
}

interface View {
  onEvent(event: ShipEvent): void;
  close(): Promise<void>;
}

async function openView(terminal: Terminal): Promise<View> {
  if (terminal.interactive && !terminal.verbose) {
    const { LiveView } = await import('../view/live.js');
    return new LiveView(terminal);
  }
  return { onEvent: linesView(terminal), close: async () => {} };
}

/** A question and a live view cannot share the screen: the view ends first. */
function holdView(interaction: Interaction, view: View): Interaction {
  const { choose } = interaction;
  if (!choose) return interaction;
  return {
    ...interaction,
    choose: async (...args) => {
      await view.close();
      return choose(...args);
    },
  };
}
