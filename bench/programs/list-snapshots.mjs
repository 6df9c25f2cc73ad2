// Lists the newest N snapshots of a state folder, or all of them, as `ship snapshots list` does, and nothing else.
import { FileStore } from '../../packages/core/dist/store/file.js';
import { Shelf } from '../../plugins/snapshots/dist/shelf.js';

const [folder, newest] = process.argv.slice(2);
const shelf = new Shelf(new FileStore(folder), 'bench');
shelf.list('default', newest === 'all' ? undefined : Number(newest)).then((listed) => {
  if (listed.length === 0) throw new Error('there are no snapshots');
});
