import { inspect } from 'node:util';
import { isShipError } from '@ship/core';
import { describe, expect, it } from 'vitest';
import { failure, fixture } from './help.js';

const redact = (text: string) => text.replaceAll('s3cret', '[redacted]');

describe('a failure', () => {
  it('has the shape of a success, and says why', async () => {
    const error = await failure(['/bin/sh', '-c', 'echo out; echo err >&2; exit 4']);
    expect(isShipError(error)).toBe(true);
    expect(error).toMatchObject({
      code: 'SHIP_COMMAND_FAILED',
      kind: 'exit',
      commandExitCode: 4,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
      truncated: false,
    });
    expect(error).toMatchObject({ timedOut: false, aborted: false, notFound: false, survived: false });
    expect(error.message).toContain('exited with 4\nerr');
  });

  it('shows the last ten lines, without control sequences', async () => {
    const { message } = await failure(['/bin/sh', '-c', "seq 100; printf '\\033[2J'; exit 1"]);
    expect(message.split('\n').slice(1)).toEqual(Array.from({ length: 10 }, (_, i) => String(91 + i)));
  });

  it('tells a signal', async () => {
    const error = await failure(['/bin/sh', '-c', 'kill -TERM $$']);
    expect(error).toMatchObject({ code: 'SHIP_COMMAND_FAILED', kind: 'signal', commandExitCode: null, signal: 'SIGTERM' });
    expect(error.message).toContain('was ended by SIGTERM');
  });

  it.each([
    ['no-such-command', {}, 'SHIP_COMMAND_NOT_FOUND', 'not-found'],
    ['/no/such/command', {}, 'SHIP_COMMAND_NOT_FOUND', 'not-found'],
    [fixture('no-interpreter'), {}, 'SHIP_COMMAND_NOT_FOUND', 'not-found'],
    [fixture('not-executable'), {}, 'SHIP_COMMAND_NOT_EXECUTABLE', 'not-executable'],
    ['/', {}, 'SHIP_COMMAND_NOT_EXECUTABLE', 'not-executable'],
    ['true', { cwd: '/no/such/folder' }, 'SHIP_CWD_MISSING', 'cwd-missing'],
    ['true', { cwd: '/etc/passwd' }, 'SHIP_CWD_MISSING', 'cwd-missing'],
    ['no-such-command', { cwd: '/' }, 'SHIP_COMMAND_NOT_FOUND', 'not-found'],
    ['', {}, 'SHIP_COMMAND_FAILED', 'spawn'],
    ['tr\0ue', {}, 'SHIP_COMMAND_FAILED', 'spawn'],
  ] as const)('of starting %j with %j is %s', async (command, options, code, kind) => {
    const error = await failure([command], options);
    expect(error).toMatchObject({ code, kind, commandExitCode: null, pid: undefined, notFound: kind === 'not-found' });
    expect(error.hint).toBeTruthy();
  });

  it('says that arguments are too long, and shortens them', async () => {
    const error = await failure(['echo', 'x'.repeat(3_000_000)]);
    expect(error.message).toContain('too long');
    expect(error.message.length).toBeLessThan(600);
  });

  it.each([
    ['/bin/sh', '-c', 'echo s3cret; echo s3cret >&2; exit 1'],
    ['no-such-s3cret', 's3cret'],
    ['echo', 's3cret\0'],
  ] as const)('shows no secret, however it is printed (%#)', async (...command) => {
    const error = await failure(command, { redact });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('s3cret');
    expect(JSON.stringify(error)).not.toContain('s3cret');
  });
});
