import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ownerOf } from '../src/driver/pending.js';
import { decoded, liveOf, pendingOf, type Revision } from '../src/release/storage.js';

const twice = (bytes: Buffer) => Buffer.from(bytes.toString('base64')).toString('base64');
const revision = (number: number, status: Revision['status']): Revision => ({ revision: number, status, secret: `s${number}`, at: '' });

describe('what Helm keeps of a revision', () => {
  it.each([
    ['compressed', gzipSync('{"name":"web"}')],
    ['not compressed', Buffer.from('{"name":"web"}')],
  ])('given it %s, when it is read, then it is the release', (_, bytes) => {
    expect(decoded('s', twice(bytes))).toEqual({ name: 'web' });
  });

  it('given something else, when it is read, then the Secret is named', () => {
    expect(() => decoded('sh.helm.release.v1.web.v1', 'nonsense')).toThrow(/sh\.helm\.release\.v1\.web\.v1/);
  });

  it('given revisions, when one is live, then it is the newest that was deployed, whatever has failed after it', () => {
    const all = [revision(1, 'superseded'), revision(2, 'deployed'), revision(3, 'failed')];
    expect(liveOf(all)?.revision).toBe(2);
    expect(pendingOf(all)).toBeUndefined();
    expect(pendingOf([...all, revision(4, 'pending-upgrade')])?.revision).toBe(4);
  });

  it.each<[string, Revision[], string | undefined]>([
    ['a first one of a run', [{ ...revision(1, 'pending-install'), run: 'a' }], 'a'],
    ['a first one of somebody else', [revision(1, 'pending-install')], undefined],
    [
      'an upgrade of a run',
      [
        { ...revision(1, 'deployed'), run: 'a', next: 'b' },
        { ...revision(2, 'pending-upgrade'), run: 'b' },
      ],
      'b',
    ],
    [
      'one of somebody else, to which labels were handed on',
      [
        { ...revision(1, 'deployed'), run: 'a' },
        { ...revision(2, 'pending-upgrade'), run: 'a' },
      ],
      undefined,
    ],
    [
      'a rollback of a run',
      [
        { ...revision(2, 'failed'), run: 'b', next: 'c' },
        { ...revision(3, 'pending-rollback'), run: 'a' },
      ],
      'c',
    ],
    ['one that is uninstalled', [{ ...revision(1, 'uninstalling'), run: 'a' }], undefined],
  ])('given %s that is pending, then it is known whose it is', (_, revisions, owner) => {
    expect(ownerOf(revisions)).toBe(owner);
  });
});
