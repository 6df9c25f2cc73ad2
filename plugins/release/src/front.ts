// The program that holds the port of a component. It outlives `ship`.
import { note, runFront } from './front/run.js';

const [root = '', token = ''] = process.argv.slice(2);
runFront(root, token).catch((error) => {
  note(`the front does not start: ${error.message}`);
  process.exit(1);
});
