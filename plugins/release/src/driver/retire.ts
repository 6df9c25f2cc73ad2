import { listProcesses } from '../process/records.js';
import { stopProcess } from '../process/stop.js';
import type { ProcessRecord, Release } from '../records.js';
import { stopFront } from '../routing/front.js';
import { drain, forgetTargets } from '../routing/switch.js';
import type { Site } from '../site.js';

/** May a release that is not live keep its process? */
export type StandsBy = (release: string) => boolean;

/** The processes that have to end, now that this release is live. */
export async function superfluous(site: Site, live: string, standsBy: StandsBy): Promise<ProcessRecord[]> {
  const records = await listProcesses(site.layout);
  return records.filter(({ release }) => release !== live && !(site.settings.standby && standsBy(release)));
}

/** Lets every other release finish what it is doing, and ends it. */
export async function retire(site: Site, live: Release, standsBy: StandsBy): Promise<void> {
  const leaving = (await superfluous(site, live.id, standsBy)).map(({ release }) => release);
  await drain(site, leaving);
  site.reached('drained');
  await Promise.all(leaving.map((id) => stopProcess(site.layout, id)));
  if (live.port === null) await stopFront(site.layout);
  else await forgetTargets(site);
  site.reached('stopped');
}
