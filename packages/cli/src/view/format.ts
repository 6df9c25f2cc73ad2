import type { DecisionOption, Finding } from '@ship/core';
import type { Paint } from '../terminal.js';

/** The first line of a text, which says what happened; the others are its details. */
export const brief = (text: string): string => text.split('\n', 1)[0]!;

/** A text with something before each line, and each in a style of its own. */
export const indented = (text: string, before: string, style: (line: string) => string = String): string =>
  text
    .split('\n')
    .map((line) => style(`${before}${line}`))
    .join('\n');

/** A duration as people read it: `12ms`, `3.4s`, `2m 05s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
}

/** How long ago something was, roughly: `12s`, `5m`, `3h`, `4d`. */
export function age(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes === 0) return `${Math.round(Math.max(0, ms) / 1000)}s`;
  if (minutes < 60) return `${minutes}m`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)}h` : `${Math.floor(minutes / (24 * 60))}d`;
}

/** What stands before a finding. */
export const marks = (paint: Paint): Record<Finding['level'], string> => ({
  info: paint.green('✓'),
  warn: paint.yellow('!'),
  block: paint.red('✗'),
});

/** A node of a drawn tree. */
export interface TreeNode {
  readonly text: string;
  readonly children?: readonly TreeNode[];
}

/** Draws a tree with box characters, as `tree` does. */
export function drawTree({ text, children = [] }: TreeNode): string[] {
  return [text, ...drawChildren(children, '')];
}

function drawChildren(children: readonly TreeNode[], prefix: string): string[] {
  return children.flatMap(({ text, children: below = [] }, index) => {
    const last = index === children.length - 1;
    return [`${prefix}${last ? '└──' : '├──'} ${text}`, ...drawChildren(below, `${prefix}${last ? '    ' : '│   '}`)];
  });
}

/** What may be answered about a failure, for people. */
export const ANSWERS: Readonly<Record<DecisionOption, string>> = {
  retry: 'Run the step again',
  continue: 'Go on without it, with a warning',
  full_rollback: 'Roll everything back',
  partial_rollback: 'Roll this component back',
  investigate: 'Show what is known, then ask again',
  skip: 'Leave it as it is, for me to finish',
};
