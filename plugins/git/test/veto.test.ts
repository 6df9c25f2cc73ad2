import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { facts, folder, repository, run } from './help.js';

beforeEach(() => vi.stubEnv('GITHUB_HEAD_REF', undefined));
afterEach(() => vi.unstubAllEnvs());

describe('require_clean', () => {
  it('lets a clean tree pass, and does not count the state of ship', async () => {
    const dir = repository();
    mkdirSync(join(dir, '.speckit/runs'), { recursive: true });
    writeFileSync(join(dir, '.speckit/runs/x'), '');
    expect(await facts(dir, { require_clean: true })).toMatchObject({ branch: 'main', dirty: 'false' });
  });

  it('names up to five files', async () => {
    const dir = repository();
    for (let i = 1; i <= 7; i++) writeFileSync(join(dir, `new ${i}`), '');
    const message = 'the working tree has changes that are not committed: new 1, new 2, new 3, new 4, new 5 and 2 more';
    await expect(facts(dir, { require_clean: true })).rejects.toMatchObject({ code: 'SHIP_GIT_DIRTY', message, exitCode: 2 });
  });

  it('counts a rename once', async () => {
    const dir = repository();
    renameSync(join(dir, 'file'), join(dir, 'moved ü'));
    run(dir, 'add', '.');
    await expect(facts(dir, { require_clean: true })).rejects.toThrow(/committed: moved ü$/);
  });

  it.each(['require_clean', 'allowed_branches'])('%s refuses where there is no repository', async (option) => {
    const options = option === 'require_clean' ? { require_clean: true } : { allowed_branches: ['main'] };
    await expect(facts(folder(), options)).rejects.toMatchObject({ code: 'SHIP_GIT_MISSING', message: expect.stringContaining(option) });
  });

  it('refuses where git is not installed', async () => {
    const dir = repository();
    vi.stubEnv('PATH', '/nowhere');
    await expect(facts(dir, { require_clean: true })).rejects.toMatchObject({ code: 'SHIP_GIT_MISSING' });
  });
});

describe('when: dirty', () => {
  it('given no repository, when the run begins, then it is refused before anything is touched', async () => {
    const message = '`when: dirty` asks for a git repository: there is none here';
    await expect(facts(folder(), {}, { dirty: true })).rejects.toMatchObject({ code: 'SHIP_GIT_MISSING', message, exitCode: 2 });
  });

  it('given no git, when the run begins, then it is refused, and says so', async () => {
    const dir = repository();
    vi.stubEnv('PATH', '/nowhere');
    await expect(facts(dir, {}, { dirty: false })).rejects.toMatchObject({ code: 'SHIP_GIT_MISSING', exitCode: 2 });
  });

  it('given no repository and a step for another environment, when the run begins, then nobody asks', async () => {
    expect(await facts(folder(), {}, { environment: ['production'], dirty: false })).toEqual({});
    await expect(facts(folder(), {}, { environment: 'test', dirty: false })).rejects.toMatchObject({ code: 'SHIP_GIT_MISSING' });
  });
});

describe('allowed_branches', () => {
  it('takes names and patterns', async () => {
    const dir = repository();
    await facts(dir, { allowed_branches: ['main'] });
    run(dir, 'switch', '-c', 'release/2');
    await facts(dir, { allowed_branches: ['main', 'release/*'] });
    const message = 'branch release/2 may not be deployed, only main';
    await expect(facts(dir, { allowed_branches: ['main'] })).rejects.toMatchObject({ code: 'SHIP_GIT_BRANCH', message });
  });

  it('does not believe the name that a pull request gives itself', async () => {
    const dir = repository();
    run(dir, 'checkout', '--detach');
    vi.stubEnv('GITHUB_HEAD_REF', 'main');
    await expect(facts(dir, { allowed_branches: ['main'] })).rejects.toMatchObject({
      message: 'the pull request of branch main may not be deployed, only main',
    });
  });
});
