import { type HarnessOptions, harness } from '@ship/testing';
import { describe, expect, it, vi } from 'vitest';
import { MemoryStore, ShipError } from '../src/index.js';
import { recover, resume, rollbackLast } from '../src/kernel-api.js';
import { keepAlive } from '../src/run/lease.js';
import { thisOwner } from '../src/store/liveness.js';
import type { Lease } from '../src/types/index.js';
import { actions, fail, journalOf, ofType, plugin, steps } from './help.js';

const owner = (run: string) => thisOwner(run, 'ship');

/** Somebody frees the lease of the run, as `ship lock release` does. */
async function freed(store: MemoryStore): Promise<void> {
  const { token } = (await store.leaseOwner('default'))!;
  await store.freeLease('default', token);
}

/** A run that loses its lease in the step `lose`. */
async function losing(lines: string[], options: Partial<HarnessOptions> = {}) {
  const store = new MemoryStore();
  const undone: string[] = [];
  const undoable = {
    run: () => null,
    restore: (ctx: { step: { id: string } }) => void undone.push(ctx.step.id),
  };
  const t = actions({
    ok: undoable,
    fail,
    lose: { ...undoable, run: () => freed(store) },
    'lose-and-fail': () => freed(store).then(fail),
  });
  const opened = await harness({
    config: steps(...lines),
    plugins: [t, ...(options.plugins ?? [])],
    store,
    flags: { auto_rollback: true },
    ...without(options),
  });
  return { ...opened, report: await opened.run(), undone };
}

const without = ({ plugins: _, ...options }: Partial<HarnessOptions>) => options;

describe('a run that loses its lease', () => {
  it.each([
    ['before a step', ['id: a, uses: t/lose', 'id: b, uses: t/ok']],
    ['in its last step', ['id: a, uses: t/ok', 'id: b, uses: t/lose']],
    ['in a step that fails', ['id: a, uses: t/ok', 'id: b, uses: t/lose-and-fail']],
  ])(
    'given one that loses it %s, when it goes on, then SHIP_LEASE_LOST and 5; it undoes nothing and writes nothing any more',
    async (_, lines) => {
      const { store, report, undone } = await losing(lines);
      expect(report).toMatchObject({ exit_code: 5, status: 'interrupted', rollback: null, errors: [{ code: 'SHIP_LEASE_LOST' }] });
      expect(undone).toEqual([]);
      expect(await store.list('state/default/')).toEqual([]);
      expect(await store.list(`runs/default/${report.run}/`)).toEqual([`runs/default/${report.run}/journal.jsonl`]);
    },
  );

  it('given one that loses it after its verification, when plugins and the kernel write what is deployed, then none of it is written, and it has not succeeded', async () => {
    const store = new MemoryStore();
    const keeper = plugin('keeper', (ship) => {
      ship.hooks.afterRun.tapPromise('keep', async (outcome, run) => {
        if (outcome.status === 'succeeded') await freed(store);
        await run.store.put('snapshots/default/latest.json', '{}').catch((error) => run.log.warn(error.code));
        await ship.store.remove('kept');
      });
    });
    await store.put('kept', '1');
    const { kernel, run, events } = await harness({
      config: steps('id: a, uses: t/ok'),
      plugins: [actions({ ok: () => null }), keeper],
      store,
    });
    const report = await run();
    expect(report).toMatchObject({ exit_code: 5, status: 'interrupted' });
    expect(report.errors.map(({ code }) => code)).toContain('SHIP_LEASE_LOST');
    expect(ofType(events, 'log')).toContainEqual(expect.objectContaining({ message: 'SHIP_LEASE_LOST' }));
    expect(await store.list('')).toEqual(['kept', 'runs']);
    expect((await journalOf({ store } as never, report)).map(({ type }) => type)).not.toContain('run-finished');
    await kernel.store.put('afterwards', '1');
  });

  it('given a lease that was freed under a run, when the next run begins, then it is told of the one that was not ended', async () => {
    const { kernel, store, report } = await losing(['id: a, uses: t/lose']);
    const lease = await kernel.store.lease('default', owner('next'));
    expect(lease.previous?.run).toBe(report.run);
    await lease.release();
    expect(await store.leaseOwner('default')).toBeUndefined();
  });

  it('given a run that cannot be opened, when it gives the lease back, then the next one is told of the run before it', async () => {
    const store = new MemoryStore();
    const first = await store.lease('default', owner('killed'));
    await store.freeLease('default', first.token);
    const { run } = await harness({ config: steps('id: a, uses: t/ok'), plugins: [actions({ ok: () => null })], store });
    const appender = vi.spyOn(store, 'appender').mockRejectedValueOnce(new Error('full'));
    await expect(run()).rejects.toThrow('full');
    appender.mockRestore();
    expect((await store.lease('default', owner('next'))).previous?.run).toBe('killed');
  });
});

