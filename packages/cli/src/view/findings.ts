import type { Finding } from '@ship/core';
import { formatPosition } from '@ship/core/kernel';
import type { Terminal } from '../terminal.js';

/** Shows what was found in the plan, and returns it as the warnings of a report. */
export function showFindings({ line, paint }: Terminal, findings: readonly Finding[]): string[] {
  return findings.map(({ level, message, position }) => {
    const shown = position === undefined ? message : `${formatPosition(position)} ${message}`;
    line(`${level === 'info' ? paint.dim('-') : paint.yellow('!')} ${shown}`);
    return shown;
  });
}
