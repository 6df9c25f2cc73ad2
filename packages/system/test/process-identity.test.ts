import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessIdentity } from '@ship/core';
import { execute } from '@ship/exec';
import { describe, expect, it } from 'vitest';
import { bootId, isAlive, processStartTime } from '../src/process.js';

describe('identity', () => {
  it('recognises a process, and not another one with its pid', () => {
    const started = processStartTime(process.pid)!;
    expect(isAlive({ pid: process.pid, started, boot_id: bootId() })).toBe(true);
    expect(isAlive({ pid: process.pid, started: 'another time' })).toBe(false);
    expect(isAlive({ pid: process.pid, started, boot_id: 'another boot' })).toBe(false);
    expect(isAlive({ pid: 2 ** 30, started })).toBe(false);
    expect(processStartTime(2 ** 30)).toBeUndefined();
  });

  it('reads a process whose name holds blanks and brackets', async () => {
    const child = spawn('/bin/sh', ['-c', 'printf "a) (b" > /proc/$$/comm; sleep 5; :']);
    await pause(50);
    expect(processStartTime(child.pid!)).toMatch(/^\d+$/);
    child.kill('SIGKILL');
  });

  it('is told at the start, and tells the end', async () => {
    const seen: ProcessIdentity[] = [];
    await execute(['sleep', '0.02'], { onSpawn: (process) => seen.push(process) });
    const [process] = seen;
    expect(process).toMatchObject({ pgid: process!.pid, command: 'sleep 0.02' });
    expect(isAlive({ pid: process!.pid, started: process!.started! })).toBe(false);
  });
});
