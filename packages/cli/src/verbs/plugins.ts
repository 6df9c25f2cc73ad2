import { type Report, suggest } from '@ship/core';
import { demandSnapshots, type Kernel, pluginCommand } from '@ship/core/kernel';
import type { Flags } from '../arguments.js';
import { errors } from '../errors.js';
import { VERBS } from '../help.js';
import { answerOf, openFromFlags, openToRead } from '../open.js';
import { interruptible } from '../process.js';
import type { Terminal } from '../terminal.js';
import { commandAnnotation } from '../view/github.js';

/** `ship plugins`: what is on, where it came from, what it brings. */
export async function plugins(terminal: Terminal, flags: Flags): Promise<Report> {
  const { line, paint } = terminal;
  const kernel = await openToRead(terminal, flags);
  const { registry } = kernel;
  const tables = [
    registry.actions,
    registry.drivers,
    registry.routers,
    registry.strategies,
    registry.removers,
    registry.parts,
    registry.stores,
    registry.checks,
    registry.conditions,
    registry.channels,
    registry.commands,
    registry.examinations,
  ];
  const result = registry.plugins.map(({ name, origin, version }) => {
    const brings = tables.flatMap((table) =>
      table
        .names()
        .filter((item) => table.ownerOf(item) === name)
        .map((item) => `${table.kind} ${item}`),
    );
    return { name, origin, ...(version ? { version } : {}), brings };
  });
  for (const { name, origin, version, brings } of result) {
    line(`${paint.bold(name)}${version ? ` ${version}` : ''} ${paint.dim(origin)}`);
    line(`    ${brings.length === 0 ? paint.dim('hooks only') : brings.join(', ')}`);
  }
  if (result.length === 0) line('No plugins are on.');
  return answerOf(kernel, 'plugins', { result });
}

/** `ship <name> ...` of a plugin, such as `ship snapshots list`. */
export function runPluginCommand(terminal: Terminal, flags: Flags, name: string, rest: readonly string[]): Promise<Report> {
  return interruptible(terminal, async ({ signal }) => {
    const kernel = await (flags.listSnapshots ? openToRead(terminal, flags) : openFromFlags(terminal, flags));
    const known = kernel.registry.commands.names();
    if (!known.includes(name)) throw absentCommand(kernel, name, known);
    const { result, exitCode } = await pluginCommand(kernel, name, rest, {
      signal,
      print: terminal.line,
      annotate: (each) => {
        if (terminal.github) terminal.annotate('line', commandAnnotation(each, kernel.config.dir));
      },
      ...reasonIn(flags),
    });
    return answerOf(kernel, name, { result, ...(exitCode === undefined ? {} : { status: 'refused', exit_code: exitCode }) });
  });
}

const reasonIn = ({ reason }: Flags) => (reason === undefined ? {} : { reason });

/** The error for a verb that nobody brings, or that would be there if its plugin were on. */
function absentCommand(kernel: Kernel, name: string, brought: readonly string[]): Error {
  if (name === 'snapshots') demandSnapshots(kernel);
  const known = [...Object.keys(VERBS), ...brought].sort();
  return errors.SHIP_COMMAND_UNKNOWN({ name, known, suggestion: suggest(name, known) });
}
