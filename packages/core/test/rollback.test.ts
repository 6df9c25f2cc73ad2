import { harness } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import { actions, fail, recording, rollingBack, steps } from './help.js';

describe('rollback of a run', () => {
  it('given three steps and a failure, when it is taken back, then the undos run newest first, the failed step too', async () => {
    const log: string[] = [];
    const { run } = await rollingBack({
      plugins: [actions(recording(log))],
      config: steps('id: a, uses: t/ok', 'id: b, uses: t/ok', 'id: c, uses: t/fail', 'id: d, uses: t/ok'),
    });
    const report = await run();
    expect(log).toEqual(['run a', 'run b', 'run c', 'undo c', 'undo b', 'undo a']);
    expect(report).toMatchObject({ status: 'rolled_back', exit_code: 1 });
    expect(report.steps.map(({ status }) => status)).toEqual(['undone', 'undone', 'undone', 'not_run']);
  });

  it('given an undo that fails, when the run is taken back, then the others still run, the exit status is 4, and its remedy is named', async () => {
    const log: string[] = [];
    const stubborn = {
      run: () => null,
      restore: () => {
        throw new Error('the disk is gone');
      },
      remedy: () => 'mend --it',
    };
    const { run } = await rollingBack({
      plugins: [actions({ ...recording(log), stubborn })],
      config: steps('id: a, uses: t/ok', 'id: b, uses: t/stubborn', 'id: c, uses: t/fail'),
    });
    const report = await run();
    expect(log).toEqual(['run a', 'run c', 'undo c', 'undo a']);
    expect(report).toMatchObject({ status: 'rollback_incomplete', exit_code: 4, failure: { step: 'c', message: 'fails on purpose' } });
    expect(report.rollback!.remaining).toMatchObject([{ what: 'b', command: 'mend --it', error: { message: 'the disk is gone' } }]);
    expect(report.steps.map(({ status }) => status)).toEqual(['undone', 'undo_failed', 'undone']);
  });

  it('given an undo and its remedy that both throw, when the run is taken back, then the others still run', async () => {
    const log: string[] = [];
    const { run } = await rollingBack({
      plugins: [actions({ ...recording(log), bad: { run: () => null, restore: fail, remedy: fail } })],
      config: steps('id: a, uses: t/ok', 'id: b, uses: t/bad', 'id: c, uses: t/fail'),
    });
    expect(await run()).toMatchObject({ exit_code: 4, rollback: { remaining: [{ what: 'b' }] } });
    expect(log.at(-1)).toBe('undo a');
  });

  it('given a probe that says untouched, when the step is undone, then restore is not called', async () => {
    const log: string[] = [];
    const { run } = await rollingBack({
      plugins: [actions({ probed: { run: fail, probe: () => 'untouched', restore: () => void log.push('restored') } })],
      config: steps('id: a, uses: t/probed'),
    });
    expect(await run()).toMatchObject({ status: 'rolled_back', steps: [{ status: 'undone' }] });
    expect(log).toEqual([]);
  });

  it('given a probe that says done after the restore, when the step is undone, then SHIP_UNDO_UNPROVEN and exit 4', async () => {
    const { run } = await rollingBack({
      plugins: [actions({ liar: { run: fail, probe: () => 'done', restore: () => ({ changed: true }) } })],
      config: steps('id: a, uses: t/liar'),
    });
    expect(await run()).toMatchObject({ exit_code: 4, rollback: { remaining: [{ what: 'a', error: { code: 'SHIP_UNDO_UNPROVEN' } }] } });
  });

  it.each<[string, () => never]>([
    [
      'throws a text',
      () => {
        throw 'just text';
      },
    ],
    [
      'throws nothing at all',
      () => {
        throw undefined;
      },
    ],
  ])(
    'given a step whose run, probe, restore and remedy each %s, when the run is taken back, then the others still are, and 4',
    async (_, odd) => {
      const log: string[] = [];
      const { run } = await rollingBack({
        plugins: [actions({ ...recording(log), odd: { run: odd, probe: odd, restore: odd, remedy: odd } })],
        config: steps('id: a, uses: t/ok', 'id: b, uses: t/odd'),
      });
      expect(await run()).toMatchObject({ exit_code: 4, rollback: { remaining: [{ what: 'b' }] } });
      expect(log).toEqual(['run a', 'undo a']);
    },
  );

  it('given a probe that throws, when the step is undone, then it is restored', async () => {
    const log: string[] = [];
    const { run } = await rollingBack({
      plugins: [actions({ blind: { run: fail, probe: fail, restore: () => void log.push('restored') } })],
      config: steps('id: a, uses: t/blind'),
    });
    expect((await run()).exit_code).toBe(1);
    expect(log).toEqual(['restored']);
  });

  it('given an action without a restore, when the run is taken back, then the step stays and the report says why', async () => {
    const { run } = await rollingBack({
      plugins: [actions({ once: () => null, fail })],
      config: steps('id: a, uses: t/once', 'id: b, uses: t/fail'),
    });
    expect((await run()).steps[0]).toMatchObject({ status: 'done', reason: 'not undone: t/once has no restore' });
  });

  it('given an undo that never ends, when the deadline of the rollback passes, then it is given up and named, and the time of the others is short', {
    timeout: 10_000,
  }, async () => {
    const slow = {
      run: () => null,
      restore: ({ signal }: { signal: AbortSignal }) =>
        new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    };
    const { run } = await rollingBack({
      plugins: [actions({ slow, fail })],
      config: steps('id: a, uses: t/slow', 'id: b, uses: t/fail'),
      overrides: { rollback_timeout: '50ms' },
    });
    expect(await run()).toMatchObject({ exit_code: 4, rollback: { remaining: [{ what: 'a', error: { code: 'SHIP_UNDO_TIMEOUT' } }] } });
  });

  it('given a lease that was lost during the rollback, when the next undo is due, then it does not act', async () => {
    const log: string[] = [];
    const opened = await rollingBack({ plugins: [actions(recording(log))], config: steps('id: a, uses: t/ok', 'id: b, uses: t/fail') });
    const lease = opened.store.lease.bind(opened.store);
    opened.store.lease = async (...args) => {
      const real = await lease(...args);
      return {
        ...real,
        check: async () => {
          if (log.includes('undo b')) throw new Error('taken over');
        },
      };
    };
    expect(await opened.run()).toMatchObject({ exit_code: 4, rollback: { remaining: [{ what: 'a', error: { message: 'taken over' } }] } });
    expect(log).toEqual(['run a', 'run b', 'undo b']);
  });

  it('given --no-rollback and --auto-rollback off, when a step fails, then nothing is undone and the exit status is 3', async () => {
    for (const flags of [{ no_rollback: true }, {}]) {
      const log: string[] = [];
      const { run } = await harness({
        plugins: [actions(recording(log))],
        config: steps('id: a, uses: t/ok', 'id: b, uses: t/fail'),
        flags,
      });
      expect(await run()).toMatchObject({ status: 'failed', exit_code: 3, rollback: null });
      expect(log).toEqual(['run a', 'run b']);
    }
  });

  it('given a failure and somebody to ask, when the answer is a full rollback, then it is done; when it is skip, then not', async () => {
    for (const [answer, code] of [
      ['full_rollback', 1],
      ['skip', 3],
      [undefined, 3],
    ] as const) {
      const asked: unknown[] = [];
      const choose = async (question: string, options: unknown, recommended: unknown) => {
        asked.push(question, options, recommended);
        return answer;
      };
      const { run } = await harness({ plugins: [actions(recording([]))], config: steps('id: a, uses: t/fail'), interaction: { choose } });
      expect((await run()).exit_code).toBe(code);
      const options = ['retry', 'continue', 'full_rollback', 'investigate', 'skip'];
      expect(asked).toEqual([expect.stringContaining('step_failed'), options, 'full_rollback']);
    }
  });
});