describe('keepAlive', () => {
  it('given a lease, when time passes, then it is renewed three times a ttl, whatever fails, until it is stopped', async () => {
    vi.useFakeTimers();
    const renew = vi.fn(async () => {
      throw new Error('no disk');
    });
    const stop = keepAlive({ ttl_ms: 300, renew } as unknown as Lease);
    await vi.advanceTimersByTimeAsync(950);
    expect(renew).toHaveBeenCalledTimes(9);
    stop();
    await vi.advanceTimersByTimeAsync(950);
    expect(renew).toHaveBeenCalledTimes(9);
    vi.useRealTimers();
  });
});

describe('--lock-wait', () => {
  const waiting = async (lockWaitMs: number) => {
    const store = new MemoryStore();
    const held = await store.lease('default', owner('first'));
    const opened = await harness({ config: steps('id: a, uses: t/ok'), plugins: [actions({ ok: () => null })], store, lockWaitMs });
    const told = () => ofType(opened.events, 'log').filter(({ message }) => message.startsWith('waiting for default'));
    return { ...opened, held, told };
  };

  it('given a lease that is held, when a run may not wait, then SHIP_LEASE_HELD at once, and nothing is told before', async () => {
    const { run, told } = await waiting(0);
    await expect(run()).rejects.toMatchObject({ code: 'SHIP_LEASE_HELD', exitCode: 5 });
    expect(told()).toEqual([]);
  });

  it('given a lease that is held, when it is given back meanwhile, then the run deploys, has told once for whom it waits, and began when it got the lease', async () => {
    const { run, held, told, store } = await waiting(60_000);
    const running = run();
    await expect.poll(told).toHaveLength(1);
    expect(told()[0]!.message).toContain('(run first)');
    await new Promise((yes) => setTimeout(yes, 400));
    const released = new Date().toISOString();
    await held.release();
    const report = await running;
    expect(report).toMatchObject({ exit_code: 0, status: 'succeeded' });
    expect(told()).toHaveLength(1);
    expect(report.run!.slice(0, 19) >= released.replaceAll(':', '-').slice(0, 19)).toBe(true);
    expect(await store.leaseOwner('default')).toBeUndefined();
  });

  it('given a lease that stays held, when the time is over, then SHIP_LEASE_HELD says who and for how long', async () => {
    const { run } = await waiting(300);
    const asked = performance.now();
    await expect(run()).rejects.toMatchObject({
      code: 'SHIP_LEASE_HELD',
      message: expect.stringMatching(/\(run first\); waited 0\.3 s for it$/),
    });
    expect(performance.now() - asked).toBeGreaterThanOrEqual(299);
  });

  it('given a run that waits, when it is interrupted, then it ends with the reason, and holds nothing', async () => {
    const { run, told, store } = await waiting(60_000);
    const controller = new AbortController();
    const running = run(controller.signal);
    await expect.poll(told).toHaveLength(1);
    controller.abort(new ShipError({ code: 'SHIP_INTERRUPTED', message: 'interrupted', exitCode: 130 }));
    await expect(running).rejects.toMatchObject({ exitCode: 130 });
    expect((await store.leaseOwner('default'))?.run).toBe('first');
  });
});

