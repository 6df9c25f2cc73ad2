import { liveRelease } from '../driver/live.js';
import { logTail } from '../process/log.js';
import type { Verb } from '../site.js';

const LINES = 100;

/** Shows the last lines of the live release's log. */
export const logs: Verb = async (site, print) => {
  const release = await liveRelease(site.layout);
  const text = release === undefined ? '' : await logTail(site, release, LINES);
  const lines = text === '' ? [] : text.split('\n');
  for (const line of lines) print(line);
  return { release: release ?? null, lines };
};
