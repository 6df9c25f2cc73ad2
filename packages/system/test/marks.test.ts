import { execFileSync, spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** Namespaces of one's own need rights that not everybody has. */
const hasNamespaces = spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;
if (!hasNamespaces) process.stderr.write('skipped: there are no namespaces to be had (SHIP_TEST_ALL=1 makes this an error)\n');
const SKIP = !hasNamespaces && process.env.SHIP_TEST_ALL !== '1';

/** Starts a child that bears a mark, and prints its own number and how many it finds. */
const LOOK = `
import { spawn } from 'node:child_process';
import { markedProcesses } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
const child = spawn('sleep', ['10'], { env: { SHIP_RUN: 'run-of-a-container' }, detached: true });
child.once('spawn', () => {
  console.log(process.pid, markedProcesses({ SHIP_RUN: 'run-of-a-container' }).length);
  child.kill();
});
`;

// Outside of containers, process 2 is the parent of all threads of the kernel.
it.skipIf(SKIP)('given a container in which this is process 2, when its children are looked for by their mark, then they are found', () => {
  const command = `'${process.execPath}' --input-type=module -e "$LOOK"; true`;
  const said = execFileSync('unshare', ['--pid', '--fork', '--mount-proc', 'sh', '-c', command], { env: { ...process.env, LOOK } });
  expect(said.toString()).toBe('2 1\n');
});
