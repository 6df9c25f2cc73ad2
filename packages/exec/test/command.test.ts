import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandLine, execute, localExecutor, shellCommand, shellQuote } from '../src/index.js';

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

  it('is tied to its context, where the executor of this machine executes it', async () => {
    const calls: unknown[] = [];
    let said = '';
    class Fake {
      dir = '/';
      env = { ...process.env, WHO: 'context' };
      signal = new AbortController().signal;
      output = ({ text }: { text: string }) => {
        said += text;
      };
      spawned = (value: object) => calls.push(Object.keys(value));
      redact(text: string) {
        return text.replace('s3cret', '***');
      }
    }
    const { stdout } = await localExecutor.exec(new Fake() as never, shellCommand('pwd; echo $WHO s3cret'), { cwd: 'tmp', killGraceMs: 7 });
    expect(stdout).toBe('/tmp\ncontext s3cret\n');
    expect(calls).toEqual([expect.arrayContaining(['pid', 'pgid', 'grace_ms'])]);
    expect(said).toBe('/tmp\ncontext ***\n');
  });
});
