import type { ReportedResource } from '@ship/core';
import type { Terminal } from '../terminal.js';
import { brief } from './text.js';

/** What could not be removed: each with where to look at it, and the commands that remove it. */
export function showOrphans({ error, paint }: Terminal, orphans: readonly ReportedResource[]): void {
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
