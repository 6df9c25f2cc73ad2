import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '@ship/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createArchive, extractArchive, rootFiles } from '../src/archive.js';

const NOTHING = { files: [], exclude: [] };

function tree(files: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const manifest = (...modules: [string, string][]) => JSON.stringify({ Modules: modules.map(([Key, Dir]) => ({ Key, Source: 's', Dir })) });

describe('a packed configuration', () => {
  it('given a root module, one beside it and one that was downloaded, when it is laid out, then all are there, and the list of modules leads to them', () => {
    const folder = tree({
      'infra/main.tf': 'root',
      'infra/files/a.sh': 'a',
      'modules/net/net.tf': 'net',
      'data/modules/far/far.tf': 'far',
    });
    const dataDir = join(folder, 'data');
    writeFileSync(
      join(dataDir, 'modules/modules.json'),
      manifest(['', '.'], ['net', '../modules/net'], ['far', join(dataDir, 'modules/far')]),
    );
    const bytes = createArchive({ cwd: join(folder, 'infra'), dataDir }, NOTHING);
    const target = temporaryFolder();

    const place = extractArchive(bytes, target);

    expect(readFileSync(join(place.cwd, 'main.tf'), 'utf8')).toBe('root');
    expect(readFileSync(join(place.cwd, 'files/a.sh'), 'utf8')).toBe('a');
    expect(readFileSync(join(place.cwd, '../modules/net/net.tf'), 'utf8')).toBe('net');
    const { Modules } = JSON.parse(readFileSync(join(place.dataDir, 'modules/modules.json'), 'utf8'));
    expect(Modules.at(-1)).toMatchObject({ Key: 'far', Dir: join(place.dataDir, 'modules/far') });
    expect(readFileSync(join(Modules.at(-1).Dir, 'far.tf'), 'utf8')).toBe('far');
    expect(statSync(join(place.cwd, 'main.tf')).mode & 0o777).toBe(0o600);
    expect(rootFiles(bytes).get('main.tf')).toBe('root');
  });

  it('given states, caches, values of variables and what is excluded, then they are left out', () => {
    const folder = tree({
      'main.tf': '',
      'terraform.tfstate': 's',
      'terraform.tfstate.backup': 's',
      'errored.tfstate': 's',
      'terraform.tfvars': 'v',
      'x.auto.tfvars.json': 'v',
      'given.tfvars': 'v',
      '.terraform/providers/p': 'p',
      'big/file': 'b',
      '.terraform.lock.hcl': 'l',
    });
    const bytes = createArchive(
      { cwd: folder, dataDir: join(folder, '.terraform') },
      { files: [join(folder, 'given.tfvars')], exclude: ['big'] },
    );
    expect([...rootFiles(bytes).keys()].sort()).toEqual(['.terraform.lock.hcl', 'main.tf']);
  });

  it('given links, then one inside stays one, and of one that leads out the content is kept', () => {
    const folder = tree({ 'infra/main.tf': 'root', 'outside/far.tf': 'far' });
    symlinkSync('main.tf', join(folder, 'infra/same.tf'));
    symlinkSync('../outside/far.tf', join(folder, 'infra/far.tf'));
    const { cwd } = extractArchive(createArchive({ cwd: join(folder, 'infra'), dataDir: join(folder, 'd') }, NOTHING), temporaryFolder());
    expect(readFileSync(join(cwd, 'same.tf'), 'utf8')).toBe('root');
    expect(readFileSync(join(cwd, 'far.tf'), 'utf8')).toBe('far');
  });

  it('given any files, when they are packed and laid out, then they come back byte for byte', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9 _-]{0,8}\.tf$/);
    fc.assert(
      fc.property(fc.dictionary(name, fc.uint8Array({ maxLength: 300 })), (files) => {
        const folder = tree({});
        for (const [path, bytes] of Object.entries(files)) writeFileSync(join(folder, path), bytes);
        const { cwd } = extractArchive(createArchive({ cwd: folder, dataDir: join(folder, '.terraform') }, NOTHING), temporaryFolder());
        for (const [path, bytes] of Object.entries(files)) expect(Buffer.compare(readFileSync(join(cwd, path)), bytes)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['a path that leads out', { path: 'tree/../../evil', mode: 0o600, data: '' }],
    ['an absolute one', { path: '/etc/evil', mode: 0o600, data: '' }],
    ['another place', { path: 'elsewhere/evil', mode: 0o600, data: '' }],
    ['a link that leads out', { path: 'tree/link', mode: 0o777, link: '../../../etc' }],
  ])('given %s in it, then nothing is laid out there', (_, file) => {
    const bytes = gzipSync(JSON.stringify({ format: 1, root: '', files: [file] }));
    expect(() => extractArchive(bytes, temporaryFolder())).toThrow(expect.objectContaining({ code: 'SHIP_TERRAFORM_UNREADABLE' }));
  });

  it.each([
    ['no gzip', Buffer.from('nonsense')],
    ['another format', gzipSync('{"format":2}')],
  ])('given %s, then that is said', (_, bytes) => {
    expect(() => extractArchive(bytes, temporaryFolder())).toThrow(expect.objectContaining({ code: 'SHIP_TERRAFORM_UNREADABLE' }));
  });

  it('given more than can be kept, then the largest file is named before anything is done', () => {
    const folder = tree({ 'main.tf': '' });
    writeFileSync(join(folder, 'huge.bin'), Buffer.alloc(65 * 1024 ** 2));
    expect(() => createArchive({ cwd: folder, dataDir: join(folder, 'd') }, NOTHING)).toThrow(
      expect.objectContaining({ code: 'SHIP_TERRAFORM_TOO_BIG', message: expect.stringContaining('huge.bin') }),
    );
  });
});