describe('a run that is waited for', () => {
  /** A run that is under way until `end` is called, and another kernel over the same store, which may wait. */
  const underWay = async (lockWaitMs: number, more: { fails?: boolean } = {}) => {
    const store = new MemoryStore();
    let end = () => {};
    const ended = new Promise<void>((yes) => {
      end = yes;
    });
    let runs = 0;
    const wait = async () => {
      runs += 1;
      if (runs === 1) await ended;
      if (more.fails) fail();
      return null;
    };
    const config = { config: steps('id: a, uses: t/wait'), plugins: [actions({ wait })], store };
    const first = (await harness(config)).run();
    await expect.poll(() => runs).toBe(1);
    const other = await harness({ ...config, lockWaitMs });
    return { ...other, first, end, acted: () => runs };
  };
  const options = { command: 'ship recover' };

  it('given a run that is under way, when it is recovered, resumed or taken back, then SHIP_LEASE_HELD, and it goes on', async () => {
    const { kernel, first, end } = await underWay(0);
    for (const work of [recover, resume, rollbackLast])
      await expect(work(kernel, options)).rejects.toMatchObject({ code: 'SHIP_LEASE_HELD' });
    end();
    expect(await first).toMatchObject({ status: 'succeeded', errors: [] });
  });

  it.each([
    ['recovered', recover],
    ['resumed', resume],
  ])('given a run that is under way, when it may be waited for, is %s and ends well, then nothing is left to do', async (_, work) => {
    const { kernel, first, end, acted } = await underWay(60_000);
    const waiting = work(kernel, options);
    setTimeout(end, 300);
    expect(await waiting).toMatchObject({ run: null, exit_code: 0, result: expect.stringContaining('succeeded') });
    expect(await first).toMatchObject({ status: 'succeeded', errors: [] });
    expect(acted()).toBe(1);
  });

  it('given a run that is under way, when another run waits for it, then both succeed, and nothing is recovered', async () => {
    const { run, first, end, acted } = await underWay(60_000);
    const second = run();
    setTimeout(end, 300);
    expect(await second).toMatchObject({ status: 'succeeded', warnings: [] });
    expect(await first).toMatchObject({ status: 'succeeded', errors: [] });
    expect(acted()).toBe(2);
  });

  it('given a run that ends between the decision to recover it and the lease, when the lease is taken, then SHIP_STORE_CONFLICT, and it stays as it is', async () => {
    const { kernel, store, first, end } = await underWay(0);
    const lease = store.lease.bind(store);
    vi.spyOn(store, 'lease').mockImplementationOnce(async (...given) => {
      end();
      await first;
      return lease(...given);
    });
    await expect(recover(kernel, { ...options, direction: 'back' })).rejects.toMatchObject({ code: 'SHIP_STORE_CONFLICT' });
    expect((await first).status).toBe('succeeded');
    expect(await store.leaseOwner('default')).toBeUndefined();
  });

  it('given a run that failed, when it is resumed, then its old report is gone before a step acts, so that a crash is not hidden by it', async () => {
    const store = new MemoryStore();
    const reports: boolean[] = [];
    const look = async (ctx: { run: string }) => {
      reports.push((await store.get(`runs/default/${ctx.run}/report.json`)) !== undefined);
      if (reports.length === 1) fail();
      return null;
    };
    const { kernel, run } = await harness({ config: steps('id: a, uses: t/look'), plugins: [actions({ look })], store });
    const { run: id } = await run();
    expect(await store.get(`runs/default/${id}/report.json`)).toBeDefined();
    expect(await resume(kernel, { command: 'ship resume' })).toMatchObject({ run: id, status: 'succeeded' });
    expect(reports).toEqual([false, false]);
  });
});
