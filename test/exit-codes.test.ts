import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { documentOf } from './support/report.js';
import { cleanEnv, type Ended, project, runProgram, SHIP, ship } from './support/ship.js';

const HEAD = 'version: 1\nproject: shop\n';
const UNDONE = `${HEAD}steps:\n  - { id: one, run: echo 1 > one, undo: rm -f one }\n`;
const FAILING = `${UNDONE}  - { id: two, run: exit 1 }\n`;
const BLOCKER = `export default { name: 'blocker', ship: '^1', apply(ship) {
  ship.hooks.beforeRollback.tap('no', (request, run, finding) => finding({ level: 'block', rule: 'schema', message: 'the schema has moved on' }));
} };`;

const journalOf = (folder: string): string => {
  const runs = join(folder, '.speckit/runs/default');
  return readFileSync(join(runs, readdirSync(runs).sort().at(-1)!, 'journal.jsonl'), 'utf8');
};

/** Starts `ship`, and resolves when the file that its step makes is there. */
async function started(cwd: string, file: string, args: string[] = ['--json']) {
  const child = spawn(process.execPath, [SHIP, ...args], { cwd, env: cleanEnv(), stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended: { stdout: string; stderr: string } = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    ended.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    ended.stderr += chunk;
  });
  const end = new Promise<Ended>((yes) => child.on('close', (code, signal) => yes({ code, signal, ...ended })));
  await expect.poll(() => existsSync(join(cwd, file)), { timeout: 10_000, interval: 10 }).toBe(true);
  return { child, end };
}

const alive = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

