import { createHash } from 'node:crypto';
import type { Encryption, Snapshot, Store } from '@ship/core';
import { filesBeside, writeFiles } from '../src/files.js';
import type { SnapshotStore } from '../src/store.js';

/** A verified snapshot. */
export const snapshot = (id: string, more: Partial<Snapshot> = {}): Snapshot => ({
  format: 2,
  id: `snapshot-${id}`,
  project: 'shop',
  environment: 'production',
  timestamp: '2026-01-15T10:30:00.000Z',
  version: 'v1',
  git_sha: null,
  run: 'r1',
  components: { api: { version: 'v1', config_hash: 'abc', healthy: true, driver: { path: '/srv/ünïcode', pid: 7 } } },
  parts: {},
  config: {},
  verification: { smoke: true, acceptance: null, security: null, performance: false },
  rollback_safe: true,
  created_by: 'tester',
  notes: [],
  ...more,
});

/** An id as they are made: its time, and something that makes it unique. */
export const idAt = (minute: number): string => `2026-01-15T10-${String(minute).padStart(2, '0')}-00.000Z-abcd${minute}`;

/** Saves one with a config, a state of Terraform and an object beside it. Answers its object's key. */
export async function saveWhole(
  store: Store,
  snapshots: SnapshotStore,
  id: string,
  { encryption, state = 'the state', environment = 'production' }: { encryption?: Encryption; state?: string; environment?: string } = {},
): Promise<string> {
  const content = `the configuration of ${state}`;
  const object = `objects/${createHash('sha256').update(content).digest('hex')}`;
  await store.put(object, content);
  const parts = { terraform: { value: { serial: 4 }, files: { tfstate: state } } };
  const files = await writeFiles(store, environment, filesBeside(`snapshot-${id}`, { components: {} }, parts), encryption);
  await snapshots.save(snapshot(id, { environment, files, objects: [object], parts: { terraform: { serial: 4 } } }));
  return object;
}
