import { definePlugin } from '@ship/core';
import { snapshotsCommand } from './commands.js';
import { ageEncryption, type EncryptionOptions } from './encryption.js';
import { prune } from './retention.js';
import { SnapshotStore } from './store.js';
import { takeSnapshot } from './take.js';

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
