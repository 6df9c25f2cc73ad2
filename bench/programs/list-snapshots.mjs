// Lists the newest N snapshots of a state folder, or all of them, as `ship snapshots list` does: of each it asks for all that the
// table shows and is made of, since what the index holds of a snapshot is taken apart when it is asked for.
import { FileStore } from '../../packages/core/dist/store/file.js';
import { Shelf } from '../../plugins/snapshots/dist/shelf.js';

const [folder, newest] = process.argv.slice(2);
const shelf = new Shelf(new FileStore(folder), 'bench');

const lengthOf = ({ id, version, timestamp, common: { project, environment, verification, rollback_safe, names, parts } }) =>
  id.length +
  version.length +
  timestamp.length +
  project.length +
  environment.length +
  names.length +
  parts.length +
  (verification.smoke ? 1 : 0) +
  (rollback_safe ? 1 : 0);

shelf.list('default', newest === 'all' ? undefined : Number(newest)).then((listed) => {
  if (listed.reduce((length, each) => length + lengthOf(each), 0) === 0) throw new Error('there are no snapshots');
});
