import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DRIVER, deployed, SERVICE } from './support/line-service.js';
import { cleanEnv, crashAt, project, SHIP, ship, shipJson } from './support/ship.js';

const HEAD = 'version: 1\nproject: shop\n';
const ONE = '  - { id: one, run: "echo 1 > one", undo: rm -f one }\n';
const TWO = '  - { id: two, run: "echo 2 >> two", undo: rm -f two, probe: test -f two }\n';
const THREE = '  - { id: three, run: "echo 3 > three", undo: rm -f three }\n';
const STEPS = `${HEAD}steps:\n${ONE}${TWO}${THREE}`;

/** A project whose run was killed at a boundary. */
async function killed(config: string, at: string, args: string[] = []): Promise<string> {
  const cwd = project(config);
  expect((await ship(args, { cwd, env: crashAt(at) })).signal).toBe('SIGKILL');
  return cwd;
}

const made = (cwd: string) => ['one', 'two', 'three'].filter((name) => existsSync(join(cwd, name)));
const rewrite = (cwd: string, from: string, to: string) =>
  writeFileSync(join(cwd, 'ship.yaml'), readFileSync(join(cwd, 'ship.yaml'), 'utf8').replace(from, to));

describe('ship recover', () => {
  it('given a run that was killed after a step had acted, when it is recovered without a direction, then what was done is not done again, and the rest is', async () => {
    const cwd = await killed(STEPS, 'acted:2');
    const { report } = await shipJson(['recover'], { cwd });
    expect(report).toMatchObject({ command: 'recover', status: 'succeeded', exit_code: 0 });
    expect(report.steps.map(({ id, status, reason }) => [id, status, reason])).toEqual([
      ['one', 'done', 'was done before'],
      ['two', 'done', 'was done before'],
      ['three', 'done', undefined],
    ]);
    expect(readFileSync(join(cwd, 'two'), 'utf8')).toBe('2\n');
    expect(report.snapshot).not.toBeNull();
  });

  it.each([
    ['--back', `${STEPS}`, ['--back']],
    ['auto_on_failure', `${HEAD}optimization: { rollback: { auto_on_failure: true } }\nsteps:\n${ONE}${TWO}${THREE}`, []],
    ['--auto-rollback', STEPS, ['--auto-rollback']],
  ])('given a killed run, when it is recovered with %s, then everything is undone, and 0', async (_, config, args) => {
    const cwd = await killed(config, 'acted:2');
    expect((await shipJson(['recover', ...args], { cwd })).report).toMatchObject({ status: 'rolled_back', exit_code: 0 });
    expect(made(cwd)).toEqual([]);
    const { report } = await shipJson(['recover'], { cwd });
    expect(report).toMatchObject({ exit_code: 0, run: null, result: expect.stringMatching(/^nothing to recover: .* was rolled back$/) });
  });

  it('given a run that was killed on its way back, when it is recovered without a direction, then it goes on back', async () => {
    const cwd = await killed(`${STEPS}  - { id: four, run: exit 1 }\n`, 'undone:1', ['--auto-rollback']);
    expect(made(cwd).length).toBeGreaterThan(0);
    expect((await shipJson(['recover'], { cwd })).report).toMatchObject({ status: 'rolled_back', exit_code: 0 });
    expect(made(cwd)).toEqual([]);
  });

  it('given a killed run and a config that lost its steps, when it is recovered, then back works and forward names what changed', async () => {
    const cwd = await killed(STEPS, 'acted:2');
    writeFileSync(join(cwd, 'ship.yaml'), `${HEAD}steps:\n${ONE.replace('echo 1', 'echo 9')}${THREE}  - { id: new, run: "true" }\n`);
    const forward = (await shipJson(['recover', '--forward'], { cwd })).report;
    expect(forward).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_PLAN_CHANGED' }] });
    const [{ message }] = forward.errors as [{ message: string }];
    expect(message).toContain('step two is gone; step one is written differently; step three needs one, and needed two; step new is new');
    expect((await shipJson(['recover', '--back'], { cwd })).report).toMatchObject({ exit_code: 0 });
    expect(made(cwd)).toEqual([]);
  });

  it('given a component with a secret that is not set any more, when its run is taken back, then it is refused before anything is touched', async () => {
    const config = SERVICE.replace('driver: line,', 'driver: line, token: "${API_TOKEN}",');
    const cwd = project(config, { 'line.mjs': DRIVER });
    const env = { API_TOKEN: 'tok-1234567', VERSION: 'v1', ...crashAt('acted:1') };
    expect((await ship([], { cwd, env })).signal).toBe('SIGKILL');
    writeFileSync(join(cwd, 'ship.yaml'), SERVICE);
    expect((await shipJson(['recover', '--back'], { cwd })).report).toMatchObject({ errors: [{ code: 'SHIP_SECRET_MISSING' }] });
    expect(existsSync(join(cwd, 'live-staging'))).toBe(true);
    expect((await shipJson(['recover', '--back'], { cwd, env: { API_TOKEN: 'tok-1234567' } })).report).toMatchObject({ exit_code: 0 });
    expect(existsSync(join(cwd, 'live-staging'))).toBe(false);
  });

  it('given a step that is cut off and tells nothing of itself, when the run is finished, then it is asked before it runs again', async () => {
    const cwd = await killed(`${HEAD}steps:\n  - { id: one, run: "echo x >> one" }\n`, 'acted:1');
    const asked = (await shipJson(['recover', '--forward'], { cwd })).report;
    expect(asked.errors).toMatchObject([{ code: 'SHIP_QUESTION_UNANSWERED', message: expect.stringContaining('Step one was cut off') }]);
    expect((await shipJson(['recover', '--forward', '--yes'], { cwd })).report).toMatchObject({ exit_code: 0 });
    expect(readFileSync(join(cwd, 'one'), 'utf8')).toBe('x\nx\n');
  });

  it('given a tool that outlived its ship, when the run is taken back, then it is ended first and told', async () => {
    const cwd = await killed(`${HEAD}steps:\n  - { id: one, run: "sleep 3; echo late > one", undo: rm -f one }\n`, 'spawned:1');
    const { report } = await shipJson(['recover', '--back'], { cwd });
    expect(report).toMatchObject({ exit_code: 0, warnings: [expect.stringMatching(/^ended process group \d+ .* in step one$/)] });
    expect(report.duration_ms).toBeLessThan(2_500);
  });

  it('given a tool that outlived its ship, when the run is finished, then it is waited for', async () => {
    const cwd = await killed(`${HEAD}steps:\n  - { id: one, run: "sleep 0.5; echo late > one", probe: test -f one }\n`, 'spawned:1');
    const { report } = await shipJson(['recover', '--forward'], { cwd });
    expect(report).toMatchObject({ exit_code: 0, steps: [{ id: 'one', status: 'done' }] });
    expect(report.warnings).toContain('step one was cut off: it had done its work');
  });

  it('given a tool that outlived its ship and has much to say, when the run is finished, then it can say it, and is waited for', async () => {
    const cwd = await killed(
      `${HEAD}steps:\n  - { id: one, run: "head -c 300000 /dev/zero; echo late > one", probe: test -f one }\n`,
      'spawned:1',
    );
    expect(made(cwd)).toEqual([]);
    const { report } = await shipJson(['recover', '--forward'], { cwd });
    expect(report).toMatchObject({ exit_code: 0, steps: [{ id: 'one', status: 'done', attempts: 1 }] });
    expect(made(cwd)).toEqual(['one']);
  });

  it('given a tool that outlived its ship and pipes to another, when the run is finished, then nothing of that is lost', async () => {
    const run = 'seq 1 200000 | { sleep 2; wc -l > one; }';
    const cwd = await killed(`${HEAD}steps:\n  - { id: one, run: "${run}", probe: test -s one }\n`, 'spawned:1');
    expect((await shipJson(['recover', '--forward'], { cwd })).report).toMatchObject({ exit_code: 0, steps: [{ id: 'one', attempts: 1 }] });
    expect(readFileSync(join(cwd, 'one'), 'utf8').trim()).toBe('200000');
  });

  it('given a journal whose end was torn, when it is recovered, then the torn bytes are cut off and told', async () => {
    const cwd = await killed(STEPS, 'acted:2');
    const [run] = readdirSync(join(cwd, '.speckit/runs/default'));
    const journal = join(cwd, '.speckit/runs/default', run!, 'journal.jsonl');
    writeFileSync(journal, `${readFileSync(journal, 'utf8')}{"seq":99,"torn`);
    const { report } = await shipJson(['recover', '--back'], { cwd });
    expect(report).toMatchObject({ exit_code: 0, warnings: [expect.stringContaining('the last 15 bytes of the journal were torn')] });
    expect(made(cwd)).toEqual([]);
  });

  it('given a journal that was damaged in the middle, when it is recovered, then it is refused, and nothing is touched', async () => {
    const cwd = await killed(STEPS, 'acted:2');
    const [run] = readdirSync(join(cwd, '.speckit/runs/default'));
    const journal = join(cwd, '.speckit/runs/default', run!, 'journal.jsonl');
    writeFileSync(journal, readFileSync(journal, 'utf8').replace('"seq":2', '"seq":7'));
    expect((await shipJson(['recover', '--back'], { cwd })).report.errors).toMatchObject([{ code: 'SHIP_JOURNAL_DAMAGED' }]);
    expect(made(cwd)).toEqual(['one', 'two']);
  });

  it('given an undo that fails, when the run is taken back, then 4 with what is left, and the next recovery tries only that', async () => {
    const cwd = await killed(`${HEAD}steps:\n  - { id: one, run: "echo 1 > one", undo: test -f mended && rm one }\n${TWO}`, 'acted:2');
    const first = (await shipJson(['recover', '--back'], { cwd })).report;
    expect(first).toMatchObject({ status: 'rollback_incomplete', exit_code: 4, rollback: { remaining: [{ what: 'one' }] } });
    writeFileSync(join(cwd, 'mended'), '');
    const { stdout, code } = await ship(['recover'], { cwd });
    expect(code).toBe(0);
    expect(stdout).not.toContain('two undone');
    expect(made(cwd)).toEqual([]);
  });

  it('given no run at all, when it is recovered, resumed and rolled back, then 0, and it says so', async () => {
    const cwd = project(STEPS);
    for (const verb of ['recover', 'resume', 'rollback'])
      expect((await shipJson([verb], { cwd })).report).toMatchObject({
        exit_code: 0,
        result: `nothing to ${verb === 'rollback' ? 'roll back' : verb}: no run has acted in default`,
      });
  });
});

