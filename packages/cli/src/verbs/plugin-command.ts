import { type Report, suggest } from '@ship/core';
import { demandSnapshots, type Kernel, pluginCommand } from '@ship/core/kernel';
import { answerOf } from '../answer.js';
import type { Flags } from '../arguments.js';
import { errors } from '../errors.js';
import { VERBS } from '../help.js';
import { openFromFlags } from '../open.js';
import { listenToSignals } from '../signals.js';
import type { Terminal } from '../terminal.js';

/** `ship <name> ...` of a plugin, such as `ship snapshots list`. */
export async function runPluginCommand(terminal: Terminal, flags: Flags, name: string, rest: readonly string[]): Promise<Report> {
  const interrupts = listenToSignals((text) => terminal.error(text));
  try {
    const kernel = await openFromFlags(flags);
    const known = kernel.registry.commands.names();
    if (!known.includes(name)) throw absentCommand(kernel, name, known);
    const { line: print } = terminal;
    return answerOf(kernel, name, { result: await pluginCommand(kernel, name, rest, { signal: interrupts.signal, print }) });
  } finally {
    interrupts.stop();
  }
}

/** The error for a verb that nobody brings, or that would be there if its plugin were on. */
function absentCommand(kernel: Kernel, name: string, brought: readonly string[]): Error {
  if (name === 'snapshots') demandSnapshots(kernel);
  const known = [...Object.keys(VERBS), ...brought].sort();
  return errors.SHIP_COMMAND_UNKNOWN({ name, known, suggestion: suggest(name, known) });
}
