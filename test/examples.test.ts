import { cpSync, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { giveTools, hasMigrationTools } from './services/migration-tools.js';
import { hasPostgres, startPostgres } from './services/postgres.js';
import { freePort, hasProgram, startService } from './services/started.js';
import { ROOT, runProgram, ship, shipJson, temporaryFolder } from './support/ship.js';

/** A copy of an example, as somebody who downloaded it has it. */
function copyOf(example: string): string {
  const folder = join(temporaryFolder(), example);
  const left = ['.speckit', 'scratch'].map((name) => join(ROOT, 'examples', example, name));
  cpSync(join(ROOT, 'examples', example), folder, { recursive: true, filter: (path) => !left.includes(path) });
  return folder;
}

it('given every example with a ship.yaml, when it is validated, then it is valid', async () => {
  const names = readdirSync(join(ROOT, 'examples')).filter((name) => existsSync(join(ROOT, 'examples', name, 'ship.yaml')));
  expect(names).toEqual(expect.arrayContaining(['git', 'shell', 'snapshots']));
  for (const name of names) {
    if (name === 'terraform' && !hasProgram('terraform')) continue;
    const { code, stderr } = await ship(['validate'], { cwd: copyOf(name) });
    expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: '' });
  }
});

it('given examples/shell, when a version is broken, then the link is back at the one before and the broken release is gone', async () => {
  const cwd = copyOf('shell');
  expect((await ship([], { cwd })).code).toBe(0);
  expect((await ship([], { cwd, env: { VERSION: 'v2' } })).code).toBe(0);

  const { report } = await shipJson(['--auto-rollback'], { cwd, env: { VERSION: 'broken' } });

  expect(report).toMatchObject({
    status: 'rolled_back',
    exit_code: 1,
    failure: { trigger: 'smoke_tests_failed' },
    rollback: { verification: { smoke: { outcome: 'passed' } } },
  });
  expect(readlinkSync(join(cwd, 'scratch/current'))).toBe('releases/v2');
  expect(readdirSync(join(cwd, 'scratch/releases')).sort()).toEqual(['v1', 'v2']);
});

it('given examples/shell and a release that was there before, when its deployment fails, then it stays', async () => {
  const cwd = copyOf('shell');
  await ship(['--no-rollback'], { cwd, env: { VERSION: 'broken' } });

  expect((await ship(['--auto-rollback'], { cwd, env: { VERSION: 'broken' } })).code).toBe(1);

  expect(readFileSync(join(cwd, 'scratch/releases/broken/index.html'), 'utf8')).toBe('hello from broken\n');
});

it('given examples/git, when it is deployed from main, a feature and any other branch, then the branch decides', async () => {
  const cwd = copyOf('git');
  const git = async (...args: string[]) => {
    const identity = ['-c', 'user.name=tester', '-c', 'user.email=tester@example.com'];
    const { code, stdout, stderr } = await runProgram(['git', ...identity, ...args], { cwd });
    expect(code, stderr).toBe(0);
    return stdout.trim();
  };
  const statuses = (report: Awaited<ReturnType<typeof shipJson>>['report']) => report.steps.map(({ id, status }) => `${id} ${status}`);
  await git('init', '-q', '-b', 'main');
  await git('add', '-A');
  await git('commit', '-qm', 'first');

  const onMain = await shipJson([], { cwd });
  expect(statuses(onMain.report)).toEqual(['preview skipped', 'publish done']);
  expect(readdirSync(join(cwd, 'scratch'))).toEqual(['published']);
  const shown = await shipJson(['snapshots', 'show', onMain.report.snapshot ?? ''], { cwd });
  expect(shown.report.result).toMatchObject({ git_sha: await git('rev-parse', 'HEAD') });

  await git('switch', '-qc', 'feature/x');
  expect(statuses((await shipJson([], { cwd })).report)).toEqual(['preview done', 'publish skipped']);

  await git('switch', '-qc', 'wip');
  const refused = await shipJson([], { cwd });
  expect(refused.report).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_GIT_BRANCH' }] });
  expect(statuses(refused.report)).toEqual(['preview not_run', 'publish not_run']);
});

it('given examples/snapshots in two versions, when it goes back to the first snapshot, then that version is live', async () => {
  const cwd = copyOf('snapshots');
  onTestFinished(async () => {
    await ship(['release', 'remove'], { cwd });
  });
  const first = await shipJson([], { cwd, env: { VERSION: '1.0.0' } });
  const second = await shipJson([], { cwd, env: { VERSION: '1.1.0' } });
  expect([first.code, second.code]).toEqual([0, 0]);
  const listed = await shipJson(['--list-snapshots'], { cwd });
  expect(listed.report.result).toMatchObject([{ version: '1.1.0' }, { version: '1.0.0' }]);

  const back = await shipJson(['--rollback-to', first.report.snapshot ?? ''], { cwd });

  expect(back.report).toMatchObject({
    status: 'succeeded',
    exit_code: 0,
    rollback: { components: [{ name: 'clock', from: '1.1.0', to: '1.0.0', status: 'restored' }], remaining: [] },
  });
  const status = await shipJson(['release', 'status'], { cwd });
  expect(status.report.result).toMatchObject({
    clock: [
      { version: '1.1.0', live: false },
      { version: '1.0.0', live: true },
    ],
  });
});

