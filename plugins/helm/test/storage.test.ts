import { gzipSync } from 'node:zlib';
import { Cluster } from '@ship/kube';
import { describe, expect, it } from 'vitest';
import { decoded, labelsFor, liveOf, pendingOf, type Revision, revisionsOf, thisMachine } from '../src/release/storage.js';

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

  it('given labels that Helm has handed on, when a revision is read, then no run has made it', async () => {
    const labels = labelsFor({ run: 'r1', place: { name: 'local' } }, [revision(1, 'deployed')]);
    expect(labels).toEqual({ 'ship-run': 'r1', 'ship-revision': '2', 'ship-machine': thisMachine() });
    const line = (number: number) => `s${number}\t${number}\tdeployed\t${Object.values(labels).join('\t')}\tnow\n`;
    const exec = async () => ({ stdout: `${line(3)}${line(2)}s1\t1\tdeployed\t\t\t\tnow\n`, stderr: '', exitCode: 0 }) as never;
    expect(await revisionsOf(new Cluster({ exec }, { context: 'c', namespace: 'n' }), 'web')).toEqual([
      { ...revision(1, 'deployed'), at: 'now' },
      { ...revision(2, 'deployed'), at: 'now', run: 'r1', labelled: 'r1', machine: thisMachine() },
      { ...revision(3, 'deployed'), at: 'now', labelled: 'r1' },
    ]);
  });

  it('given a place that is not this machine, when it makes a revision, then nothing says where', () => {
    expect(labelsFor({ run: 'r1', place: { name: 'host' } }, [])).toEqual({ 'ship-run': 'r1', 'ship-revision': '1' });
  });
});
