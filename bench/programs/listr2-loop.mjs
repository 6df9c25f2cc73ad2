// listr2 alone: COUNT tasks that spawn `sh -c true`, by WORKERS at a time, told in plain lines.
import { spawn } from 'node:child_process';

const library = 'listr2';
const { Listr } = await import(library);
const [count, workers] = process.argv.slice(2).map(Number);

const once = () =>
  new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', 'true'], { detached: true });
    child.once('error', reject).once('close', resolve);
  });

const tasks = Array.from({ length: count }, (_, index) => ({ title: `s${index}`, task: once }));
await new Listr(tasks, { concurrent: workers === 1 ? false : workers, renderer: 'simple' }).run();