describe('exit status', () => {
  it('given steps that succeed, when ship runs, then 0', async () => {
    const cwd = project(UNDONE);
    const report = documentOf(await ship(['--json'], { cwd }));
    expect(report).toMatchObject({
      exit_code: 0,
      status: 'succeeded',
      project: 'shop',
      environment: 'default',
      steps: [{ id: 'one', status: 'done' }],
      snapshot: expect.stringMatching(/^snapshot-/),
    });
  });

  it('given a step that fails, when ship --auto-rollback runs, then 1, and the files are as before', async () => {
    const cwd = project(FAILING);
    const report = documentOf(await ship(['--auto-rollback', '--json'], { cwd }));
    expect(report).toMatchObject({ exit_code: 1, status: 'rolled_back', decision: { action: 'rollback', trigger: 'automatic' } });
    expect(existsSync(join(cwd, 'one'))).toBe(false);
  });

  it('given a config that is wrong in three places, when ship runs, then 2, with a line for each, and nothing is touched', async () => {
    const cwd = project(
      `${HEAD}steps:\n  - { id: one, run: touch one, timeout: 10 }\n  - { id: two, uses: nope/nope }\n  - { id: one, run: "true" }\n`,
    );
    const ended = await ship(['--json'], { cwd });
    const report = documentOf(ended);
    expect(report).toMatchObject({ exit_code: 2, status: 'refused' });
    expect(report.errors.length).toBeGreaterThanOrEqual(2);
    expect(ended.stderr).toContain('ship.yaml:4:');
    expect(existsSync(join(cwd, '.speckit'))).toBe(false);
  });

  it.each([
    ['no config', [], 'SHIP_CONFIG_NOT_FOUND'],
    ['an unknown flag', ['--auto-rolback'], 'SHIP_USAGE'],
    ['flags that contradict each other', ['--auto-rollback', '--no-rollback'], 'SHIP_USAGE'],
    ['flags that contradict each other in another way', ['--no-auto-rollback', '--auto-rollback'], 'SHIP_USAGE'],
    ['--to without rollback', ['--to', 'snapshot-1'], 'SHIP_USAGE'],
    ['--dry-run with a verb', ['init', '--dry-run'], 'SHIP_USAGE'],
    ['a code that is none', ['explain', 'SHIP_LEASE_HOLD'], 'SHIP_CODE_UNKNOWN'],
  ])('given %s, when ship runs with --json, then 2 and one document', async (_, args, code) => {
    const cwd = project('');
    execFileSync('rm', [join(cwd, 'ship.yaml')]);
    const ended = await ship([...args, '--json'], { cwd });
    expect(documentOf(ended)).toMatchObject({ exit_code: 2, run: null, steps: [], errors: [{ code }] });
    expect(ended.stderr).toContain(code);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('given a step that fails and nobody to ask, when ship runs, then 3, and it stays as it is', async () => {
    const cwd = project(FAILING);
    const ended = await ship(['--json'], { cwd });
    expect(documentOf(ended)).toMatchObject({
      exit_code: 3,
      status: 'failed',
      decision: { action: 'prompt', reasons: expect.arrayContaining([expect.stringContaining('nobody can be asked')]) },
    });
    expect(existsSync(join(cwd, 'one'))).toBe(true);
  });

  it('given an undo that fails, when the run is taken back, then 4, and stderr names what is left and the command that finishes it', async () => {
    const cwd = project(FAILING.replace('rm -f one', 'echo broken >&2; exit 9'));
    const ended = await ship(['--auto-rollback', '--json'], { cwd });
    const [left] = documentOf(ended).rollback!.remaining;
    expect(left).toMatchObject({ what: 'one', command: expect.stringContaining("sh -c 'echo broken >&2; exit 9'") });
    expect(ended).toMatchObject({ code: 4, stderr: expect.stringContaining(`Finish it with: ${left!.command}`) });
  });

  it('given two at once, when the second asks, then 5, and it names the first', async () => {
    const cwd = project(`${HEAD}steps:\n  - { id: wait, run: "touch begun; cat fifo" }\n`);
    execFileSync('mkfifo', [join(cwd, 'fifo')]);
    const first = await started(cwd, 'begun');
    const second = await ship(['--json'], { cwd });
    expect(documentOf(second)).toMatchObject({
      exit_code: 5,
      errors: [{ code: 'SHIP_LEASE_HELD', message: expect.stringContaining(`(pid ${first.child.pid})`) }],
    });
    writeFileSync(join(cwd, 'fifo'), '');
    expect((await first.end).code).toBe(0);
    expect((await ship(['--rollback-to', 'nope'], { cwd })).code).toBe(2);
  });

  it('given a plugin that blocks the rollback, when a step fails, then 6, and it says that everything stays', async () => {
    const cwd = project(FAILING.replace('steps:', 'plugins: [./blocker.mjs]\nsteps:'), { 'blocker.mjs': BLOCKER });
    const ended = await ship(['--auto-rollback', '--json'], { cwd });
    expect(documentOf(ended)).toMatchObject({
      exit_code: 6,
      status: 'refused',
      errors: [{ code: 'SHIP_ROLLBACK_REFUSED', message: expect.stringContaining('the schema has moved on') }],
    });
    expect(ended.stderr).toContain('failed, and the rollback was refused: everything stays as it is');
    expect(existsSync(join(cwd, 'one'))).toBe(true);
  });
});

describe('signals', () => {
  const sleeping = (command: string) =>
    `${HEAD}steps:\n  - { id: one, run: echo 1 > one, undo: rm -f one }\n  - { id: sleep, run: "${command}" }\n  - { id: never, run: touch never }\n`;

  it.each([
    ['SIGINT', 'sleep 300 & echo $! > grandchild; echo $$ > begun; wait'],
    ['SIGTERM', 'echo $$ > grandchild; echo $$ > begun; exec sleep 300'],
    ['SIGHUP', 'echo $$ > grandchild; echo $$ > begun; exec sleep 300'],
  ] as const)(
    'given a step that sleeps, when %s comes, then 130 within 10 s, its whole group is gone, and the journal says interrupted',
    { timeout: 30_000 },
    async (signal, command) => {
      const cwd = project(sleeping(command));
      const { child, end } = await started(cwd, 'begun');
      const at = performance.now();
      child.kill(signal);
      const ended = await end;
      expect(performance.now() - at).toBeLessThan(10_000);
      expect(documentOf(ended)).toMatchObject({
        exit_code: 130,
        status: 'interrupted',
        steps: [{ status: 'done' }, { status: 'failed' }, { status: 'not_run' }],
        rollback: null,
      });
      for (const file of ['begun', 'grandchild']) expect(alive(Number(readFileSync(join(cwd, file), 'utf8')))).toBe(false);
      expect(journalOf(cwd)).toContain('"type":"interrupted"');
      expect(existsSync(join(cwd, 'never'))).toBe(false);
      expect((await ship(['--json'], { cwd: project(UNDONE) })).code).toBe(0);
    },
  );

  it('given a step that ignores every polite signal, when SIGINT comes twice, then 130 at once, and its group is gone', {
    timeout: 30_000,
  }, async () => {
    const cwd = project(`${HEAD}steps:\n  - { id: stubborn, run: "trap '' INT TERM; echo $$ > begun; while :; do sleep 1; done" }\n`);
    const { child, end } = await started(cwd, 'begun');
    child.kill('SIGINT');
    await new Promise((yes) => setTimeout(yes, 200));
    child.kill('SIGINT');
    const ended = await end;
    expect(ended).toMatchObject({ code: 130, stderr: expect.stringContaining('SIGINT again') });
    expect(documentOf(ended)).toMatchObject({ exit_code: 130, status: 'interrupted' });
    await expect.poll(() => alive(Number(readFileSync(join(cwd, 'begun'), 'utf8')))).toBe(false);
    expect(journalOf(cwd)).toContain('"type":"interrupted"');
  });
});

describe('pipes', () => {
  it('given a reader that leaves after one line, when ship goes on, then it finishes without a crash', async () => {
    const lines = Array.from({ length: 200 }, (_, index) => `  - { id: s${index}, run: "true", needs: [] }`);
    const cwd = project(`${HEAD}max_parallel: 8\nsteps:\n${lines.join('\n')}\n`);
    const ended = await runProgram(['bash', '-c', `set -o pipefail; "$0" "$1" | head -1; echo "exit $?"`, process.execPath, SHIP], { cwd });
    expect(ended.stdout.split('\n')[1]).toBe('exit 0');
    expect(ended.stderr).toBe('');
    expect(journalOf(cwd)).toContain('"status":"succeeded"');
  });

  it('given no terminal, when approval is required, then nothing is asked, and 2', async () => {
    const cwd = project(`${UNDONE}environments: { default: { approval: required } }\n`);
    const ended = await ship(['--json'], { cwd });
    expect(documentOf(ended)).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_QUESTION_UNANSWERED' }] });
    expect(existsSync(join(cwd, '.speckit'))).toBe(false);
    expect((await ship(['--yes'], { cwd })).code).toBe(0);
  });
});
