import { JsonSchemaChecker } from '@ship/config';
import type { JsonSchema } from '@ship/core';
import { describe, expect, it } from 'vitest';
import { argvOf, pasteable, shown } from '../src/script.js';
import { registered } from './help.js';

const found = registered() as Record<string, { input: JsonSchema }>;
const mistakes = (kind: string, value: unknown) => new JsonSchemaChecker().check(found[kind]!.input, value);
const accepts = async (kind: string, value: unknown) => (await mistakes(kind, value)).length === 0;

describe('the input', () => {
  it.each([
    [{ run: 'make' }, true],
    [{ run: 'make', undo: 'u', capture: 'c', probe: 'p', cwd: 'd', env: { A: 'b' }, shell: true, irreversible: 'why' }, true],
    [{ run: ['make', 'a'], undo: ['u'], shell: false }, true],
    [{ run: ['make'] }, true],
    [{ run: ['make'], undo: 'u | v' }, true],
    [{ run: ['make'], shell: true }, true],
    [{ run: 'make', shell: false }, false],
    [{ run: 'make', undo: ['u'] }, true],
    [{ run: [1] }, false],
    [{ run: [] }, false],
    [{ run: '' }, false],
    [{ run: [], shell: false }, false],
    [{}, false],
    [{ run: 'make', env: { A: 1 } }, false],
    [{ run: 'make', undoo: 'u' }, false],
  ])('of the action %j: %s', async (value, ok) => expect(await accepts('action run', value)).toBe(ok));

  it('says what is wrong with it', async () => {
    expect((await mistakes('action run', { run: 1 })).map(({ message }) => message)).toEqual(['1 is not text or a list']);
    expect((await mistakes('action run', { run: 'make', shell: false })).map(({ message }) => message)).toEqual(['"make" is not a list']);
  });

  it('of check and condition', async () => {
    expect(await accepts('check run', { run: 'make' })).toBe(true);
    expect(await accepts('check run', { run: 'make', undo: 'x' })).toBe(false);
    expect(await accepts('condition run', 'make')).toBe(true);
    expect(await accepts('condition run', { run: ['make'], shell: false })).toBe(true);
    expect(await accepts('condition run', { run: ['make'] })).toBe(true);
  });
});

describe('commands', () => {
  it('are built, not executed', () => {
    expect(argvOf('make && ls')).toEqual(['/bin/sh', '-c', 'make && ls']);
    expect(argvOf(['make', 'a b'])).toEqual(['make', 'a b']);
    expect(shown(['make', 'a b'])).toBe("make 'a b'");
    expect(pasteable('u "$A"', undefined, { A: 'x y' })).toBe(`env A='x y' sh -c 'u "$A"'`);
    expect(pasteable(['u'], 'd', {})).toBe('(cd d && env u)');
  });
});
