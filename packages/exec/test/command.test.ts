import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandLine, execute, fromContext, shellCommand, shellQuote } from '../src/index.js';

describe('command', () => {
  it('quotes words so that a shell reads them back', async () => {
    const words = fc.sample(fc.string({ unit: 'binary' }), 100).map((word) => word.replaceAll('\0', ''));
    const { stdout } = await execute(shellCommand(`printf '%s\\0' ${words.map(shellQuote).join(' ')}`));
    expect(stdout).toBe(Buffer.from(words.map((word) => `${word}\0`).join('')).toString());
  });

  it('redacts before it shortens', () => {
    const secret = 'x'.repeat(1000);
    expect(commandLine(['login', secret], (text) => text.replaceAll(secret, '[redacted]'))).toBe("login '[redacted]'");
    expect(commandLine(['a\nb']).includes('\n')).toBe(false);
  });

  it('is tied to its context', () => {
    const calls: unknown[] = [];
    class Fake {
      dir = '/';
      signal = new AbortController().signal;
      output = (value: unknown) => calls.push(value);
      spawned = (value: unknown) => calls.push(value);
      redact(text: string) {
        return `${this.dir}${text}`;
      }
    }
    const { redact, onOutput, cwd } = fromContext(new Fake() as never);
    onOutput({ stream: 'stdout', text: 'x' });
    expect([redact('x'), cwd, calls]).toEqual(['/x', '/', [{ stream: 'stdout', text: 'x' }]]);
  });
});
