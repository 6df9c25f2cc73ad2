// Lists the newest N snapshots of a state folder, or all of them, as `ship snapshots list` does: of each it asks for all that the
// table shows, and for what `--json` says besides, since what the index holds of a snapshot is taken out when it is asked for.
import { FileStore } from '../../packages/core/dist/store/file.js';
import { Shelf } from '../../plugins/snapshots/dist/shelf.js';

const [folder, newest] = process.argv.slice(2);
const shelf = new Shelf(new FileStore(folder), 'bench');
shelf.list('default', newest === 'all' ? undefined : Number(newest)).then((listed) => {
  let length = 0;
  for (const { id, version, timestamp, common } of listed) {
    const { project, environment, verification, rollback_safe, names, parts } = common;
    length += id.length + version.length + timestamp.length + project.length + environment.length;
    length += (verification.smoke ? 1 : 0) + (rollback_safe ? 1 : 0) + names.length + parts.length;
  }
  if (length === 0) throw new Error('there are no snapshots');
});
