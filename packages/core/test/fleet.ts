import { type Harness, type HarnessOptions, harness } from '@ship/testing';
import type { AnyDriver, ComponentState, Finding, Plugin, RollbackReport, RollbackRequest, Snapshot } from '../src/index.js';
import { MemoryStore } from '../src/store/memory.js';
import { plugin } from './help.js';

/** The versions that are live, by component. */
export type World = Map<string, string>;

/** What happened to components, in its order. */
export type Log = string[];

const stateOf = (version: string, name: string): ComponentState => ({
  version,
  config_hash: `hash of ${name} ${version}`,
  healthy: true,
  driver: null,
});

/** The driver `service`: its world is a map, versions called `broken` never come up, and each act takes `ms`. */
export function fleet(world: World, log: Log = [], more: Partial<AnyDriver> = {}, ms = 0): Plugin {
  const pause = () => new Promise((resolve) => setTimeout(resolve, ms));
  const driver: AnyDriver = {
    settings: { type: 'object' },
    describe: async (_ctx, { name }) => (world.has(name) ? stateOf(world.get(name)!, name) : undefined),
    deploy: async (_ctx, { name, version }) => {
      log.push(`deploy ${name} ${version}`);
      world.set(name, version);
      await pause();
      if (version.includes('broken')) throw new Error(`${name} does not come up`);
      return stateOf(version, name);
    },
    restore: async (_ctx, { name }, state) => {
      log.push(`restore ${name} ${state?.version ?? 'nothing'}`);
      const changed = world.get(name) !== state?.version;
      await pause();
      if (state) world.set(name, state.version);
      else world.delete(name);
      log.push(`restored ${name}`);
      return { changed };
    },
    ...more,
  };
  return plugin('fleet', (ship) => ship.driver('service', driver));
}

/** A verified snapshot of components in these versions. */
export function snapshotOf(versions: Readonly<Record<string, string>>, more: Partial<Snapshot> = {}): Snapshot {
  return {
    format: 2,
    id: 'snapshot-1',
    project: 'test',
    environment: 'default',
    timestamp: '2026-01-15T10:30:00.000Z',
    version: 'v1',
    git_sha: null,
    run: null,
    components: Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, stateOf(version, name)])),
    parts: {},
    config: {},
    verification: { smoke: true, acceptance: null, security: null, performance: null },
    rollback_safe: true,
    created_by: 'tester',
    notes: [],
    ...more,
  };
}

/** Provides these snapshots, newest first. */
export const pluginWithSnapshots = (...snapshots: readonly Snapshot[]): Plugin =>
  plugin('shelf', (ship) =>
    ship.snapshots({
      latest: async (_environment, accepts = () => true) =>
        snapshots.find((snapshot) => snapshot.rollback_safe && accepts(snapshot)) ?? null,
      find: async (_environment, id) => {
        const found = snapshots.find((snapshot) => snapshot.id === id);
        if (!found) throw new Error(`no ${id}`);
        return found;
      },
    }),
  );

/** A kernel whose environment was left broken by a run before. */
export async function leftBroken(options: HarnessOptions): Promise<Harness> {
  const store = new MemoryStore();
  await store.put('state/default/unverified.json', '{"run":"2026-01-01T00-00-00.000Z-aaaaaaaa"}\n');
  return harness({ ...options, store, flags: { auto_rollback: true, ...options.flags } });
}

/** The ways that were tried, and how each ended. */
export const tried = (rollback: RollbackReport | null) => rollback!.tried!.map(({ way, outcome }) => `${way} ${outcome}`);

/** Says something about every way back that a predicate chooses. */
export const objecting = (level: Finding['level'], to: (request: RollbackRequest) => boolean) =>
  plugin('objector', (ship) =>
    ship.hooks.beforeRollback.tap('object', (request, _run, finding) => {
      if (to(request)) finding({ level, rule: 'test', message: `no ${request.way}` });
    }),
  );
