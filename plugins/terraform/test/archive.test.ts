import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '@ship/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createArchive, extractModules, readArchive } from '../src/files/archive.js';

function files(texts: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const manifest = (...modules: [string, string][]) => JSON.stringify({ Modules: modules.map(([Key, Dir]) => ({ Key, Source: 's', Dir })) });
const at = (folder: string) => ({ folder, prefix: '', blocks: {}, unlabelled: {} });
const UNREADABLE = expect.objectContaining({ code: 'SHIP_TERRAFORM_UNREADABLE' });

describe('an archived configuration', () => {
  it('given any files and links, when they are archived and read, then they come back byte for byte', () => {
    const path = fc.stringMatching(/^\/[a-z][a-z0-9 _-]{0,8}\.tf$/);
    const file = fc.record({
      path,
      mode: fc.constantFrom(0o644, 0o755),
      data: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    });
    const link = fc.record({ path, link: fc.string() });
    fc.assert(
      fc.property(fc.array(fc.oneof(file, link)), (entries) => {
        const place = { cwd: '/infra', dataDir: '/nowhere' };
        const read = readArchive(
          createArchive(place, [at('/infra')], { entries, foreign: { '/etc/x': 'hash' }, read: ['/infra/b'] }, { 't.a': { input: 'h' } }),
        );
        expect(read).toMatchObject({
          root: '/infra',
          folders: ['/infra'],
          entries,
          foreign: { '/etc/x': 'hash' },
          planned: { 't.a': { input: 'h' } },
        });
      }),
      { numRuns: 50 },
    );
  });

  it('given modules in the project and one that was downloaded, when it is laid out, then the download is there, and the list of modules leads to it', () => {
    const folder = files({ 'data/modules/far/far.tf': 'far', 'data/modules/far/.git/HEAD': 'h' });
    const dataDir = join(folder, 'data');
    writeFileSync(
      join(dataDir, 'modules/modules.json'),
      manifest(['', '.'], ['net', '../modules/net'], ['far', join(dataDir, 'modules/far')]),
    );
    const archive = readArchive(
      createArchive(
        { cwd: join(folder, 'infra'), dataDir },
        [at(join(folder, 'infra')), at(join(folder, 'modules/net')), at(join(dataDir, 'modules/far'))],
        { entries: [], foreign: {}, read: [] },
        {},
      ),
    );
    expect(archive.folders).toEqual([join(folder, 'infra'), join(folder, 'modules/net')]);
    expect(archive.downloads.map(({ path }) => path)).toEqual(['far/far.tf']);
    const target = join(temporaryFolder(), 'elsewhere');

    extractModules(archive, target);

    const { Modules } = JSON.parse(readFileSync(join(target, 'modules/modules.json'), 'utf8'));
    expect(Modules.at(-1)).toMatchObject({ Key: 'far', Dir: join(target, 'modules/far') });
    expect(readFileSync(join(Modules.at(-1).Dir, 'far.tf'), 'utf8')).toBe('far');
  });

  it('given a download that leads out of its folder, then nothing is laid out there', () => {
    const archive = {
      root: '/',
      folders: [],
      foreign: {},
      read: [],
      entries: [],
      modules: null,
      downloads: [{ path: '../../evil', data: Buffer.from('') }],
    };
    expect(() => extractModules(archive, temporaryFolder())).toThrow(UNREADABLE);
  });

  const header = (text: string, rest = '') => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return gzipSync(Buffer.concat([length, Buffer.from(text + rest)]));
  };

  it.each([
    ['no gzip', Buffer.from('nonsense')],
    ['nothing', gzipSync('')],
    ['another format', header('{"format":1}')],
    ['no JSON', header('nonsense')],
    ['an end that comes too early', header('{"format":2,"entries":[{"path":"/a","size":9}],"downloads":[]}', 'short')],
  ])('given %s, then that is said', (_, bytes) => {
    expect(() => readArchive(bytes)).toThrow(UNREADABLE);
  });
});
