import type { Report } from '@ship/core';
import { answerOf } from '../answer.js';
import type { Flags } from '../arguments.js';
import { openFromFlags } from '../open.js';
import type { Terminal } from '../terminal.js';

/** `ship plugins`: what is on, where it came from, what it brings. */
export async function plugins({ line, paint }: Terminal, flags: Flags): Promise<Report> {
  const kernel = await openFromFlags(flags);
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
