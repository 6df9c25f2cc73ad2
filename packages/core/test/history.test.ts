import { harness } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import { MemoryStore, orderedId, type Report } from '../src/index.js';
import { type Kernel, recover } from '../src/kernel-api.js';
import { environmentStatus, listRuns } from '../src/run/read/history.js';
import { thisOwner } from '../src/store/liveness.js';
import { actions, fail, steps } from './help.js';

/** A kernel whose step `a` fails as long as `broken` says so, and makes a file. */
async function world(more: Parameters<typeof harness>[0] | object = {}) {
  const state = { broken: false };
  const t = actions({
    made: {
      run: async (ctx) => {
        await ctx.created({ type: 'file', id: '/tmp/made', provenance: 'created' });
        if (state.broken) fail();
        return null;
      },
      restore: () => ({ changed: true }),
    },
  });
  const opened = await harness({ config: steps('id: a, uses: t/made'), plugins: [t], ...more });
  const journal = (run: string) => `runs/default/${run}/journal.jsonl`;
  const report = (run: string) => `runs/default/${run}/report.json`;
  /** As a SIGKILL leaves it: no report, and no end in the journal. */
  const kill = async ({ run }: Report) => {
    const text = (await opened.store.get(journal(run!)))!.value.toString();
    await opened.store.put(journal(run!), text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1));
    await opened.store.remove(report(run!));
  };
  return { ...opened, state, journal, report, kill };
}

const statusOf = async (kernel: Kernel) => (await environmentStatus(kernel)).last_run?.status;