it('given examples/partial-rollback in two versions, when single components should go back, then one does, one is refused, and one does by itself', async () => {
  const cwd = copyOf('partial-rollback');
  onTestFinished(async () => {
    await ship(['release', 'remove'], { cwd });
  });
  const env = { API: '1.1.0', MAILER: '1.1.0', MAILER_WANTS: '>=1.1.0', THUMBNAILS: '1.1.0' };
  expect([(await ship([], { cwd })).code, (await ship([], { cwd, env })).code]).toEqual([0, 0]);

  const alone = await shipJson(['--rollback-component', 'thumbnails'], { cwd, env });
  expect(alone.report).toMatchObject({ exit_code: 0, rollback: { components: [{ name: 'thumbnails', from: '1.1.0', to: '1.0.0' }] } });

  const refused = await shipJson(['--rollback-component', 'api'], { cwd, env });
  expect(refused.report).toMatchObject({
    exit_code: 6,
    errors: [{ message: expect.stringContaining('mailer 1.1.0 does not work with api 1.0.0') }],
  });

  const failed = await shipJson(['--auto-rollback'], { cwd, env: { ...env, THUMBNAILS: '1.2.0' } });
  expect(failed.report).toMatchObject({
    exit_code: 1,
    rollback: { way: 'partial', components: [{ name: 'thumbnails', from: '1.2.0', to: '1.0.0' }] },
  });
});

it('given examples/prometheus, when a version fails its requests and another is slow, then each goes back by what the numbers say', async () => {
  const cwd = copyOf('prometheus');
  const env = { PROMETHEUS_PORT: String(await freePort()) };
  const answers = () =>
    fetch(`http://127.0.0.1:${env.PROMETHEUS_PORT}`).then(
      () => true,
      () => false,
    );
  await startService([process.execPath, join(cwd, 'stand-in.mjs')], answers, env);
  expect((await ship([], { cwd, env })).code).toBe(0);

  const broken = await shipJson(['--auto-rollback'], { cwd, env: { ...env, VERSION: 'broken' } });
  const slow = await shipJson(['--auto-rollback'], { cwd, env: { ...env, VERSION: 'slow' } });

  expect(broken.report).toMatchObject({ exit_code: 1, failure: { trigger: 'error_rate_spike', severity: 'HIGH' } });
  expect(slow.report).toMatchObject({ exit_code: 1, failure: { trigger: 'latency_degradation', severity: 'HIGH' } });
  expect(readFileSync(join(cwd, 'scratch/version'), 'utf8')).toBe('v1\n');
});

it.skipIf(!hasProgram('terraform'))(
  'given examples/terraform, when a size is applied, taken back, and another one refused by its check, then the small one is there each time, and so are its outputs',
  async () => {
    const cwd = copyOf('terraform');
    const size = () => JSON.parse(readFileSync(join(cwd, 'outputs.json'), 'utf8')).size;
    expect((await ship([], { cwd })).code).toBe(0);
    expect((await ship([], { cwd, env: { SIZE: 'large' } })).code).toBe(0);
    expect(size()).toBe('large');

    expect((await shipJson(['rollback'], { cwd })).report).toMatchObject({ status: 'rolled_back' });
    expect(size()).toBe('small');

    const { report } = await shipJson(['--auto-rollback'], { cwd, env: { SIZE: 'huge' } });
    expect(report).toMatchObject({ status: 'rolled_back', failure: { trigger: 'smoke_tests_failed' } });
    expect(size()).toBe('small');
    expect((await ship(['doctor'], { cwd })).stdout).toContain('all is well');
  },
);

it('given examples/migrations, when its migrations are judged, then what the old code can live with passes, and the rest does not', async () => {
  const cwd = copyOf('migrations');
  const checked = async (...range: string[]) => {
    const { code, report } = await shipJson(['migrations', 'check', ...range], { cwd });
    const { safe, migrations } = report.result as { safe: boolean; migrations: { id: string; keep_schema: string; run_down: string }[] };
    return { code, safe, verdicts: migrations.map(({ id, keep_schema, run_down }) => `${id} ${keep_schema} ${run_down}`) };
  };
  expect(await checked('--from', '001', '--to', '002')).toEqual({ code: 0, safe: true, verdicts: ['002 ok block'] });
  expect(await checked('--from', '002')).toEqual({ code: 6, safe: false, verdicts: ['003 block block'] });
  expect(await checked()).toMatchObject({ code: 6, safe: false });
});

it.skipIf(!hasPostgres() || !hasMigrationTools())(
  'given examples/migrations-run, when a version is broken, then what the old code cannot live with is taken back, and the rest stays',
  async () => {
    const cwd = copyOf('migrations-run');
    giveTools(cwd);
    const { url } = await startPostgres();
    const env = { DATABASE_URL: url };
    const broken = await shipJson(['--auto-rollback'], { cwd, env: { ...env, VERSION: 'broken' } });
    expect(broken.report.status, broken.stderr).toBe('rolled_back');
    expect(broken.stderr).toMatch(/001 users.*stay.*002 bio|002 bio, 001 users stay/);
    const { report, stderr } = await shipJson([], { cwd, env });
    expect(report.status, stderr).toBe('succeeded');
    expect(JSON.stringify(report)).not.toContain('001_users');
    expect(readFileSync(join(cwd, 'running'), 'utf8')).toBe('v1\n');
  },
  120_000,
);
