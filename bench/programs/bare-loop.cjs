// The limit of a runner in Node: COUNT times `sh -c true`, by WORKERS at a time, with pipes, and nothing else.
const { spawn } = require('node:child_process');

const [count, workers] = process.argv.slice(2).map(Number);
let left = count;

async function work() {
  while (left-- > 0) await once();
}

function once() {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', 'true'], { detached: true });
    child.once('error', reject).once('close', resolve);
  });
}

Promise.all(Array.from({ length: workers }, work));
