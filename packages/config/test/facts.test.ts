import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { variablesOf } from '../src/variables.js';

function repository(): { cwd: string; git: (...args: string[]) => string } {
  const cwd = mkdtempSync(join(tmpdir(), 'ship-facts-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], { cwd, encoding: 'utf8', stdio: 'pipe' }).trim();
  return { cwd, git };
}

const commitOf = (folder: string, env = {}) => variablesOf(folder, env, { version: '${SHIP_COMMIT:-none}' }).SHIP_COMMIT;

test('Given a repository, when its refs are loose, packed, detached or of a worktree, then the commit is the one that is checked out', () => {
  const { cwd, git } = repository();
  git('init', '-q');
  expect(commitOf(cwd)).toBeUndefined();
  git('commit', '-q', '--allow-empty', '-m', 'one');
  const sha = git('rev-parse', 'HEAD').slice(0, 12);
  mkdirSync(join(cwd, 'packages/web'), { recursive: true });
  expect(commitOf(join(cwd, 'packages/web'))).toBe(sha);
  git('pack-refs', '--all');
  expect(commitOf(cwd)).toBe(sha);
  git('worktree', 'add', '-q', 'other', '-b', 'other');
  expect(commitOf(join(cwd, 'other'))).toBe(sha);
  git('checkout', '-q', '--detach');
  expect(commitOf(cwd)).toBe(sha);
  expect(commitOf(cwd, { SHIP_COMMIT: 'mine' })).toBe('mine');
});

test('Given a package.json, when a config names its version, then it is read; a broken one has none', () => {
  const { cwd } = repository();
  const version = () => variablesOf(cwd, {}, { version: '${SHIP_PACKAGE_VERSION}' }).SHIP_PACKAGE_VERSION;
  expect(version()).toBeUndefined();
  writeFileSync(join(cwd, 'package.json'), '{ "version": "1.2.3" }');
  expect(version()).toBe('1.2.3');
  expect(variablesOf(cwd, {}, {})).toEqual({});
  writeFileSync(join(cwd, 'package.json'), '{ nope');
  expect(version()).toBeUndefined();
});
