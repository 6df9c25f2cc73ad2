import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { branchCondition, dirtyCondition, matches } from '../src/conditions.js';
import { parseStatus, status, tagsAtHead } from '../src/git.js';
import { repository, runContext } from './help.js';

describe('patterns', () => {
  it.each([
    ['main', 'main', true],
    ['main2', 'main', false],
    ['release/1', 'release/*', true],
    ['release/1/a', 'release/*', true],
    ['release/', 'release/*', true],
    ['a', 'a*a', false],
    ['axbxc', 'a*b*c', true],
    ['axbx', 'a*b*c', false],
    ['anything', '*', true],
    ['a.b', 'a?b', false],
    [`${'a'.repeat(100_000)}b`, '*a*a*a*a*a*a*a*c', false],
  ])('%.20s as %s: %s', (branch, pattern, expected) => expect(matches(branch, [pattern])).toBe(expected));
});

describe('commands', () => {
  it('are built, not executed', () => {
    expect(status()).toEqual(['git', '--no-optional-locks', 'status', '--porcelain=v1', '-z', '--untracked-files=normal']);
    expect(status('a b').slice(6)).toEqual(['--', ':(top)', ':(top,exclude,literal)a b']);
    expect(tagsAtHead()).toContain('--points-at');
  });

  it('are read', () => {
    expect(parseStatus('')).toEqual([]);
    expect(parseStatus('R  new\0old\0 M a b\0?? c\nd\0 R x\0y\0')).toEqual(['new', 'a b', 'c\nd', 'x']);
  });
});

describe('conditions', () => {
  const on = (branch?: string) => ({ ...runContext('/'), facts: branch === undefined ? {} : { branch } });

  it('branch', () => {
    expect(branchCondition.holds(on('release/1'), ['main', 'release/*'])).toBe(true);
    expect(branchCondition.holds(on('dev'), 'main')).toBe(false);
    expect(branchCondition.holds(on(), '*')).toBe(false);
  });

  it('dirty', async () => {
    const dir = repository();
    const holds = (wanted: boolean) => dirtyCondition.holds(runContext(dir), wanted);
    expect([await holds(true), await holds(false)]).toEqual([false, true]);
    writeFileSync(join(dir, 'file'), 'changed\n');
    expect([await holds(true), await holds(false)]).toEqual([true, false]);
    expect(await dirtyCondition.holds({ ...runContext(dir), facts: { dirty: 'false' } }, false)).toBe(true);
  });
});
