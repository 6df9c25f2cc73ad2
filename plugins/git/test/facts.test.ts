import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { branchInCi } from '../src/index.js';
import { facts, folder, repository, run } from './help.js';

beforeEach(() => {
  for (const name of ['GITHUB_HEAD_REF', 'GITHUB_REF_NAME', 'GITHUB_REF_TYPE', 'CI_COMMIT_BRANCH']) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

const sha = (dir: string) => run(dir, 'rev-parse', 'HEAD');

vi.mock('../src/repository.js', { spy: true });

describe('the facts', () => {
  it('are branch and sha, read without a process', async () => {
    const dir = repository();
    const expected = { branch: 'main', sha: sha(dir) };
    vi.stubEnv('PATH', '/nowhere');
    expect(await facts(dir)).toEqual(expected);
  });

  it('are found from a folder below', async () => {
    const dir = repository();
    mkdirSync(join(dir, 'a/b'), { recursive: true });
    expect(await facts(join(dir, 'a/b'))).toEqual({ branch: 'main', sha: sha(dir) });
  });

  it('are read from packed refs, and from a branch with slashes', async () => {
    const dir = repository();
    run(dir, 'switch', '-c', 'release/1.x');
    run(dir, 'tag', '-a', 'v1.9', '-m', 'x');
    run(dir, 'tag', 'v1.10');
    run(dir, 'pack-refs', '--all');
    expect(await facts(dir)).toEqual({ branch: 'release/1.x', sha: sha(dir), tag: 'v1.10' });
  });

  it.each([
    ['annotated', ['-a', '-m', 'x']],
    ['lightweight', []],
  ])('have a loose %s tag only if it names the commit', async (_kind, options) => {
    const dir = repository();
    run(dir, 'tag', ...options, 'release/v1');
    expect((await facts(dir)).tag).toBe('release/v1');
    run(dir, 'commit', '--allow-empty', '-m', 'two');
    expect((await facts(dir)).tag).toBeUndefined();
  });

  it('ask git where a tag lies in a pack, and do without where there is no git', async () => {
    const dir = repository();
    run(dir, 'tag', '-a', 'v1', '-m', 'x');
    run(dir, 'repack', '-adk');
    rmSync(join(dir, '.git/packed-refs'), { force: true });
    expect((await facts(dir)).tag).toBe('v1');
    vi.stubEnv('PATH', '/nowhere');
    expect(await facts(dir)).toMatchObject({ branch: 'main' });
  });

  it('have no branch where HEAD is detached, unless the pipeline names it', async () => {
    const dir = repository();
    run(dir, 'checkout', '--detach');
    expect(await facts(dir)).toEqual({ sha: sha(dir) });
    vi.stubEnv('CI_COMMIT_BRANCH', 'main');
    expect(await facts(dir)).toEqual({ branch: 'main', sha: sha(dir) });
  });

  it('are those of a worktree', async () => {
    const dir = repository();
    const tree = join(folder(), 'tree');
    run(dir, 'worktree', 'add', '-b', 'other', tree);
    run(tree, 'commit', '--allow-empty', '-m', 'two');
    expect(await facts(tree)).toEqual({ branch: 'other', sha: sha(tree) });
    expect(sha(tree)).not.toBe(sha(dir));
  });

  it('are there before the first commit', async () => {
    const dir = folder();
    run(dir, 'init');
    expect(await facts(dir)).toEqual({ branch: 'main' });
  });

  it('are asked of git where its files do not tell', async () => {
    const dir = repository();
    const expected = { branch: 'main', sha: sha(dir) };
    const repositories = await import('../src/repository.js');
    vi.spyOn(repositories, 'readHead').mockReturnValue(undefined);
    expect(await facts(dir)).toEqual(expected);
    run(dir, 'checkout', '--detach');
    expect(await facts(dir)).toEqual({ sha: expected.sha });
    vi.restoreAllMocks();
  });

  it('are none outside a repository, and no error', async () => {
    expect(await facts(folder())).toEqual({});
    const dir = folder();
    writeFileSync(join(dir, '.git'), 'gitdir: /no/such/folder\n');
    expect(await facts(dir)).toEqual({});
  });

  it('say whether the tree is dirty where a step wants to know', async () => {
    const dir = repository();
    expect(await facts(dir, {}, { dirty: false })).toMatchObject({ dirty: 'false' });
    writeFileSync(join(dir, 'new'), '');
    expect(await facts(dir, {}, { dirty: false })).toMatchObject({ dirty: 'true' });
    expect(await facts(dir)).not.toHaveProperty('dirty');
  });
});

describe('the branch of a pipeline', () => {
  it.each([
    [
      { GITHUB_HEAD_REF: 'feature', GITHUB_REF_NAME: '12/merge' },
      { branch: 'feature', pullRequest: true },
    ],
    [
      { GITHUB_HEAD_REF: '', GITHUB_REF_NAME: 'main', GITHUB_REF_TYPE: 'branch' },
      { branch: 'main', pullRequest: false },
    ],
    [{ GITHUB_REF_NAME: 'v1', GITHUB_REF_TYPE: 'tag' }, { pullRequest: false }],
    [{ CI_COMMIT_BRANCH: 'main' }, { branch: 'main', pullRequest: false }],
    [{}, { pullRequest: false }],
  ])('%j: %j', (env, expected) => expect(branchInCi(env)).toEqual(expected));
});
