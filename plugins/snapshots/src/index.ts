import { type Command, definePlugin, type JsonObject } from '@ship/core';
import { errors } from './errors.js';
import { listSnapshots, showSnapshot } from './list.js';
import { Shelf } from './shelf.js';
import { takeSnapshot } from './take.js';

export { errors } from './errors.js';

/** Keeps a snapshot after each verified success, and finds them for a rollback. */
export default definePlugin<JsonObject>({
  name: 'snapshots',
  ship: '^1',
  apply(ship) {
    const shelf = new Shelf(ship.state, ship.project);
    ship.snapshots(shelf);
    ship.hooks.afterRun.tapPromise('keep', async (outcome, run) => {
      if (outcome.status !== 'succeeded') return;
      const snapshot = await takeSnapshot(outcome, run);
      await shelf.save(run.refer(snapshot));
      outcome.snapshot = snapshot.id;
      run.announce({ type: 'snapshot-saved', id: snapshot.id, version: snapshot.version });
      for (const id of await shelf.prune(run.environment, run.config.rollback.snapshot_count)) run.log.debug(`evicted ${id}`);
    });
    ship.command('snapshots', snapshotsCommand(shelf));
  },
});

function snapshotsCommand(shelf: Shelf): Command {
  return {
    summary: 'show what can be gone back to',
    usage: 'list | show ID',
    async run(ctx, [verb = 'list', id, ...rest]) {
      if (verb === 'list' && id === undefined) return listSnapshots(shelf, ctx);
      if (verb === 'show' && id !== undefined && rest.length === 0) return showSnapshot(shelf, ctx, id);
      throw errors.SHIP_SNAPSHOTS_USAGE({ given: [verb, id, ...rest].filter((word) => word !== undefined).join(' ') });
    },
  };
}
