import { rm } from 'node:fs/promises';
import { stopDaemon } from '../daemon/stop.js';
import type { Layout } from '../layout.js';
import { readProcess } from './records.js';

/** Ends the process of a release with everything it started. False where it had none. */
export async function stopProcess(layout: Layout, id: string): Promise<boolean> {
  const record = await readProcess(layout, id);
  if (!record) return false;
  const { token, unit, service } = record;
  const claim = layout.claim(id, token);
  await stopDaemon({ name: id, token, unit, service, claim });
  // The record goes before the claim: a supervisor that comes up late finds one of the two and ends.
  await rm(layout.process(id), { force: true });
  await rm(claim, { force: true });
  return true;
}
