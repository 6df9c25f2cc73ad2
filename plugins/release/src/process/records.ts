import { open, readdir } from 'node:fs/promises';
import { isAlive } from '@ship/core';
import { readJson } from '../base/files.js';
import type { Identity } from '../base/identity.js';
import type { Layout } from '../layout.js';
import type { ProcessRecord } from '../records.js';
import { isReleaseId } from '../release/store.js';
import type { Site } from '../site.js';

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

/** Does something look after the service, be it up or not? */
export function isSupervised({ supervisor }: ProcessRecord): boolean {
  return supervisor !== null && isAlive(supervisor);
}

/** A record of a process that runs. */
type RunningProcess = ProcessRecord & { readonly supervisor: Identity; readonly service: Identity };

/** Do the supervisor and its service run? */
export function isRunning(record: ProcessRecord | undefined): record is RunningProcess {
  return Boolean(record?.supervisor && record.service && isAlive(record.supervisor) && isAlive(record.service));
}

const TAIL_BYTES = 16_384;

/** The last lines of a release's log, without secrets. Empty where there is none. */
export async function logTail({ layout, ctx }: Pick<Site, 'layout' | 'ctx'>, id: string, lines = 20): Promise<string> {
  const text = await readEnd(layout.log(id)).catch(() => '');
  return ctx.redact(text.trimEnd().split('\n').slice(-lines).join('\n'));
}

async function readEnd(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const text = buffer.toString('utf8');
    // A secret may be cut through where the end begins.
    return length < size ? text.slice(text.indexOf('\n') + 1) : text;
  } finally {
    await file.close();
  }
}
