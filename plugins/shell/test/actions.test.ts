import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ComponentConfig } from '@ship/core';
import { execute, shellCommand } from '@ship/exec';
import { describe, expect, it } from 'vitest';
import { runAction as action, type Before, type RunInput } from '../src/index.js';
import { argvOf } from '../src/script.js';
import { context } from './help.js';

const versioned: RunInput = {
  capture: 'cat version 2>/dev/null || :',
  run: 'echo v2 > version',
  undo: 'printf "%s\\n" "$SHIP_CAPTURE" > version',
};

describe('shell/run', () => {
  it('captures, acts, and puts back what was there', async () => {
    const ctx = context();
    const file = join(ctx.dir, 'version');
    writeFileSync(file, 'v1\n');
    const before = await action.capture!(ctx, versioned);
    expect(before).toEqual({ output: 'v1' });
    const result = await action.run(ctx, versioned, before);
    expect(readFileSync(file, 'utf8')).toBe('v2\n');
    for (let i = 0; i < 2; i++) expect(await action.restore!(ctx, before, result, versioned)).toMatchObject({ changed: true });
    expect(readFileSync(file, 'utf8')).toBe('v1\n');
  });

  it('gives undo an empty capture where there was none', async () => {
    const ctx = context();
    await action.restore!(ctx, null, undefined, { run: 'true', undo: 'echo "[$SHIP_CAPTURE]" > seen' });
    expect(readFileSync(join(ctx.dir, 'seen'), 'utf8')).toBe('[]\n');
  });

  it('keeps what it has no undo for', async () => {
    expect(await action.restore!(context(), null, undefined, { run: 'true' })).toEqual({ changed: false, kept: 'no undo is given' });
  });

  it('tells a script what it works for', async () => {
    const component = { name: 'api', version: '1.2.3' } as ComponentConfig;
    const run = 'echo $SHIP_RUN $SHIP_PROJECT $SHIP_ENVIRONMENT $SHIP_STEP $SHIP_ATTEMPT $SHIP_COMPONENT $SHIP_VERSION $MINE';
    const { output_tail } = await action.run(context({ component }), { run, env: { MINE: 'mine', SHIP_RUN: 'forged' } }, null);
    expect(output_tail).toBe('run-1 shop staging build 2 api 1.2.3 mine\n');
  });

  it('leaves everything to the shell, and nothing to it where there is none', async () => {
    const env = { MINE: '$(touch hacked) `touch hacked`' };
    const ctx = context();
    expect((await action.run(ctx, { run: 'echo "$MINE ${NONE:-none}"', env }, null)).output_tail).toBe(`${env.MINE} none\n`);
    expect((await action.run(ctx, { run: ['echo', '$HOME;', '*'], shell: false }, null)).output_tail).toBe('$HOME; *\n');
    expect(existsSync(join(ctx.dir, 'hacked'))).toBe(false);
  });

  it('keeps the redacted tail of the output, and hands on the rest', async () => {
    const ctx = context();
    const { output_tail } = await action.run(ctx, { run: 'seq 3000; echo s3cret' }, null);
    expect(output_tail).toHaveLength(4096);
    expect(output_tail.endsWith('3000\n[redacted]\n')).toBe(true);
    expect(ctx.outputs.map(({ text }) => text).join('')).toContain('\n1\n2\n'.slice(1));
    expect(JSON.stringify(ctx.outputs)).not.toContain('s3cret');
  });

  it.each([
    ['exit 0', 'done'],
    ['exit 3', 'untouched'],
    ['exit 1', 'partial'],
    ['exit 2', 'partial'],
    ['no-such-command; true && false', 'partial'],
    ['test "$SHIP_CAPTURE" = old', 'done'],
  ] as const)('probes with %j: %s', async (probe, expected) => {
    expect(await action.probe!(context(), { run: 'true', probe }, { output: 'old' })).toBe(expected);
  });

  it('fails before it acts when capture fails', async () => {
    await expect(action.capture!(context(), { run: 'true', capture: 'echo why >&2; exit 3' })).rejects.toMatchObject({
      code: 'SHIP_COMMAND_FAILED',
      commandExitCode: 3,
    });
  });

  it.each([
    ['is too long', 'head -c 130000 /dev/zero | tr "\\0" x'],
    ['holds NUL', 'printf "a\\0b"'],
    ['is not UTF-8', 'printf "\\377"'],
  ])('refuses a capture that %s, because undo could not have it back', async (_name, capture) => {
    await expect(action.capture!(context(), { run: 'true', capture })).rejects.toMatchObject({ code: 'SHIP_SHELL_CAPTURE' });
  });

  it('does not show what it captures', async () => {
    const ctx = context();
    await action.capture!(ctx, { run: 'true', capture: 'echo something' });
    expect(ctx.outputs).toEqual([]);
  });

  it.each([
    [{ run: 'a\0b' }, 'a command'],
    [{ run: ['a', 'b\0'], shell: false }, 'a command'],
    [{ run: 'true', env: { MINE: '\0' } }, 'MINE'],
    [{ run: 'true', cwd: '\0' }, 'cwd'],
  ])('refuses NUL bytes (%#)', async (input, what) => {
    await expect(action.run(context(), input, null)).rejects.toMatchObject({
      code: 'SHIP_SHELL_NUL',
      message: expect.stringContaining(what),
    });
  });

  it('says where cwd is missing', async () => {
    await expect(action.run(context(), { run: 'true', cwd: 'sub' }, null)).rejects.toMatchObject({ code: 'SHIP_CWD_MISSING' });
  });

  it('gives a command that finishes an undo by hand', async () => {
    const input: RunInput = { run: 'true', undo: 'printf %s "$SHIP_CAPTURE-$MINE" > "it\'s here"', cwd: 'a b', env: { MINE: '$x' } };
    const ctx = context();
    await action.run(ctx, { run: 'mkdir "a b"' }, null);
    const before: Before = { output: "o'ne\ntwo $HOME" };
    await execute(shellCommand(action.remedy!(input, before)!), { cwd: ctx.dir });
    expect(readFileSync(join(ctx.dir, 'a b', "it's here"), 'utf8')).toBe("o'ne\ntwo $HOME-$x");
    expect(action.remedy!({ run: 'true' }, null)).toBeUndefined();
  });

  it('says beforehand what it does', () => {
    const preview = (input: RunInput) => action.preview!(context(), input);
    expect(preview({ run: 'make deploy\n' })).toEqual([{ kind: 'run', what: 'make deploy' }]);
    expect(preview({ run: ['make', 'a b'], shell: false })).toEqual([{ kind: 'run', what: "make 'a b'" }]);
    expect(action.describeUndo!({ run: 'true', undo: 'make undo' })).toBe('runs make undo');
    expect(action.describeUndo!({ run: 'true' })).toBe('stays: no undo is given');
    const why = action.irreversible as (input: RunInput) => string | undefined;
    expect(why({ run: 'true', irreversible: 'mail is sent' })).toBe('mail is sent');
  });
});

describe('the argv of a script', () => {
  it.each([
    ['npm ci', ['npm', 'ci']],
    ['  kubectl  rollout status deployment/web --timeout=60s ', ['kubectl', 'rollout', 'status', 'deployment/web', '--timeout=60s']],
    ['true', ['true']],
  ])('given %j, which needs no shell, when it is run, then none is started', (text, argv) => {
    expect(argvOf(text)).toEqual(argv);
  });

  it.each([
    'echo hi',
    'cd app',
    'A=1 npm ci',
    'npm ci && npm test',
    'ls *.txt',
    'echo $HOME',
    'a\nb',
    "printf 'x'",
    'exit 1',
    '~/bin/x',
    'a # b',
    'test -f x',
    '',
  ])('given %j, which means something to a shell, when it is run, then a shell reads it', (text) => {
    expect(argvOf(text)).toEqual(['/bin/sh', '-c', text]);
  });
});
