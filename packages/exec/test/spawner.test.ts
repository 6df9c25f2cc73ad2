import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { execute, groupAlive, shellCommand } from '../src/index.js';
import { failure, fixture, parentOf, running, sh, startBy, until, waitingAt } from './help.js';

/** A process that executes commands; see the fixture. */
function program(what: string, env: NodeJS.ProcessEnv = {}): { child: ChildProcess; said: Promise<number> } {
  const child = spawn(process.execPath, [fixture('many-commands.mjs'), what], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, said: once(child.stdout!, 'data').then(([text]) => Number(text)) };
}

describe('a spawner', () => {
  beforeEach(() => startBy('a spawner'));

  it('starts commands in a session of their own, with no file open that Node would not leave open', async () => {
    const script = 'ps -o pgid=,sid= -p $$; echo $$; ls /proc/$$/fd';
    const here = (await sh(script)).stdout.split('\n');
    await startBy('Node');
    const there = (await sh(script)).stdout.split('\n');
    const [pid = ''] = here.slice(1);
    expect(here[0]!.trim().split(/ +/)).toEqual([pid, pid]);
    expect(here.slice(2)).toEqual(there.slice(2));
  });

  it('starts hundreds one after the other, and several at a time, each with its own output, folder and variables', async () => {
    const folders = Array.from({ length: 3 }, () => mkdtempSync(join(tmpdir(), 'spawner-')));
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

  it('hands over what is longer than a pipe holds', async () => {
    const text = `${'x'.repeat(99)}\n`.repeat(1_000);
    expect((await sh(`cat <<'END'\n${text}END`)).stdout).toBe(text);
  });

  it('that is gone ends its command, which says so', async () => {
    let pid = 0;
    const lost = failure(['/bin/sh', '-c', 'echo $PPID; trap "" INT; sleep 60'], {
      killGraceMs: 50,
      onSpawn: (process) => {
        pid = process.pid;
      },
      onOutput: ({ text }) => process.kill(Number(text), 'SIGKILL'),
    });
    expect(await lost).toMatchObject({ code: 'SHIP_COMMAND_LOST', kind: 'lost', survived: false, pid });
    expect((await lost).message).toContain('because the process that started it is gone');
    expect(groupAlive(pid)).toBe(false);
  });

  it('that is gone before a command is missed by nobody', async () => {
    const spawner = await parentOf();
    process.kill(spawner, 'SIGKILL');
    await until(() => !running(spawner));
    await pause(20);
    expect((await sh('echo here')).stdout).toBe('here\n');
  });

  it('whose waiting process was killed hands its command to no other', async () => {
    const spawner = await parentOf();
    await until(() => waitingAt(spawner) !== undefined);
    process.kill(waitingAt(spawner)!, 'SIGKILL');
    await until(() => !running(spawner));
    const file = join(mkdtempSync(join(tmpdir(), 'spawner-')), 'times');
    await sh(`echo once >> ${file}`);
    await pause(50);
    expect(readFileSync(file, 'utf8')).toBe('once\n');
  });

  it('has the environment that it was started with: another one has another spawner', async () => {
    const first = await parentOf();
    const baseEnv = { ...process.env, SPAWNER_TEST: 'other' };
    let other = process.pid;
    for (let tries = 0; other === process.pid && tries < 500; tries += 1) {
      const { stdout } = await sh('echo $PPID $SPAWNER_TEST', { baseEnv });
      expect(stdout).toMatch(/ other\n$/);
      other = Number(stdout.split(' ')[0]);
      await pause(5);
    }
    expect([process.pid, first]).not.toContain(other);
    await until(() => !running(first));
  });

  it('has nothing to do with commands that read stdin, or take the environment as it is now', async () => {
    expect((await sh('cat; echo $PPID', { input: 'read\n' })).stdout).toBe(`read\n${process.pid}\n`);
    expect((await execute(shellCommand('echo $PPID'))).stdout).toBe(`${process.pid}\n`);
  });
});

describe('a process with spawners', () => {
  it('ends by itself, and they with it', async () => {
    const { child, said } = program('end');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    const spawner = await said;
    expect(spawner).not.toBe(child.pid);
    await until(() => !running(spawner));
  });

  it('is outlived by them for as long as its command runs, when it is killed', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'spawner-')), 'pid');
    const { child, said } = program('wait', { PID_FILE: file });
    const spawner = await said;
    await until(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'));
    const command = Number(readFileSync(file, 'utf8'));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await pause(50);
    expect(running(command)).toBe(true);
    process.kill(command, 'SIGTERM');
    await until(() => !running(command) && !running(spawner));
  });

  it('starts all commands itself where there is no Perl, and looks for it once', async () => {
    expect(await program('without-perl').said).toBe(1);
  });
});
