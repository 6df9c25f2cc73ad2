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

  it('asks ps where there is no /proc, and is answered the same in any language and time zone', () => {
    const { platform } = process;
    const { LC_ALL, TZ } = process.env;
    try {
      Object.defineProperty(process, 'platform', { value: 'darwin' });
      const started = processStartTime(process.pid)!;
      expect(started).toMatch(/^\w{3} \w{3} +\d+ [\d:]{8} \d{4}$/);
      Object.assign(process.env, { LC_ALL: 'de_DE.UTF-8', TZ: 'Asia/Tokyo' });
      expect(isAlive({ pid: process.pid, started })).toBe(true);
      expect(isAlive({ pid: 2 ** 30, started })).toBe(false);
    } finally {
      Object.defineProperty(process, 'platform', { value: platform });
      for (const [name, value] of Object.entries({ LC_ALL, TZ }))
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    }
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
