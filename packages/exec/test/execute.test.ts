import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { groupAlive, type Output, signalGroup } from '@ship/core';
import { describe, expect, it } from 'vitest';
import { execute, shellCommand } from '../src/index.js';
import { failure, fixture, openFiles, running, sh } from './help.js';

describe('execute', () => {
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
    expect((await execute(['cat'], { input })).stdout).toBe(input);
  });

  it('shows the end at once where there is no input', async () => {
    expect((await execute(['cat'])).stdout).toBe('');
  });

  it('lays env over its own and takes variables away', async () => {
    const env = { EXEC_TEST_NEW: 'new\n"$HOME" ü', EXEC_TEST_EMPTY: '', HOME: undefined };
    const { stdout } = await sh('echo "$EXEC_TEST_NEW|$EXEC_TEST_EMPTY|${HOME-gone}|$PATH"', { env });
    expect(stdout).toBe(`new\n"$HOME" ü||gone|${process.env.PATH}\n`);
    expect((await sh('echo "${EXEC_TEST_NEW-gone}|$HOME"')).stdout).toBe(`gone|${process.env.HOME}\n`);
  });

  it('works in cwd', async () => {
    const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'exec-')));
    expect((await execute(['pwd'], { cwd })).stdout).toBe(`${cwd}\n`);
  });

  it('accepts the exit codes it is told to', async () => {
    expect((await sh('exit 3', { okExitCodes: [0, 3] })).exitCode).toBe(3);
    expect((await sh('exit 99', { okExitCodes: 'any' })).exitCode).toBe(99);
    expect((await failure(['/bin/sh', '-c', 'kill -9 $$'], { okExitCodes: 'any' })).signal).toBe('SIGKILL');
  });

  it('does not wait for a grandchild that keeps stdout open, and leaves it alone', async () => {
    const { stdout, durationMs, pid } = await execute([fixture('heir')]);
    expect(durationMs).toBeLessThan(250);
    const heir = Number(stdout);
    await pause(350);
    expect(running(heir)).toBe(true);
    expect(signalGroup(pid, 'SIGKILL')).toBe(true);
  });

  it('loses nothing of a command whose grandchild floods, and does not wait for that', async () => {
    let seen = '';
    const onOutput = ({ text }: Output) => {
      seen += text;
    };
    const { pid } = await sh('yes noise & sleep 0.05; echo the last word', { onOutput });
    try {
      expect(seen).toContain('the last word');
      await pause(50);
      expect(groupAlive(pid)).toBe(true);
    } finally {
      signalGroup(pid, 'SIGKILL');
    }
  });

  it('never lets a process of one command write into the output of the next', async () => {
    const escaped = Number((await execute([fixture('escapee')])).stdout.split('\n')[0]);
    try {
      for (let i = 0; i < 10; i++) expect((await sh('sleep 0.03; echo mine')).stdout).toBe('mine\n');
    } finally {
      process.kill(escaped, 'SIGKILL');
    }
  });

  it('gives a command a session of its own, and no file open that Node would not leave open', async () => {
    const script = 'ps -o pgid=,sid= -p $$; ls /proc/$$/fd';
    const { stdout, pid } = await sh(script);
    const [ids = '', ...files] = stdout.trim().split('\n');
    expect(ids.trim().split(/ +/)).toEqual([String(pid), String(pid)]);
    expect(files).toEqual(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).trim().split('\n').slice(1));
  });

  it('starts hundreds one after the other, and several at a time, each with its own output, folder and variables', async () => {
    const folders = Array.from({ length: 3 }, () => realpathSync(mkdtempSync(join(tmpdir(), 'exec-'))));
    const one = async (index: number) => {
      const cwd = folders[index % 3]!;
      const { stdout } = await sh('echo "$NUMBER $PWD"', { cwd, env: { NUMBER: String(index) } });
      return stdout === `${index} ${cwd}\n`;
    };
    const streams = Array.from({ length: 4 }, async (_, stream) => {
      for (let index = 0; index < 100; index += 1) if (!(await one(stream * 100 + index))) return false;
      return true;
    });
    expect(await Promise.all(streams)).toEqual([true, true, true, true]);
  });

  it('hands over arguments that are longer than a pipe holds', async () => {
    const text = `${'x'.repeat(99)}\n`.repeat(1_000);
    expect((await sh(`cat <<'END'\n${text}END`)).stdout).toBe(text);
  });

  it('ends a command that is asked for while pipes are made as one that was not started', async () => {
    const controller = new AbortController();
    const many = Array.from({ length: 40 }, () => failure(['sleep', '60'], { signal: controller.signal }));
    await pause(0);
    controller.abort();
    for (const error of await Promise.all(many)) expect(error.aborted).toBe(true);
  });

  it.each(['separate', 'combined'] as const)('lets a command open its outputs anew, %s', async (output) => {
    const script = 'echo out > /dev/stdout; echo err > /dev/stderr; echo both | tee /dev/stderr';
    const { stdout, stderr } = await sh(script, { output });
    expect(`${stdout}${stderr}`.split('\n').sort()).toEqual(['', 'both', 'both', 'err', 'out']);
  });

  it('copes with a command that leaves its input unread', async () => {
    expect((await sh('echo done', { input: 'x'.repeat(1_000_000) })).stdout).toBe('done\n');
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
    // Pipes are made in advance, 32 at once.
    expect(openFiles()).toBeLessThanOrEqual(before + 64);
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
