import type { Layout } from '../layout.js';
import { readCurrent } from '../release/store.js';
import { readFront } from '../routing/front.js';

/**
 * The release that is live: the one that the front sends most requests to. `current` speaks where there is
 * no front, and follows the front otherwise: a killed deployment may have switched one and not the other.
 */
export async function liveRelease(layout: Layout): Promise<string | undefined> {
  const current = await readCurrent(layout);
  const front = await readFront(layout);
  const shares = Object.entries(front?.routes.weights ?? {}).filter(([, share]) => share > 0);
  const most = Math.max(...shares.map(([, share]) => share));
  const leaders = shares.filter(([, share]) => share === most).map(([id]) => id);
  return current !== undefined && leaders.includes(current) ? current : (leaders[0] ?? current);
}
