import type { JsonSchema } from '@ship/core';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { argvOf, pasteable, shown } from '../src/commands.js';
import { registered } from './help.js';

const found = registered() as Record<string, { input: JsonSchema }>;
const accepts = (kind: string, value: unknown) => new Ajv({ strict: false }).compile(found[kind]!.input)(value);

describe('the input', () => {
  it.each([
    [{ run: 'make' }, true],
    [{ run: 'make', undo: 'u', capture: 'c', probe: 'p', cwd: 'd', env: { A: 'b' }, shell: true, irreversible: 'why' }, true],
    [{ run: ['make', 'a'], undo: ['u'], shell: false }, true],
    [{ run: ['make'] }, false],
    [{ run: 'make', shell: false }, false],
    [{ run: 'make', undo: ['u'] }, false],
    [{ run: '' }, false],
    [{ run: [], shell: false }, false],
    [{}, false],
    [{ run: 'make', env: { A: 1 } }, false],
    [{ run: 'make', undoo: 'u' }, false],
  ])('of the action %j: %s', (value, ok) => expect(accepts('action run', value)).toBe(ok));

  it('of check and condition', () => {
    expect(accepts('check run', { run: 'make' })).toBe(true);
    expect(accepts('check run', { run: 'make', undo: 'x' })).toBe(false);
    expect(accepts('condition run', 'make')).toBe(true);
    expect(accepts('condition run', { run: ['make'], shell: false })).toBe(true);
    expect(accepts('condition run', { run: ['make'] })).toBe(false);
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
