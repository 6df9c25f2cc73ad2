import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { execute, shellCommand, signalGroup } from '../src/index.js';
import { failure, fixture, openFiles, run, running, STARTERS, sh, startBy } from './help.js';

describe.each(STARTERS)('execute, with commands started by %s,', (starter) => {
  beforeEach(() => startBy(starter));

  it('returns what a command left behind', async () => {
    const result = await sh('printf out; printf err >&2');
    expect(result).toMatchObject({ exitCode: 0, signal: null, stdout: 'out', stderr: 'err', truncated: false });
    expect(result.pid).toBeGreaterThan(0);
    expect(result.durationMs).toBeGreaterThan(0);
  });

  it('keeps the order of both streams when they are combined', async () => {
    const { stdout, stderr } = await sh('echo 1; echo 2 >&2; echo 3; echo 4 >&2', { output: 'combined' });
    expect([stdout, stderr]).toEqual(['1\n2\n3\n4\n', '']);
  });

  it.each(['', 'one line', 'two\nlines\n', 'ü€😀'.repeat(50_000)])('hands input to the command unchanged', async (input) => {
    expect((await run(['cat'], { input })).stdout).toBe(input);
  });

  it('shows the end at once where there is no input', async () => {
    expect((await run(['cat'])).stdout).toBe('');
  });

  it('lays env over its own and takes variables away', async () => {
    const env = { EXEC_TEST_NEW: 'new\n"$HOME" ü', EXEC_TEST_EMPTY: '', HOME: undefined };
    const { stdout } = await sh('echo "$EXEC_TEST_NEW|$EXEC_TEST_EMPTY|${HOME-gone}|$PATH"', { env });
    expect(stdout).toBe(`new\n"$HOME" ü||gone|${process.env.PATH}\n`);
    expect((await sh('echo "${EXEC_TEST_NEW-gone}|$HOME"')).stdout).toBe(`gone|${process.env.HOME}\n`);
  });

  it('works in cwd', async () => {
    const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'exec-')));
    expect((await run(['pwd'], { cwd })).stdout).toBe(`${cwd}\n`);
  });

  it('accepts the exit codes it is told to', async () => {
    expect((await sh('exit 3', { okExitCodes: [0, 3] })).exitCode).toBe(3);
    expect((await sh('exit 99', { okExitCodes: 'any' })).exitCode).toBe(99);
    expect((await failure(['/bin/sh', '-c', 'kill -9 $$'], { okExitCodes: 'any' })).signal).toBe('SIGKILL');
  });

  it('does not wait for a grandchild that keeps stdout open, and leaves it alone', async () => {
    const { stdout, durationMs, pid } = await run([fixture('heir')]);
    expect(durationMs).toBeLessThan(250);
    const heir = Number(stdout);
    await pause(350);
    expect(running(heir)).toBe(true);
    expect(signalGroup(pid, 'SIGKILL')).toBe(true);
  });

  it('never lets a process of one command write into the output of the next', async () => {
    const escaped = Number((await run([fixture('escapee')])).stdout.split('\n')[0]);
    try {
      for (let i = 0; i < 10; i++) expect((await sh('sleep 0.03; echo mine')).stdout).toBe('mine\n');
    } finally {
      process.kill(escaped, 'SIGKILL');
    }
  });

  it('copes with a command that opens /dev/stdout anew', async () => {
    expect((await sh('echo first > /dev/stdout; echo second', { output: 'combined' })).stdout).toBe('first\nsecond\n');
  });

  it('runs 200 at a time, without a warning and without leaving a file open', async () => {
    const warnings: Error[] = [];
    process.on('warning', (warning) => warnings.push(warning));
    const { signal } = new AbortController();
    await Promise.all([sh('true'), sh('true')]);
    await pause(20);
    const before = openFiles();
    const results = await Promise.all(Array.from({ length: 200 }, (_, i) => sh(`echo ${i}`, { signal })));
    expect(results.map(({ stdout }) => stdout)).toEqual(results.map((_, i) => `${i}\n`));
    await Promise.all([failure(['no-such-command']), failure(['true'], { cwd: '/no/such/folder' }), failure(['a\0b'])]);
    await pause(20);
    // Spawners that came meanwhile have a socket each, and there are never more than eight.
    expect(openFiles()).toBeLessThanOrEqual(before + (starter === 'Node' ? 0 : 8));
    expect(warnings).toEqual([]);
  });
});

describe('the environment', () => {
  it('is the one of this process where no other is handed in', async () => {
    process.env.EXEC_TEST_NOW = 'first';
    expect((await execute(shellCommand('echo $EXEC_TEST_NOW'))).stdout).toBe('first\n');
    process.env.EXEC_TEST_NOW = 'changed';
    expect((await execute(shellCommand('echo $EXEC_TEST_NOW'))).stdout).toBe('changed\n');
  });
});
