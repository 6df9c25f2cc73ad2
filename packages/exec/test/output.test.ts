import { setTimeout as pause } from 'node:timers/promises';
import type { Output } from '@ship/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { run, STARTERS, sh, startBy } from './help.js';

describe.each(STARTERS)('output of a command that was started by %s', (starter) => {
  beforeEach(() => startBy(starter));

  it('is kept whole up to maxBytes, whatever its last byte is', async () => {
    expect((await sh("head -c 1048576 /dev/zero | tr '\\0' x")).stdout).toHaveLength(1_048_576);
    expect((await sh('printf "no newline"', { maxBytes: 10 })).stdout).toBe('no newline');
  });

  it('keeps head and tail of 10 MB and says what is missing', async () => {
    const { stdout, truncated } = await run(['seq', '1500000']);
    expect(truncated).toBe(true);
    expect(stdout.length).toBeLessThan(1_048_700);
    expect(stdout.startsWith('1\n2\n3\n')).toBe(true);
    expect(stdout.endsWith('1499999\n1500000\n')).toBe(true);
    const missing = Number(/\n\[… (\d+) bytes left out …\]\n/.exec(stdout)?.[1]);
    expect(missing + stdout.replace(/\[….*…\]\n/, '').length).toBe(10_888_896);
  });

  it('stays small while a command floods', async () => {
    let blocks = 0;
    const { stdout, truncated } = await sh('echo first; timeout 1 yes a-line-that-says-nothing; echo; echo last', {
      onOutput: () => blocks++,
    });
    expect(truncated).toBe(true);
    expect(stdout.startsWith('first\na-line')).toBe(true);
    expect(stdout.endsWith('\nlast\n')).toBe(true);
    expect(stdout.length).toBeLessThan(1_100_000);
    expect(blocks).toBeGreaterThan(10);
  });

  it('is decoded even where it is not UTF-8', async () => {
    const seen: string[] = [];
    const { stdout } = await sh("printf 'a\\377b\\303'", { onOutput: ({ text }) => seen.push(text) });
    expect(stdout).toBe('a\uFFFDb\uFFFD');
    expect(seen.join('')).toBe(stdout);
  });

  it('is handed on in order, whole lines, while the command runs', async () => {
    const seen: (Output & { at: number })[] = [];
    const since = Date.now();
    const script = 'echo one; printf tw; sleep 0.25; echo o; echo err >&2; sleep 0.25; printf three';
    await sh(script, { onOutput: (output) => seen.push({ ...output, at: Date.now() - since }) });
    const out = seen.filter(({ stream }) => stream === 'stdout');
    expect(out.map(({ text }) => text)).toEqual(['one\n', 'two\n', 'three']);
    expect(out[0]!.at).toBeLessThan(200);
    expect(out[1]!.at).toBeLessThan(450);
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
    await run(['seq', '1500000'], { onOutput: ({ text }) => (length += text.length) });
    const then = length;
    await pause(150);
    expect([then, length]).toEqual([10_888_896, 10_888_896]);
  });
});
