// The program that holds the port of a component. It outlives `ship`.
import { runFront } from './front/run.js';

const [root = '', token = ''] = process.argv.slice(2);
void runFront(root, token);
