import type { ListedRun } from '@ship/core';
import type { Paint } from './paint.js';

const COLOURS: Readonly<Record<ListedRun['status'], 'green' | 'yellow' | 'red' | 'cyan'>> = {
  succeeded: 'green',
  rolled_back: 'yellow',
  failed: 'red',
  rollback_incomplete: 'red',
  refused: 'yellow',
  interrupted: 'red',
  running: 'cyan',
  unknown: 'red',
};

/** How a run ended, in words. */
export const statusWord = (status: ListedRun['status']): string => status.replaceAll('_', ' ');

/** The same in its colour. */
export const paintedStatus = (status: ListedRun['status'], paint: Paint, text = statusWord(status)): string => paint[COLOURS[status]](text);
