import { harness } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import { actions, recording, rollingBack, steps } from './help.js';

describe('schedule', () => {
  it('given any graph of steps, when it runs, then each begins after what it needs, at most max_parallel at once, and each once', async () => {
    const fc = await import('fast-check');
    const graph = fc
      .integer({ min: 1, max: 12 })
      .chain((count) =>
        fc.tuple(...Array.from({ length: count }, (_, index) => fc.subarray(Array.from({ length: index }, (_, need) => need)))),
      );
    await fc.assert(
      fc.asyncProperty(graph, fc.integer({ min: 1, max: 4 }), async (needs, max) => {
        const done: string[] = [];
        let running = 0;
        let most = 0;
        const wait = async (ctx: { step: { id: string } }) => {
          running += 1;
          most = Math.max(most, running);
          const missing = needs[Number(ctx.step.id.slice(1))]!.filter((need) => !done.includes(`s${need}`));
          expect(missing).toEqual([]);
          await new Promise((yes) => setTimeout(yes, (needs.length * 7) % 3));
          running -= 1;
          done.push(ctx.step.id);
          return null;
        };
        const lines = needs.map((each, index) => `id: s${index}, uses: t/wait, needs: [${each.map((need) => `s${need}`).join(', ')}]`);
        const { run } = await harness({ plugins: [actions({ wait })], config: `max_parallel: ${max}\n${steps(...lines)}` });
        const report = await run();
        expect(report.status).toBe('succeeded');
        expect([...done].sort()).toEqual(needs.map((_, index) => `s${index}`).sort());
        expect(most).toBeLessThanOrEqual(max);
      }),
      { numRuns: 40 },
    );
  });

  it('given two steps that wait for each other to begin, when they are independent, then they run side by side', async () => {
    let begun = 0;
    const meet = async () => {
      begun += 1;
      await expect.poll(() => begun, { interval: 2, timeout: 2_000 }).toBe(2);
      return null;
    };
    const { run } = await harness({
      plugins: [actions({ meet })],
      config: `max_parallel: 2\n${steps('id: a, uses: t/meet', 'id: b, uses: t/meet, needs: []')}`,
    });
    expect((await run()).status).toBe('succeeded');
  });

  it('given a failure, when others run, then they may finish, and nothing new starts', async () => {
    const log: string[] = [];
    let failed!: () => void;
    const failure = new Promise<void>((yes) => {
      failed = yes;
    });
    const slow = async () => {
      await failure;
      await new Promise((yes) => setTimeout(yes, 20));
      log.push('slow finished');
      return null;
    };
    const fail = () => {
      failed();
      throw new Error('no');
    };
    const { run } = await harness({
      plugins: [actions({ slow, fail, ok: recording(log).ok! })],
      config: `max_parallel: 2\n${steps('id: slow, uses: t/slow', 'id: bad, uses: t/fail, needs: []', 'id: after, uses: t/ok, needs: [slow]', 'id: free, uses: t/ok, needs: []')}`,
    });
    const report = await run();
    expect(log).toEqual(['slow finished']);
    expect(report.steps.map(({ id, status }) => `${id} ${status}`)).toEqual(['slow done', 'bad failed', 'after not_run', 'free not_run']);
    expect(report.exit_code).toBe(3);
  });

  it('given a failed step with continue_on_error, when what needs it comes, then it runs, and the run succeeds with a warning', async () => {
    const log: string[] = [];
    const { run } = await rollingBack({
      plugins: [actions(recording(log))],
      config: steps('id: bad, uses: t/fail, continue_on_error: true', 'id: next, uses: t/ok'),
    });
    expect(await run()).toMatchObject({
      status: 'succeeded',
      exit_code: 0,
      warnings: ['fails on purpose'],
      failure: { severity: 'MEDIUM' },
    });
    expect(log).toEqual(['run bad', 'run next']);
  });
});
