import { liveRelease } from '../driver/live.js';
import { makeLive, removeAll, stopAll } from '../driver/restore.js';
import { errors } from '../errors.js';
import { readRelease, swapCurrent } from '../release/store.js';
import type { Verb } from '../site.js';

/** Starts the live release again, and its front. */
export const start: Verb = async (site, print) => {
  const { layout, name } = site;
  const id = await liveRelease(layout);
  const release = id === undefined ? undefined : await readRelease(layout, id);
  const reason = id === undefined ? 'nothing was deployed yet' : 'its folder is missing or damaged';
  if (!release) throw errors.SHIP_RELEASE_MISSING({ component: name, release: id ?? '(none)', reason });
  await makeLive(site, release);
  print(`${name} ${release.version} is running`);
  return { release: release.id, version: release.version, running: true };
};

/** Ends the service and its front. The releases stay. */
export const stop: Verb = async (site, print) => {
  const live = await liveRelease(site.layout);
  // The front's record goes away, and `start` must find what the front knew.
  if (live !== undefined) await swapCurrent(site.layout, live);
  await stopAll(site);
  print(`${site.name} is stopped`);
  return { release: live ?? null, running: false };
};

/** Ends everything and removes what was made. */
export const remove: Verb = async (site, print) => {
  const { changed, summary = '' } = await removeAll(site);
  print(summary);
  return { removed: changed };
};