describe('a CI job that is cancelled', () => {
  it('given a tool that ignores SIGINT, when a signal comes and SIGKILL 2 s later, then `ship recover --back` finds the tool and takes everything back', async () => {
    await Promise.all((['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(cancelAndRecover));
  }, 60_000);
});

async function cancelAndRecover(signal: NodeJS.Signals): Promise<void> {
  const cwd = project(
    `${HEAD}steps:\n${ONE}  - { id: two, run: "trap '' INT; touch two; while :; do sleep 0.1; done", undo: rm -f two }\n`,
  );
  const child = spawn(process.execPath, [SHIP], { cwd, env: cleanEnv(), stdio: 'ignore' });
  const end = new Promise((resolve) => child.once('exit', resolve));
  await expect.poll(() => existsSync(join(cwd, 'two')), { timeout: 10_000 }).toBe(true);
  child.kill(signal);
  setTimeout(() => child.kill('SIGKILL'), 2_000);
  await end;
  const { report } = await shipJson(['recover', '--back'], { cwd });
  expect(report, signal).toMatchObject({ exit_code: 0, warnings: [expect.stringMatching(/^ended process group/)] });
  expect(made(cwd), signal).toEqual([]);
}

describe('a run after one that was killed', () => {
  it('given no automatic rollback, when ship deploys, then it is refused with both ways out', async () => {
    const cwd = await killed(STEPS, 'acted:2');
    const { report } = await shipJson([], { cwd });
    expect(report).toMatchObject({
      exit_code: 6,
      errors: [{ code: 'SHIP_RECOVER_FIRST', hint: expect.stringContaining('ship recover --back') }],
    });
    expect((await ship(['recover'], { cwd })).code).toBe(0);
    expect((await ship([], { cwd })).code).toBe(0);
  });

  it('given --auto-rollback, when ship deploys, then the dead run is taken back first', async () => {
    const cwd = await killed(STEPS.replace('echo 2 >> two', 'echo 2 >> two; cp one seen'), 'acted:2');
    rewrite(cwd, ONE, ONE.replace('echo 1', 'test ! -f one && echo 1'));
    expect((await ship(['--auto-rollback'], { cwd })).code).toBe(0);
    expect(readdirSync(join(cwd, '.speckit/runs/default'))).toHaveLength(2);
  });

  it.each([
    ['was never saved', ''],
    ['is damaged', '{"format":1,'],
  ])('given a run that succeeded and whose report %s, when ship deploys, then its journal says that it ended', async (_, text) => {
    const cwd = project(STEPS);
    expect((await ship([], { cwd })).code).toBe(0);
    const [run] = readdirSync(join(cwd, '.speckit/runs/default'));
    const report = join(cwd, '.speckit/runs/default', run!, 'report.json');
    if (text === '') rmSync(report);
    else writeFileSync(report, text);
    expect((await ship([], { cwd })).code).toBe(0);
  });

  it('given a recovery that was refused, when ship deploys, then the run still waits', async () => {
    const cwd = await killed(`${HEAD}steps:\n  - { id: one, run: "echo x >> one" }\n`, 'acted:1');
    expect((await ship(['recover', '--forward'], { cwd })).code).toBe(2);
    expect((await shipJson([], { cwd })).report.errors).toMatchObject([{ code: 'SHIP_RECOVER_FIRST' }]);
  });

  it('given a run that was killed before it acted, when ship deploys, then nothing is in its way', async () => {
    const cwd = await killed(STEPS, 'run-started:1');
    expect((await ship([], { cwd })).code).toBe(0);
  });
});

describe('ship resume', () => {
  it('given a run that failed, when its cause is mended outside the plan, then it goes on after the last finished step', async () => {
    const cwd = project(`${HEAD}steps:\n${ONE}  - { id: two, run: "test -f mended && echo 2 > two", undo: rm -f two }\n${THREE}`);
    expect((await ship([], { cwd })).code).toBe(3);
    writeFileSync(join(cwd, 'mended'), '');
    const { report } = await shipJson(['resume'], { cwd });
    expect(report).toMatchObject({ command: 'resume', exit_code: 0, steps: [{ reason: 'was done before' }, { attempts: 2 }, {}] });
    expect(made(cwd)).toEqual(['one', 'two', 'three']);
  });

  it('given a run that was taken back, when it is resumed, then it is refused', async () => {
    const cwd = project(`${HEAD}steps:\n${ONE}  - { id: two, run: exit 1 }\n`);
    expect((await ship(['--auto-rollback'], { cwd })).code).toBe(1);
    expect((await shipJson(['resume'], { cwd })).report).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_RESUME_BACK' }] });
  });
});

describe('ship rollback', () => {
  it('given a run that succeeded, when it is rolled back twice, then it is taken back, and the second time there is nothing to do', async () => {
    const { cwd, live } = await deployed();
    expect(live()).toBe('v2');
    const { report } = await shipJson(['rollback'], { cwd });
    expect(report).toMatchObject({ command: 'rollback', exit_code: 0, rollback: { components: [{ from: 'v2', to: 'v1' }] } });
    expect(live()).toBe('v1');
    const state = JSON.parse(readFileSync(join(cwd, '.speckit/state/staging/deployed-version.json'), 'utf8'));
    expect(state).toMatchObject({ version: 'v1', components: { api: 'v1' } });
    expect((await shipJson(['rollback'], { cwd })).report).toMatchObject({
      exit_code: 0,
      result: expect.stringContaining('was rolled back'),
    });
    expect(live()).toBe('v1');
  });

  it('given a last run that went back to a snapshot, when it is rolled back, then it is refused', async () => {
    const { cwd, ids } = await deployed();
    await ship(['--rollback-to', ids[0]], { cwd });
    expect((await shipJson(['rollback'], { cwd })).report).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_ROLLBACK_OF_ROLLBACK' }] });
  });

  it('given a rollback to a snapshot that was killed, when it is recovered, then the snapshot is live', async () => {
    const { cwd, ids, live } = await deployed();
    expect((await ship(['--rollback-to', ids[0]], { cwd, env: crashAt('journal-synced:4') })).signal).toBe('SIGKILL');
    expect((await shipJson(['recover'], { cwd })).report).toMatchObject({ exit_code: 0, rollback: { target_snapshot: ids[0] } });
    expect(live()).toBe('v1');
  });
});
