import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Output } from '@ship/core';
import { temporaryFolder } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import { execute } from '../src/index.js';
import { sh } from './help.js';

describe('output', () => {
  it('is kept whole up to maxBytes, whatever its last byte is', async () => {
    expect((await sh("head -c 1048576 /dev/zero | tr '\\0' x")).stdout).toHaveLength(1_048_576);
    expect((await sh('printf "no newline"', { maxBytes: 10 })).stdout).toBe('no newline');
  });

  it('keeps head and tail of 10 MB and says what is missing', async () => {
    const { stdout, truncated } = await execute(['seq', '1500000']);
    expect(truncated).toBe(true);
    expect(stdout.length).toBeLessThan(1_048_700);
    expect(stdout.startsWith('1\n2\n3\n')).toBe(true);
    expect(stdout.endsWith('1499999\n1500000\n')).toBe(true);
    const missing = Number(/\n\[… (\d+) bytes left out …\]\n/.exec(stdout)?.[1]);
    expect(missing + stdout.replace(/\[….*…\]\n/, '').length).toBe(10_888_896);
  });

  it.each([
    ['nobody follows', undefined],
    ['somebody follows', () => {}],
  ])('takes little memory while a command floods and %s, and the last word is kept', async (_, onOutput) => {
    const flood = 500_000_000;
    const line = 'a-line-that-says-nothing';
    let most = 0;
    const look = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5);
    const before = process.memoryUsage.rss();
    const script = `echo first; yes ${line} | head -c ${flood}; echo; echo last`;
    const { stdout, truncated } = await sh(script, { onOutput });
    clearInterval(look);
    expect(truncated).toBe(true);
    expect(stdout.startsWith(`first\n${line}\n`)).toBe(true);
    expect(stdout.endsWith('\nlast\n')).toBe(true);
    const missing = Number(/\n\[… (\d+) bytes left out …\]\n/.exec(stdout)?.[1]);
    expect(missing + stdout.replace(/\[….*…\]\n/, '').length).toBe(flood + 'first\n\nlast\n'.length);
    expect(stdout.length).toBeLessThan(1_100_000);
    expect(most - before).toBeLessThan(flood / 2);
  });

  it('makes a command wait where its output is followed slowly, and loses nothing', async () => {
    const seen: string[] = [];
    const onOutput = ({ text }: Output) => {
      seen.push(text);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    };
    await execute(['seq', '500000'], { onOutput });
    expect(seen.join('')).toBe(Array.from({ length: 500_000 }, (_, index) => `${index + 1}\n`).join(''));
  });

  it('is decoded even where it is not UTF-8', async () => {
    const seen: string[] = [];
    const { stdout } = await sh("printf 'a\\377b\\303'", { onOutput: ({ text }) => seen.push(text) });
    expect(stdout).toBe('a\uFFFDb\uFFFD');
    expect(seen.join('')).toBe(stdout);
  });

  it('is handed on in order, whole lines, while the command runs', async () => {
    const seen: Output[] = [];
    const folder = temporaryFolder();
    // Each waits for what came before it to have been seen.
    const wait = (file: string) => `until [ -e ${join(folder, file)} ]; do sleep 0.02; done`;
    const script = `echo one; printf tw; ${wait('one')}; echo o; echo err >&2; ${wait('two')}; printf three`;
    await sh(script, {
      onOutput: (output) => {
        seen.push(output);
        if (output.stream === 'stdout') writeFileSync(join(folder, output.text.trim()), '');
      },
    });
    expect(seen.filter(({ stream }) => stream === 'stdout').map(({ text }) => text)).toEqual(['one\n', 'two\n', 'three']);
    expect(seen.find(({ stream }) => stream === 'stderr')?.text).toBe('err\n');
  });

  it('is handed on without control sequences, and kept with them', async () => {
    const seen: string[] = [];
    const { stdout } = await sh("printf 'a\\033[2Jb\\033]0;title\\007c\\r50%%\\rdone\\r\\n\\tx\\b\\n'", {
      onOutput: ({ text }) => seen.push(text),
    });
    expect(seen.join('')).toBe('abc\n50%\ndone\n\tx\n');
    expect(stdout).toContain('\u001B[2J');
  });

  it('goes on when onOutput throws', async () => {
    let calls = 0;
    const onOutput = () => {
      calls++;
      throw new Error('the log is full');
    };
    expect((await sh('echo 1; sleep 0.2; echo 2', { onOutput })).stdout).toBe('1\n2\n');
    expect(calls).toBe(1);
  });

  it('is handed on completely before the result', async () => {
    let length = 0;
    await execute(['seq', '1500000'], { onOutput: ({ text }) => (length += text.length) });
    const then = length;
    await pause(150);
    expect([then, length]).toEqual([10_888_896, 10_888_896]);
  });
});
