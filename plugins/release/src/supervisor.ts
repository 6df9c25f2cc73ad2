// The program that keeps one release running. It outlives `ship`.
import { supervise } from './supervise.js';

const [root = '', release = '', token = ''] = process.argv.slice(2);
void supervise(root, release, token);
