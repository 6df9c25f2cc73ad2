// Loads what lists snapshots, and lists none: what a list costs beside it is the listing.
import { FileStore } from '../../packages/core/dist/store/file.js';
import { Shelf } from '../../plugins/snapshots/dist/shelf.js';

new Shelf(new FileStore(process.argv[2]), 'bench');
