import {
  type ComponentState,
  type Config,
  definePlugin,
  type JsonObject,
  orderedId,
  orderOf,
  overallVersion,
  type RunContext,
  type RunOutcome,
  type Snapshot,
  SUITES,
  type SuiteName,
  userName,
} from '@ship/core';
import { snapshotsCommand } from './commands.js';
import { ageEncryption, type EncryptionOptions } from './encryption.js';
import { filesBeside, writeFiles } from './files.js';
import { prune } from './retention.js';
import { SnapshotStore } from './store.js';

export { errors } from './errors.js';

/** Options in `plugins:`. */
interface Options {
  readonly encryption?: EncryptionOptions;
}

/** Keeps a snapshot after each verified success, and finds them for a rollback. */
export default definePlugin<Options>({
  name: 'snapshots',
  ship: '^1',
  options: {
    $id: 'ship:snapshots-options',
    type: 'object',
    properties: {
      encryption: {
        type: 'object',
        required: ['recipients', 'identity_env'],
        properties: {
          recipients: {
            type: 'array',
            minItems: 1,
            items: { type: 'string', pattern: '^age1[0-9a-z]{10,}$', title: 'an age recipient', examples: ['age1…'] },
          },
          identity_env: {
            type: 'string',
            pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
            title: 'the name of an environment variable',
            examples: ['SHIP_AGE_IDENTITY'],
          },
        },
        additionalProperties: false,
      },
    },
    additionalProperties: false,
  },
  apply(ship, options) {
    const encryption = options.encryption && ageEncryption(options.encryption);
    const snapshots = new SnapshotStore(ship.state, ship.project, encryption);
    ship.snapshots(snapshots);
    // What other plugins keep beside a snapshot holds values like those in it.
    if (encryption !== undefined) ship.encryption(encryption);
    ship.hooks.afterRun.tapPromise('keep', async (outcome, run) => {
      if (outcome.status !== 'succeeded') return;
      const snapshot = await takeSnapshot(outcome, run, snapshots);
      await snapshots.save(snapshot);
      outcome.snapshot = snapshot.id;
      run.announce({ type: 'snapshot-saved', id: snapshot.id, version: snapshot.version });
      const evicted = await prune(snapshots, run.environment, run.config.rollback.snapshot_count);
      for (const id of evicted.snapshots) run.log.debug(`evicted ${id}`);
    });
    ship.command('snapshots', snapshotsCommand(snapshots));
  },
});

/** Takes a snapshot of what is live after a verified success. */
async function takeSnapshot(outcome: RunOutcome, run: RunContext, { store, encryption }: SnapshotStore): Promise<Snapshot> {
  const components = await run.describeComponents();
  const { parts, problems } = await run.captureParts();
  for (const problem of problems) run.log.warn(`${problem}: the snapshot is marked as not safe to go back to`);
  const now = new Date();
  const id = `snapshot-${orderedId(orderOf(run.run), now)}`;
  const config = run.refer(configOf(run.config));
  // Beside the snapshot before it: one that is there is whole.
  const files = await writeFiles(store, run.environment, filesBeside(id, config, parts), encryption);
  const referred = {
    format: 2,
    id,
    project: run.project,
    environment: run.environment,
    timestamp: now.toISOString(),
    version: overallVersion(run.plan, run.facts),
    git_sha: run.facts.sha ?? null,
    run: run.run,
    components,
    parts: Object.fromEntries(Object.entries(parts).map(([name, { value }]) => [name, value])),
    config: {},
    verification: verificationOf(outcome),
    rollback_safe: isSafe(outcome, components) && problems.length === 0,
    created_by: userName(),
    files,
    objects: [...new Set([...Object.values(parts), ...Object.values(components)].flatMap(({ objects = [] }) => objects))],
    notes: [...(run.facts.dirty === 'true' ? ['the working tree had uncommitted changes'] : []), ...problems],
  } satisfies Snapshot;
  return { ...run.refer(referred), config };
}

/** What of the config goes back with the code: the components as they were, and the checks they passed. */
function configOf({ components, verify }: Config): JsonObject {
  return JSON.parse(JSON.stringify({ components, verify })) as JsonObject;
}

function verificationOf({ verification }: RunOutcome): Record<SuiteName, boolean | null> {
  const of = (suite: SuiteName) => (verification[suite] === undefined ? null : verification[suite].outcome === 'passed');
  return Object.fromEntries(SUITES.map((suite) => [suite, of(suite)])) as Record<SuiteName, boolean | null>;
}

/** Safe to go back to: what had to pass has passed, and every component is healthy. */
function isSafe({ verification }: RunOutcome, components: Readonly<Record<string, ComponentState>>): boolean {
  const failed = (['smoke', 'acceptance', 'security'] as const).some((suite) => verification[suite]?.outcome === 'failed');
  return !failed && Object.values(components).every(({ healthy }) => healthy);
}
