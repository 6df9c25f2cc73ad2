import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { FileStore } from '@ship/core/kernel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { project, ship, shipJson } from './support/ship.js';
import { started } from './support/started.js';

const CONFIG = 'version: 1\nproject: shop\nsteps:\n  - { id: one, run: echo 1 > one }\n';

const read = (cwd: string, path: string) => readFileSync(join(cwd, '.speckit', path), 'utf8');

describe('ship status and ship history', () => {
  const FLAKY = `${CONFIG}  - { id: two, run: test ! -e broken }\n`;

  it('given nothing that was deployed, when they are shown, then they say so, with 0, and make nothing', async () => {
    const cwd = project(CONFIG);
    expect((await ship(['status'], { cwd })).stdout).toBe(
      'shop -> default\n  lease     free\n  deployed  nothing yet\n  last run  none yet\n',
    );
    expect((await ship(['history'], { cwd })).stdout).toBe('default has no runs yet.\n');
    expect((await shipJson(['status'], { cwd })).report).toMatchObject({
      command: 'status',
      result: { last_run: null, deployed: null, recover: null },
    });
    expect((await shipJson(['history'], { cwd })).report).toMatchObject({ command: 'history', result: [] });
    expect(readdirSync(cwd)).toEqual(['ship.yaml']);
  });

  it('given a run that succeeded and one that failed, when they are shown, then the failed one stays failed, with its error, and the other is what is deployed', async () => {
    const cwd = project(FLAKY);
    const good = (await shipJson([], { cwd })).report;
    writeFileSync(join(cwd, 'broken'), '');
    const bad = (await shipJson(['--no-rollback'], { cwd })).report;
    const reason = "/bin/sh -c 'test ! -e broken' exited with 1";
    expect((await shipJson(['status'], { cwd })).report.result).toMatchObject({
      holder: null,
      deployed: { run: good.run, snapshot: good.snapshot },
      last_run: { run: bad.run, status: 'failed', reason, command_line: 'ship --no-rollback --json', by: { host: hostname() } },
      recover: null,
    });
    const told = (await ship(['status'], { cwd })).stdout;
    for (const words of [`failed ${bad.run}`, reason, `by run ${good.run}`]) expect(told).toContain(words);
    expect((await shipJson(['history'], { cwd })).report.result).toMatchObject([
      { run: bad.run, command: 'deploy', status: 'failed', reason, duration_ms: bad.duration_ms },
      { run: good.run, command: 'deploy', status: 'succeeded', reason: null },
    ]);
    expect((await shipJson(['history', '1'], { cwd })).report.result).toHaveLength(1);
    const lines = (await ship(['history'], { cwd })).stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.split(/\s+/)[0])).toEqual(['run', bad.run, good.run]);
    expect(lines[1]).toMatch(new RegExp(`failed .*${reason.replaceAll(/[/$^]/g, '.')}$`));
  });

  it('given runs of two environments and a damaged journal, when history is shown, then those of one, and the damaged one with its problem', async () => {
    const cwd = project(CONFIG.replace('steps:', 'environments: { staging: {}, production: {} }\nsteps:'));
    const staging = (await shipJson(['--env', 'staging'], { cwd })).report.run!;
    const first = (await shipJson(['--env', 'production'], { cwd })).report.run!;
    const second = (await shipJson(['--env', 'production'], { cwd })).report.run!;
    const journal = `runs/production/${first}/journal.jsonl`;
    writeFileSync(join(cwd, '.speckit', journal), read(cwd, journal).replace('shop', 'shoq'));
    writeFileSync(join(cwd, `.speckit/runs/production/${first}/report.json`), '{');
    expect((await shipJson(['history', '--env', 'production'], { cwd })).report).toMatchObject({
      exit_code: 0,
      environment: 'production',
      result: [
        { run: second, status: 'succeeded' },
        { run: first, status: 'unknown', problem: expect.stringContaining('is damaged at line 1') },
      ],
    });
    expect((await ship(['history', '--env', 'production'], { cwd })).stdout).toContain('is damaged at line 1');
    expect((await shipJson(['history', '--env', 'staging'], { cwd })).report.result).toMatchObject([{ run: staging }]);
    expect((await shipJson(['status', '--env', 'staging'], { cwd })).report.result).toMatchObject({ last_run: { run: staging } });
  });

  it('given a run under way that is killed, when they are shown, then it runs; then it was interrupted, and waits to be recovered', {
    timeout: 30_000,
  }, async () => {
    const cwd = project(`${CONFIG}  - { id: wait, run: "echo $$ > begun; exec sleep 60" }\n`);
    const { child, end } = started([], cwd);
    await expect.poll(() => existsSync(join(cwd, 'begun')), { timeout: 10_000 }).toBe(true);
    const { run } = (await new FileStore(join(cwd, '.speckit')).leaseOwner('default'))!;
    expect((await shipJson(['status'], { cwd })).report.result).toMatchObject({
      holder: { run, liveness: 'alive', pid: child.pid },
      last_run: { run, status: 'running' },
      recover: null,
    });
    expect((await shipJson(['history'], { cwd })).report.result).toMatchObject([{ run, status: 'running' }]);
    child.kill('SIGKILL');
    await end;
    onTestFinished(() => void process.kill(Number(readFileSync(join(cwd, 'begun'), 'utf8')), 'SIGKILL'));
    expect((await shipJson(['status'], { cwd })).report.result).toMatchObject({
      holder: { run, liveness: 'dead' },
      last_run: { run, status: 'interrupted', reason: 'its process ended before it did' },
      recover: { run },
    });
    expect((await shipJson(['lock', 'release'], { cwd })).report.result).toMatchObject({ released: true });
    expect((await shipJson(['status'], { cwd })).report.result).toMatchObject({ holder: null, recover: { run } });
  });

  it.each([
    [['status', 'production'], 'takes no "production"'],
    [['history', 'all'], '`ship history 5`'],
    [['history', '0'], '`ship history 5`'],
    [['history', '-1'], '-1'],
    [['history', '5', '6'], 'takes no "6"'],
    [['histroy'], 'ship history'],
    [['staus'], 'ship status'],
    [['lok'], 'ship lock'],
  ])('given `ship %s`, when it ends, then 2, and it says %j', async (args, told) => {
    expect(await ship(args, { cwd: project(CONFIG) })).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(told) });
  });
});