describe('listRuns', () => {
  it('given no run, when runs are listed, then there are none', async () => {
    const { kernel } = await world();
    expect(await listRuns(kernel, { limit: 20 })).toEqual([]);
    expect(await environmentStatus(kernel)).toEqual({ holder: null, deployed: null, last_run: null, recover: null, problems: [] });
  });

  it('given runs that succeeded, failed and were taken back, when they are listed, then newest first, as many as asked for, with why', async () => {
    const { kernel, run, state } = await world();
    const first = await run();
    state.broken = true;
    const second = await run();
    const third = await run();
    const listed = await listRuns(kernel, { limit: 20 });
    expect(listed.map((each) => each.run)).toEqual([third.run, second.run, first.run]);
    expect(listed[2]).toEqual({
      run: first.run,
      command: 'deploy',
      status: 'succeeded',
      started_at: new Date(first.run!.slice(0, 24).replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:')).toISOString(),
      duration_ms: first.duration_ms,
      versions: {},
      back: {},
      without: [],
      reason: null,
    });
    expect(listed[0]).toMatchObject({ status: 'failed', reason: 'fails on purpose' });
    expect(await listRuns(kernel, { limit: 2 })).toEqual(listed.slice(0, 2));
  });

  it('given runs without a report, when they are listed, then their journal tells the same', async () => {
    const { kernel, run, state, store, report } = await world();
    const began = performance.now();
    const ended = [await run()];
    state.broken = true;
    ended.push(await run());
    const took = performance.now() - began;
    const reported = await listRuns(kernel, { limit: 20 });
    for (const each of ended) await store.remove(report(each.run!));
    for (const [index, each] of (await listRuns(kernel, { limit: 20 })).entries()) {
      const { run, command, status, reason } = reported[index]!;
      expect(each).toMatchObject({ run, command, status, reason });
      // Each is counted from a moment of its own, and in whole milliseconds.
      for (const { duration_ms } of [each, reported[index]!]) expect(duration_ms).toBeLessThanOrEqual(took + 1);
    }
  });

  it('given reports and journals that are damaged, empty or missing, and things that are no run, when runs are listed, then each has its problem and hides no other', async () => {
    const { kernel, run, store, journal, report } = await world();
    const [damaged, empty, whole] = [await run(), await run(), await run()];
    await store.remove(report(damaged.run!));
    await store.put(journal(damaged.run!), (await store.get(journal(damaged.run!)))!.value.toString().replace('default', 'defaulT'));
    await store.put(report(empty.run!), '');
    await store.put(journal(empty.run!), '');
    await store.put(report(whole.run!), '{"format":1,"run":"another"}');
    const nothing = orderedId(1_000);
    await store.put(`runs/default/${nothing}/logs/a.log`, '');
    await store.put('runs/default/notes/x', '');
    expect(await listRuns(kernel, { limit: 20 })).toMatchObject([
      { run: nothing, status: 'unknown', problem: expect.stringContaining('there is no run') },
      { run: whole.run, status: 'succeeded' },
      { run: empty.run, status: 'interrupted', command: null },
      { run: damaged.run, status: 'unknown', problem: expect.stringContaining('damaged at line 1'), duration_ms: null },
    ]);
  });
});

describe('environmentStatus', () => {
  it('given a run that succeeded, when it is asked for, then it says who ran what, and nothing waits', async () => {
    const { kernel, run } = await world();
    const { run: id } = await run();
    const { user, host, pid } = thisOwner('', '');
    expect(await environmentStatus(kernel)).toMatchObject({
      holder: null,
      deployed: { version: 'unversioned', run: id },
      last_run: {
        run: id,
        status: 'succeeded',
        reason: null,
        command_line: 'ship',
        by: { user, host, pid },
        kept: [{ id: '/tmp/made' }],
        orphans: [],
      },
      recover: null,
      problems: [],
    });
  });

  it('given a run that failed, when it is asked for, then it stays failed with its reason, what is deployed is that of the run before, and nothing waits', async () => {
    const { kernel, run, state } = await world();
    const good = await run();
    state.broken = true;
    const bad = await run();
    expect(await environmentStatus(kernel)).toMatchObject({
      deployed: { run: good.run },
      last_run: { run: bad.run, status: 'failed', reason: 'fails on purpose', kept: [{ id: '/tmp/made' }] },
      recover: null,
    });
  });

  it('given a run that was killed, when its lease is held, dead or freed, then it runs only where its holder may be alive; else it was interrupted, and waits', async () => {
    const store = new MemoryStore();
    const { kernel, run, kill } = await world({ store });
    const killed = await run();
    await kill(killed);
    const lease = await store.lease('default', thisOwner(killed.run!, 'ship'));
    expect(await environmentStatus(kernel)).toMatchObject({
      holder: { liveness: 'alive' },
      last_run: { status: 'running', reason: null },
      recover: null,
    });
    await lease.release();
    const dead = await store.lease('default', { ...thisOwner(killed.run!, 'ship'), pid: 2 ** 22 - 1 });
    expect(await statusOf(kernel)).toBe('interrupted');
    await dead.release();
    expect(await environmentStatus(kernel)).toMatchObject({
      last_run: { status: 'interrupted', reason: 'its process ended before it did', kept: [{ id: '/tmp/made' }] },
      recover: { run: killed.run },
    });
    expect((await listRuns(kernel, { limit: 1 }))[0]).toMatchObject({ status: 'interrupted', duration_ms: null });
    await expect(run()).rejects.toMatchObject({ code: 'SHIP_RECOVER_FIRST' });
    expect((await recover(kernel, { command: 'ship recover' })).run).toBe(killed.run);
    expect(await environmentStatus(kernel)).toMatchObject({
      last_run: { run: killed.run, command: 'recover', status: 'succeeded' },
      recover: null,
    });
  });

  it('given a run whose rollback is incomplete, when it is asked for, then it waits', async () => {
    const t = actions({ stuck: { run: fail, restore: fail } });
    const { kernel, run } = await world({ config: steps('id: a, uses: t/stuck'), plugins: [t], flags: { auto_rollback: true } });
    const report = await run();
    expect(await environmentStatus(kernel)).toMatchObject({
      last_run: { status: 'rollback_incomplete' },
      recover: { run: report.run, reason: 'its rollback is incomplete' },
    });
  });

  it('given a run that was interrupted, when it is asked for, then it waits, and says by what', async () => {
    const controller = new AbortController();
    const t = actions({ last: () => controller.abort(new Error('interrupted by SIGINT')) });
    const { kernel, run } = await world({ config: steps('id: a, uses: t/last'), plugins: [t] });
    const report = await run(controller.signal);
    expect(await environmentStatus(kernel)).toMatchObject({
      last_run: { status: 'interrupted', reason: 'interrupted by SIGINT' },
      recover: { run: report.run },
    });
  });

  it('given state that cannot be read, when it is asked for, then each problem is told beside the rest', async () => {
    const { kernel, run, store, journal } = await world();
    const { run: id } = await run();
    await store.put('state/default/deployed-version.json', '{');
    await store.put(journal(id!), `x${(await store.get(journal(id!)))!.value}`);
    const found = await environmentStatus(kernel);
    expect(found).toMatchObject({ deployed: null, last_run: { run: id, status: 'succeeded', command_line: null, by: null } });
    expect(found.problems).toEqual([
      expect.stringContaining('deployed-version.json cannot be read'),
      expect.stringContaining('damaged at line 1'),
    ]);
  });
});
