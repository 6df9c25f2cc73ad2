import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cleanEnv, SHIP, temporaryFolder } from '../../../test/support/ship.js';
import { paintFor } from '../src/terminal.js';

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}.mjs`, import.meta.url));
const LINES = 40_000;
const WRITER = [fixture('writes-much'), String(LINES)];

/** What becomes of a program whose stdout a shell pipes into another. */
async function piped(argv: readonly string[], into: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn('bash', ['-o', 'pipefail', '-c', `"$@" | ${into}`, 'bash', process.execPath, ...argv], { env: cleanEnv() });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

describe('output', () => {
  it('given a pipe that does not wait and a slow reader, then every line arrives, once and in order', async () => {
    // It reads when the pipe was full: else nothing would be tested.
    const full = join(temporaryFolder(), 'full');
    const { code, stdout } = await piped([fixture('nonblocking'), ...WRITER, full], `(until [ -e ${full} ]; do sleep 0.05; done; cat)`);
    expect(stdout).toBe(Array.from({ length: LINES }, (_, line) => `line ${line} of the output\n`).join(''));
    expect(code).toBe(0);
  });

  it('given a reader that goes away, then the output ends, and the writer with its own status', async () => {
    const { code, stdout, stderr } = await piped(WRITER, 'head -n 1');
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'line 0 of the output\n', stderr: '' });
  });

  it('given the command and a reader that goes away at once, then nothing is told on stderr', async () => {
    const { code, stderr } = await piped([SHIP, 'help'], 'true');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('colours', () => {
  it.each([
    [{}, false, false],
    [{}, true, true],
    [{ TERM: 'dumb' }, true, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, false, false],
    [{ FORCE_COLOR: '' }, false, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
  ])('given %j and a terminal: %s, then there are colours: %s', (env, isTTY, coloured) => {
    expect(paintFor({ isTTY }, env).red('x') !== 'x').toBe(coloured);
  });
});
