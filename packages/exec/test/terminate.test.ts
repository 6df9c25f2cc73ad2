import { groupAlive } from '@ship/core';
import { describe, expect, it } from 'vitest';
import { execErrors, execute } from '../src/index.js';
import { failure, fixture, running, sh, until } from './help.js';

describe('ending a command', () => {
  it('interrupts once, and takes the time it needs', async () => {
    const controller = new AbortController();
    const onOutput = () => controller.abort();
    const error = await failure([fixture('polite')], { signal: controller.signal, onOutput });
    expect(error).toMatchObject({ code: 'SHIP_COMMAND_ABORTED', kind: 'aborted', aborted: true, commandExitCode: 7 });
    expect(error.stdout).toBe('ready\ninterrupted\n');
  });

  it('kills what ignores INT and TERM, grandchildren too', async () => {
    const error = await failure([fixture('stubborn')], { timeoutMs: 150, killGraceMs: 100 });
    expect(error).toMatchObject({ code: 'SHIP_COMMAND_TIMEOUT', kind: 'timeout', timedOut: true, signal: 'SIGKILL', survived: false });
    expect(error.durationMs).toBeLessThan(1_500);
    const [leader = 0, grandchild = 0] = error.stdout.trim().split(' ').map(Number);
    expect(grandchild).toBeGreaterThan(0);
    expect(groupAlive(leader)).toBe(false);
  });

  it('ends grandchildren when their parent left at the first signal', async () => {
    const script = "(trap '' INT TERM; sleep 60) & echo $!; trap 'exit 0' INT; while :; do sleep 0.02; done";
    const error = await failure(['/bin/sh', '-c', script], { timeoutMs: 100, killGraceMs: 80 });
    expect(error.timedOut).toBe(true);
    await until(() => !running(Number(error.stdout)));
  });

  it('does not start what is aborted already', async () => {
    const reason = execErrors.SHIP_COMMAND_TIMEOUT({ line: 'the step', tail: '', afterMs: 1000, survived: false });
    let spawned = false;
    const error = await failure(['true'], { signal: AbortSignal.abort(reason), onSpawn: () => (spawned = true) });
    expect(error).toMatchObject({ code: 'SHIP_COMMAND_ABORTED', aborted: true, pid: undefined });
    expect(error.cause).toBe(reason);
    expect(error.message).toBe('true was not started (the step was ended after its 1 s were over)');
    expect(spawned).toBe(false);
  });

  it('notices an abort in the very turn of the start', async () => {
    const controller = new AbortController();
    const outcome = failure(['sleep', '60'], { signal: controller.signal });
    queueMicrotask(() => controller.abort());
    expect((await outcome).aborted).toBe(true);
  });

  it('has no effect after the end', async () => {
    const controller = new AbortController();
    await sh('true', { signal: controller.signal, timeoutMs: 60_000 });
    controller.abort();
  });

  it('ends a process that could not be written down', async () => {
    let pid = 0;
    const onSpawn = (process: { pid: number }) => {
      pid = process.pid;
      throw new Error('the journal is full');
    };
    const error = await failure(['sleep', '60'], { onSpawn });
    expect((error.cause as Error).message).toBe('the journal is full');
    expect(running(pid)).toBe(false);
  });

  it('leaves no zombie', async () => {
    await Promise.all(Array.from({ length: 20 }, () => failure(['sleep', '60'], { timeoutMs: 20 })));
    const { stdout } = await execute(['ps', '-o', 'stat=,ppid=', '--ppid', String(process.pid)]);
    expect(stdout.split('\n').filter((line) => line.startsWith('Z'))).toEqual([]);
  });
});
