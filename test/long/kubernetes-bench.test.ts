import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasCluster, hasFakeNodes } from '../services/cluster.js';
import { ROOT, runProgram } from '../support/ship.js';

interface Row {
  readonly candidate: string;
  readonly median?: number;
}

describe.skipIf(!hasCluster() || !hasFakeNodes())('the kubernetes benchmark', () => {
  it('given its smallest sizes, when it runs once, then there is a figure for each of our own, and for each peer', async () => {
    const argv = [process.execPath, join(ROOT, 'bench/run.mjs'), 'kubernetes', '--smoke', '--json'];
    const { stdout, stderr } = await runProgram(argv, { cwd: ROOT });
    const { groups } = JSON.parse(stdout || stderr) as { groups: [{ tables: { rows: Row[] }[] }] };
    const measured = groups[0].tables.flatMap(({ rows }) => rows).filter(({ median }) => Number.isFinite(median));
    expect(measured.map(({ candidate }) => candidate)).toEqual([
      ...['ship, :crash', 'helm, :crash', 'kubectl, :crash', 'ship, the slowest of them alone', 'ship, 2 Deployments'],
      ...['kubectl rollout undo, 2 in a loop', 'helm rollback, 2 in a loop'],
    ]);
  }, 180_000);
});
