import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from '@ship/core';
import { temporaryFolder } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import { lockFolder } from '../src/files/folder-lock.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const contextIn = (stateDir: string, signal = new AbortController().signal): Context => ({ stateDir, log, signal }) as unknown as Context;
const MODULE = pathToFileURL(join(import.meta.dirname, '../dist/files/folder-lock.js')).href;

describe('the lock of the files that Terraform works with', () => {
  it('given many who want them, then no one is with the one who changes them', async () => {
    const folder = temporaryFolder();
    const trace = join(folder, 'trace');
    const ctx = contextIn(folder);
    const work = async (kind: 'shared' | 'exclusive') => {
      const free = await lockFolder(ctx, kind);
      appendFileSync(trace, kind === 'shared' ? '(' : '[');
      await new Promise((resolve) => setTimeout(resolve, 10 * Math.random()));
      appendFileSync(trace, kind === 'shared' ? ')' : ']');
      free();
    };
    await Promise.all(Array.from({ length: 24 }, (_, n) => work(n % 4 === 0 ? 'exclusive' : 'shared')));
    const order = readFileSync(trace, 'utf8');
    expect(order.length).toBe(48);
    expect(order).toMatch(/^(?:\[\]|[()])*$/);
    // Whoever changes them begins when all that came before have ended.
    let open = 0;
    for (const each of order) {
      if (each === '[') expect(open).toBe(0);
      open += each === '(' ? 1 : each === ')' ? -1 : 0;
    }
    expect(readdirSync(join(folder, 'terraform/at-work'))).toEqual([]);
  });

  it('given one who was killed with it, then the next one has it', async () => {
    const folder = temporaryFolder();
    const program = `
      import { lockFolder } from ${JSON.stringify(MODULE)};
      await lockFolder({ stateDir: ${JSON.stringify(folder)}, signal: new AbortController().signal, log: {} }, 'exclusive');
      process.stdout.write('has it'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    let isMine = false;
    const mine = lockFolder(contextIn(folder), 'exclusive').then((free) => {
      isMine = true;
      free();
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isMine).toBe(false);
    child.kill('SIGKILL');
    await mine;
  });

  it('given one who is asked to stop while it waits, then it lets go of its place', async () => {
    const folder = temporaryFolder();
    const free = await lockFolder(contextIn(folder), 'exclusive');
    const stop = new AbortController();
    const waiting = lockFolder(contextIn(folder, stop.signal), 'shared');
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    free();
    expect(readdirSync(join(folder, 'terraform/at-work'))).toEqual([]);
  });

  it('given files that somebody else has put there, then they hold nobody', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'terraform/at-work'), { recursive: true });
    writeFileSync(join(folder, 'terraform/at-work/exclusive,999999,1,none,0'), '');
    (await lockFolder(contextIn(folder), 'exclusive'))();
    expect(existsSync(join(folder, 'terraform/at-work/exclusive,999999,1,none,0'))).toBe(false);
  });
});
