import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { temporaryFolder } from '@ship/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FileStore } from '../src/store/file.js';
import { proofOf, thisOwner } from '../src/store/liveness.js';
import type { LeaseOwner } from '../src/types/index.js';

/** Beyond what Linux gives. */
const FREE_PID = 2 ** 22 - 1;

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

// Many contenders, and holders that are stopped and killed, are in test/crash/leases.test.ts.
describe('lease of a file store', () => {
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
      await expect.poll(() => proofOf(owner).liveness).toBe('dead');
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
    const first = await store.lease('production', { ...thisOwner('first', 'ship'), pid: FREE_PID });
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
      code: 'SHIP_LEASE_DAMAGED',
      message: expect.stringContaining('1.json'),
    });
  });
});

describe('heartbeat of a file store', () => {
  const elsewhere = (run: string): LeaseOwner => ({ ...thisOwner(run, 'ship'), host: 'elsewhere' });
  const age = (path: string, seconds: number) => utimesSync(path, Date.now() / 1000 - seconds, Date.now() / 1000 - seconds);

  it('given a holder elsewhere, when its last heartbeat is older than its ttl by the times of the files, then it is dead; a younger one counts, whatever it was made', async () => {
    const folder = temporaryFolder();
    const files = join(folder, 'state/production/lease');
    const store = new FileStore(folder);
    const lease = await store.lease('production', elsewhere('first'));
    age(join(files, '1.json'), 3600);
    await lease.renew();
    expect(await store.leaseOwner('production')).toMatchObject({ liveness: 'unproven', evidence: 'it runs on elsewhere' });
    age(join(files, '1.writes/heartbeat'), 59);
    await expect(store.lease('production', elsewhere('second'))).rejects.toMatchObject({ code: 'SHIP_LEASE_HELD' });
    age(join(files, '1.writes/heartbeat'), 61);
    expect(await store.leaseOwner('production')).toMatchObject({ liveness: 'dead', evidence: expect.stringContaining('heartbeat') });
    expect((await store.lease('production', elsewhere('second'))).previous?.run).toBe('first');
    expect(readdirSync(files).sort()).toEqual(['1.json', '2.json', '2.writes']);
  });

  it('given a holder with a longer ttl than who asks, when its heartbeat is older than that of who asks, then its own counts', async () => {
    const folder = temporaryFolder();
    await new FileStore(folder).lease('production', elsewhere('first'));
    age(join(folder, 'state/production/lease/1.json'), 30);
    const impatient = new FileStore(folder, { leaseTtlMs: 1_000 });
    await expect(impatient.lease('production', elsewhere('second'))).rejects.toMatchObject({ code: 'SHIP_LEASE_HELD' });
  });

  it('given a holder that is alive here, when its heartbeat is old, then it is alive all the same', async () => {
    const folder = temporaryFolder();
    const store = new FileStore(folder);
    await store.lease('production', thisOwner('first', 'ship'));
    age(join(folder, 'state/production/lease/1.json'), 3600);
    await expect(store.lease('production', thisOwner('second', 'ship'))).rejects.toMatchObject({ code: 'SHIP_LEASE_HELD' });
    expect(await store.leaseOwner('production')).toMatchObject({ liveness: 'alive', heartbeat_age_ms: null });
  });

  it('given a heartbeat, when the lease is given back, then its file is gone, and no other is left', async () => {
    const folder = temporaryFolder();
    const store = new FileStore(folder);
    const lease = await store.lease('production', elsewhere('first'));
    await lease.renew();
    await store.leaseOwner('production');
    await lease.release();
    expect(readdirSync(join(folder, 'state/production/lease')).sort()).toEqual(['1.json', '2.json']);
  });
});

describe('proof of life', () => {
  const mine = thisOwner('r', 'ship');
  const machine = { host: mine.host, boot_id: mine.boot_id, pid_namespace: 'pid:[4026531836]' };
  const container = { ...machine, pid_namespace: 'pid:[4026532179]' };
  const other = { ...machine, pid_namespace: 'pid:[4026532999]' };
  const rebooted = (place: typeof machine) => ({ ...place, boot_id: 'another' });

  it.each([
    ['this process', mine, {}, 'alive'],
    ['another process under the same pid', { ...mine, process_started: '1' }, {}, 'dead'],
    ['a pid that is free', { ...mine, pid: FREE_PID }, {}, 'dead'],
    ['a start that was not known, of a pid that is taken', { ...mine, process_started: '' }, {}, 'unproven'],
    ['a start that was not known, of a pid that is free', { ...mine, process_started: '', pid: FREE_PID }, {}, 'dead'],
    ['another boot of this machine', { ...mine, ...rebooted(machine) }, machine, 'dead'],
    ['another boot, of a container that has this name', { ...mine, ...rebooted(container) }, machine, 'unproven'],
    ['another boot, seen from a container', { ...mine, ...rebooted(machine) }, container, 'unproven'],
    [
      'another boot, and a system without namespaces',
      { ...mine, ...rebooted(machine), pid_namespace: '' },
      { ...machine, pid_namespace: '' },
      'dead',
    ],
    ['a free pid of another container with this name', { ...mine, ...container, pid: FREE_PID }, other, 'unproven'],
    ['a free pid of this container', { ...mine, ...container, pid: FREE_PID }, container, 'dead'],
    ['another host, whatever its pid', { ...mine, host: 'elsewhere', pid: FREE_PID }, {}, 'unproven'],
    ['another host and another boot', { ...mine, host: 'elsewhere', boot_id: 'another' }, {}, 'unproven'],
  ] as const)('given %s, when it is asked for, then it is %4$s', (_, owner, here, liveness) => {
    expect(proofOf(owner, { ...placeOf(mine), ...here }).liveness).toBe(liveness);
  });
});

const placeOf = ({ host, boot_id, pid_namespace }: LeaseOwner) => ({
  host,
  boot_id,
  ...(pid_namespace === undefined ? {} : { pid_namespace }),
});
