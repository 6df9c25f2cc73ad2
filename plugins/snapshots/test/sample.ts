import { createHash } from 'node:crypto';
import type { Snapshot, Store } from '@ship/core';
import { filesBeside, writeFiles } from '../src/files.js';
import type { Seal } from '../src/seal.js';
import type { Shelf } from '../src/shelf.js';

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
  shelf: Shelf,
  id: string,
  { seal, state = 'the state', environment = 'production' }: { seal?: Seal; state?: string; environment?: string } = {},
): Promise<string> {
  const content = `the configuration of ${state}`;
  const object = `objects/${createHash('sha256').update(content).digest('hex')}`;
  await store.put(object, content);
  const parts = { terraform: { value: { serial: 4 }, files: { tfstate: state } } };
  const files = await writeFiles(store, environment, filesBeside(`snapshot-${id}`, { components: {} }, parts), seal);
  await shelf.save(snapshot(id, { environment, files, objects: [object], parts: { terraform: { serial: 4 } } }));
  return object;
}
