import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../examples/quickstart/free-port.mjs';
import { ROOT, runProgram, ship, shipJson, temporaryFolder } from './support/ship.js';

it('given a fresh folder, when the quickstart runs, then version 1 is back without one failed request, and nothing is left', {
  timeout: 120_000,
}, async () => {
  const { code, stdout, stderr } = await runProgram(['npm', 'run', '--silent', 'quickstart'], { cwd: ROOT });

  expect(stderr).not.toContain('failed:');
  expect(code).toBe(0);
  expect(stdout).toMatch(/The client made \d{2,} requests: 0 failed \(v1: \d+, v2: \d+\)/);
  expect(stdout).toContain('failed, and rolled back');
  expect(stdout.match(/Hello from version 1/g)?.length).toBe(2);
  expect(stdout).toContain('nothing is left behind');
});

it('given two good versions, when --rollback-to names the start of the first snapshot, then the first serves, proven, and again is no change', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  cpSync(join(ROOT, 'examples/quickstart/ship.yaml'), join(folder, 'ship.yaml'));
  for (const version of ['v1', 'v3']) cpSync(join(ROOT, 'examples/quickstart/app/v1'), join(folder, 'app', version), { recursive: true });
  const port = await freePort();
  const on = (version: string) => ({ cwd: folder, env: { VERSION: version, QUICKSTART_PORT: String(port) } });
  onTestFinished(async () => {
    await ship(['release', 'remove', 'web'], on('3'));
  });
  const first = await shipJson([], on('1'));
  expect(first.report).toMatchObject({ status: 'succeeded', exit_code: 0, verification: { smoke: { outcome: 'passed' } } });
  const second = await shipJson([], on('3'));
  const { report: list } = await shipJson(['--list-snapshots'], on('3'));
  expect(list.result).toMatchObject([
    { id: second.report.snapshot, version: 'v3' },
    { id: first.report.snapshot, version: 'v1' },
  ]);

  const back = await shipJson(['--rollback-to', first.report.snapshot!.slice(0, -3)], on('3'));

  expect(back.report).toMatchObject({
    status: 'succeeded',
    exit_code: 0,
    decision: { trigger: 'manual', scope: 'full' },
    rollback: {
      target_snapshot: first.report.snapshot,
      components: [{ name: 'web', from: 'v3', to: 'v1', status: 'restored' }],
      verification: { smoke: { outcome: 'passed' } },
      remaining: [],
    },
  });
  const status = await shipJson(['release', 'status', 'web'], on('3'));
  expect(JSON.stringify(status.report.result)).toMatch(/"version":"v1"[^}]*"live":true|"live":true[^}]*"version":"v1"/);
  const again = await shipJson(['--rollback-to', first.report.snapshot!], on('3'));
  expect(again.report.rollback?.components).toMatchObject([{ name: 'web', from: 'v1', to: 'v1', status: 'unchanged' }]);
});
