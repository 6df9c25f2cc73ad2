import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { temporaryFolder } from '@ship/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bootId } from '../src/process-identity.js';
import { FileStore } from '../src/store/file.js';
import { isOwnerDead, thisOwner } from '../src/store/owner.js';

const FIXTURE = join(import.meta.dirname, 'fixtures/contender.mjs');

interface Said {
  readonly pid: number;
  readonly token: number | null;
  readonly code: string | null;
}

function contender(folder: string, mode = 'contend'): { child: ChildProcessWithoutNullStreams; next(): Promise<Said> } {
  const child = spawn(process.execPath, [FIXTURE, folder, mode]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return { child, next: async () => JSON.parse((await lines.next()).value) };
}

async function killed(child: ChildProcessWithoutNullStreams): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

describe('lease of a file store', () => {
  it('given 20 processes and 20 rounds, when all ask at the same moment, then each round has one winner, the others are told who, and tokens only grow', {
    timeout: 120_000,
  }, async () => {
    const folder = temporaryFolder();
    const all = Array.from({ length: 20 }, () => contender(folder));
    const tokens: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const moment = Date.now() + (round === 0 ? 2_000 : 30);
      for (const { child } of all) child.stdin.write(`ask ${moment}\n`);
      const answers = await Promise.all(all.map(({ next }) => next()));
      const won = answers.filter(({ token }) => token !== null);
      expect(won).toHaveLength(1);
      expect(answers.filter(({ code }) => code === 'SHIP_LEASE_HELD')).toHaveLength(19);
      tokens.push(won[0]!.token!);
      all.find(({ child }) => child.pid === won[0]!.pid)!.child.stdin.write('release\n');
      await expect.poll(() => new FileStore(folder).leaseOwner('production'), { interval: 5 }).toBeUndefined();
    }
    expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
    expect(readdirSync(join(folder, 'state/production/lease')).length).toBeLessThanOrEqual(10);
  });

  it('given a holder that was killed, when another asks, then it takes over at once with a higher token', async () => {
    const folder = temporaryFolder();
    const holder = contender(folder, 'hold');
    const { token } = await holder.next();
    const store = new FileStore(folder);
    await expect(store.lease('production', thisOwner('second', 'ship'))).rejects.toMatchObject({
      code: 'SHIP_LEASE_HELD',
      message: expect.stringContaining(`held by ${holder.child.pid}`),
    });
    await killed(holder.child);
    const lease = await store.lease('production', thisOwner('second', 'ship'));
    expect(lease.token).toBeGreaterThan(token!);
    await lease.check();
  });

  it.runIf(existsSync('/proc/self/stat'))(
    'given a holder that was killed and that nobody has collected, when another asks, then it takes over at once',
    async () => {
      const folder = temporaryFolder();
      // The shell becomes a sleep, which never collects the child it has inherited.
      const parent = spawn('sh', ['-c', `"$0" "$1" "$2" hold & exec sleep 60`, process.execPath, FIXTURE, folder]);
      onTestFinished(() => void parent.kill('SIGKILL'));
      await once(parent.stdout, 'data');
      const store = new FileStore(folder);
      const owner = (await store.leaseOwner('production'))!;
      process.kill(owner.pid, 'SIGKILL');
      await expect.poll(() => isOwnerDead(owner)).toBe(true);
      await store.lease('production', thisOwner('second', 'ship'));
    },
  );

  it('given a holder that was stopped, when another asks, then it is still held', async () => {
    const folder = temporaryFolder();
    const holder = contender(folder, 'hold');
    await holder.next();
    holder.child.kill('SIGSTOP');
    await expect(new FileStore(folder).lease('production', thisOwner('second', 'ship'))).rejects.toMatchObject({ code: 'SHIP_LEASE_HELD' });
  });

  it('given a lease that was taken over, when the first holder checks and releases, then it is told, and the second keeps its lease', async () => {
    const folder = temporaryFolder();
    const store = new FileStore(folder);
    const first = await store.lease('production', { ...thisOwner('first', 'ship'), boot_id: 'before the reboot' });
    const second = await store.lease('production', thisOwner('second', 'ship'));
    await expect(first.check()).rejects.toMatchObject({ code: 'SHIP_LEASE_LOST', exitCode: 5 });
    await first.release();
    await second.check();
    expect((await store.leaseOwner('production'))?.run).toBe('second');
  });

  it('given a lease file that is no JSON, when the lease is asked for, then it is refused with the path, and not taken', async () => {
    const folder = temporaryFolder();
    const store = new FileStore(folder);
    await store.lease('production', thisOwner('first', 'ship'));
    writeFileSync(join(folder, 'state/production/lease/1.json'), '{"token":1,"ow');
    await expect(store.lease('production', thisOwner('second', 'ship'))).rejects.toMatchObject({
      code: 'SHIP_STORE_READ_FAILED',
      message: expect.stringContaining('1.json'),
    });
  });
});

describe('isOwnerDead', () => {
  const here = { ...thisOwner('r', 'ship'), host: hostname(), boot_id: bootId() };
  it.each([
    ['this process', here, false],
    ['another process under the same pid', { ...here, process_started: '1' }, true],
    ['a pid that is free', { ...here, pid: 2 ** 22 - 1 }, true],
    ['another boot', { ...here, boot_id: 'another' }, true],
    ['another host, whatever its pid', { ...here, host: 'elsewhere', pid: 2 ** 22 - 1 }, false],
    ['another host and another boot', { ...here, host: 'elsewhere', boot_id: 'another' }, false],
    ['a start that was not known', { ...here, process_started: '' }, false],
  ])('given %s, when it is asked for, then dead is %s', (_, owner, dead) => {
    expect(isOwnerDead(owner)).toBe(dead);
  });
});
