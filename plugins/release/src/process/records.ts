import { readdir } from 'node:fs/promises';
import { isAlive } from '@ship/core';
import { readJson } from '../base/files.js';
import type { Identity } from '../base/identity.js';
import type { Layout } from '../layout.js';
import type { ProcessRecord } from '../records.js';
import { isReleaseId } from '../release/id.js';

/** The record of a release's process; `undefined` where it has none. */
export function readProcess(layout: Layout, id: string): Promise<ProcessRecord | undefined> {
  return readJson<ProcessRecord>(layout.process(id));
}

/** The records of all processes, oldest release first, be they alive or not. */
export async function listProcesses(layout: Layout): Promise<ProcessRecord[]> {
  const names = await readdir(layout.processes).catch(() => []);
  const ids = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
  const records = await Promise.all(
    ids
      .filter(isReleaseId)
      .sort()
      .map((id) => readProcess(layout, id)),
  );
  return records.filter((record) => record !== undefined);
}

/** A record of a process that runs. */
export type RunningProcess = ProcessRecord & { readonly supervisor: Identity; readonly service: Identity };

/** Do the supervisor and its service run? */
export function isRunning(record: ProcessRecord | undefined): record is RunningProcess {
  return Boolean(record?.supervisor && record.service && isAlive(record.supervisor) && isAlive(record.service));
}
