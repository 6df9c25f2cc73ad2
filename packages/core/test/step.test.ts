import { harness } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import type { Json } from '../src/index.js';
import { actions, journalOf, ofType, plugin, recording, rollingBack, steps } from './help.js';

const refused = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

describe('step', () => {
  it('given a step that fails twice and may be tried again, when it succeeds, then it is done, and the first capture is what is kept', async () => {
    let world = 'before';
    const flaky = {
      capture: () => world,
      run: () => {
        world += '+';
        if (world.length < 'before+++'.length) throw refused();
        return world;
      },
    };
    const opened = await harness({
      plugins: [actions({ flaky })],
      config: steps('id: a, uses: t/flaky, retry: { times: 3, delay: 1ms, on: [network_error] }'),
    });
    const report = await opened.run();
    expect(report.steps[0]).toMatchObject({ status: 'done', attempts: 3 });
    const intents = (await journalOf(opened, report)).filter(({ type }) => type === 'intent');
    expect(intents).toMatchObject([
      { attempt: 1, before: 'before' },
      { attempt: 2, before: 'before' },
      { attempt: 3, before: 'before' },
    ]);
  });

  it('given `retry.on` that names another failure, when the step fails, then it is not tried again', async () => {
    const { run } = await harness({
      plugins: [
        actions({
          down: () => {
            throw refused();
          },
        }),
      ],
      config: steps('id: a, uses: t/down, retry: { times: 3, delay: 1ms, on: [timeout] }'),
    });
    expect((await run()).steps[0]).toMatchObject({ status: 'failed', attempts: 1 });
  });

  it('given a step past its timeout, when it is told to stop, then its signal carries the reason and the error names the step', async () => {
    let reason: unknown;
    const slow = ({ signal }: { signal: AbortSignal }) =>
      new Promise<null>((_, reject) =>
        signal.addEventListener('abort', () => {
          reason = signal.reason;
          reject(new Error('stopped'));
        }),
      );
    const { run } = await harness({ plugins: [actions({ slow })], config: steps('id: a, uses: t/slow, timeout: 20ms') });
    expect((await run()).steps[0]!.error).toMatchObject({
      code: 'SHIP_STEP_TIMEOUT',
      message: 'step a took longer than 0.02 s',
      source: 'a',
    });
    expect(reason).toMatchObject({ code: 'SHIP_STEP_TIMEOUT' });
  });

  it('given a step whose time is over before it acts, when its intent is written, then it does not begin to act', async () => {
    let begun = 0;
    const late = {
      capture: () => new Promise<null>((yes) => setTimeout(yes, 60, null)),
      run: () => {
        begun += 1;
        return null;
      },
    };
    const { run } = await harness({ plugins: [actions({ late })], config: steps('id: a, uses: t/late, timeout: 20ms') });
    expect((await run()).steps[0]).toMatchObject({ status: 'failed', error: { code: 'SHIP_STEP_TIMEOUT' } });
    expect(begun).toBe(0);
  });

  it('given a stuck step that may be tried again, when the grace has passed, then it is told as stuck, and never begun beside itself', {
    timeout: 40_000,
  }, async () => {
    let begun = 0;
    const stuck = () => {
      begun += 1;
      return new Promise<never>(() => {});
    };
    const { run } = await harness({
      plugins: [actions({ stuck })],
      config: steps('id: a, uses: t/stuck, timeout: 5ms, retry: { times: 2, delay: 1ms }'),
    });
    expect((await run()).steps[0]).toMatchObject({ attempts: 1, error: { code: 'SHIP_STEP_STUCK' } });
    expect(begun).toBe(1);
  });

  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  it.each<[string, () => unknown, string]>([
    ['a BigInt', () => ({ n: 1n }), 'BigInt'],
    ['a cycle', () => cycle, 'circular'],
    ['10 MB', () => 'x'.repeat(10 * 1024 * 1024), '10485762 characters'],
    ['a function', () => () => {}, 'a function'],
    ['a symbol', () => Symbol('s'), 'a symbol'],
  ])(
    'given an action that answers %s, when it runs or captures, then SHIP_STEP_ANSWER names it, and what it did is undone',
    async (_, answer, told) => {
      const log: string[] = [];
      const restore = () => void log.push('restored');
      const { run } = await rollingBack({
        plugins: [actions({ odd: { run: answer as () => Json, restore } })],
        config: steps('id: a, uses: t/odd'),
      });
      const report = await run();
      expect(report.steps[0]!.error).toMatchObject({
        code: 'SHIP_STEP_ANSWER',
        message: expect.stringContaining(`run answered something that cannot be written down: `),
      });
      expect(report.steps[0]!.error!.message).toContain(told);
      expect(log).toEqual(['restored']);

      const capturing = await harness({
        plugins: [
          actions({
            odd: {
              capture: answer as () => Json,
              run: () => {
                log.push('ran');
                return null;
              },
            },
          }),
        ],
        config: steps('id: a, uses: t/odd'),
      });
      expect((await capturing.run()).steps[0]!.error).toMatchObject({
        code: 'SHIP_STEP_ANSWER',
        message: expect.stringContaining('capture answered'),
      });
      expect(log).toEqual(['restored']);
    },
  );

  it('given answers that JSON changes, when they are used, then restore is given what the journal holds', async () => {
    let given: unknown;
    const odd = {
      capture: () => ({ at: new Date(0), gone: undefined, nan: Number.NaN }),
      run: () => {
        throw new Error('no');
      },
      restore: (_: unknown, before: unknown) => {
        given = before;
      },
    };
    const { run } = await rollingBack({ plugins: [actions({ odd: odd as never })], config: steps('id: a, uses: t/odd') });
    await run();
    expect(given).toEqual({ at: '1970-01-01T00:00:00.000Z', nan: null });
  });

  it('given a run that tries to change what was captured, when it is undone, then restore is given what was captured', async () => {
    let given: unknown;
    const spoil = {
      capture: () => ({ files: ['a'] }),
      run: (_: unknown, __: unknown, before: { files: string[] }) => {
        before.files.push('b');
        return null;
      },
      restore: (_: unknown, before: unknown) => {
        given = before;
      },
    };
    const { run } = await rollingBack({ plugins: [actions({ spoil: spoil as never })], config: steps('id: a, uses: t/spoil') });
    expect((await run()).steps[0]!.status).toBe('undone');
    expect(given).toEqual({ files: ['a'] });
  });

  it('given an intent that cannot be written, when the step is due, then it does not act', async () => {
    const log: string[] = [];
    const opened = await harness({ plugins: [actions(recording(log))], config: steps('id: a, uses: t/ok') });
    const appender = opened.store.appender.bind(opened.store);
    opened.store.appender = async (key) => {
      const real = await appender(key);
      return {
        ...real,
        append: async (data) => {
          if (data.includes('"intent"')) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
          return real.append(data);
        },
      };
    };
    expect(await opened.run()).toMatchObject({ status: 'failed', exit_code: 3 });
    expect(log).toEqual([]);
  });

  it('given a lease that was lost, when the next step is due, then it does not act, nothing is undone, and the exit status is 5', async () => {
    const log: string[] = [];
    const opened = await rollingBack({
      plugins: [actions({ ...recording(log), steal: () => null })],
      config: steps('id: a, uses: t/ok', 'id: b, uses: t/ok, retry: { times: 2, delay: 1ms }'),
    });
    opened.kernel.hooks.beforeStep.tap('thief', (step) => {
      if (step.id === 'b')
        opened.store.lease = async () => {
          throw new Error('not asked again');
        };
    });
    const lease = opened.store.lease.bind(opened.store);
    opened.store.lease = async (...args) => {
      const real = await lease(...args);
      let checks = 0;
      return {
        ...real,
        check: async () => {
          if (++checks > 1) throw Object.assign(new Error('taken over'), { name: 'ShipError', code: 'SHIP_LEASE_LOST', exitCode: 5 });
        },
      };
    };
    expect(await opened.run()).toMatchObject({ status: 'interrupted', exit_code: 5, rollback: null });
    expect(log).toEqual(['run a']);
  });
});

describe('beforeStep', () => {
  const gated = (answer: unknown, log: string[]) =>
    rollingBack({
      plugins: [
        actions(recording(log)),
        plugin('gate', (ship) =>
          ship.hooks.beforeStep.tapPromise('gate', async ({ id }) => (id === 'b' ? (answer as undefined) : undefined)),
        ),
      ],
      config: steps('id: a, uses: t/ok', 'id: b, uses: t/ok', 'id: c, uses: t/ok'),
    });

  it('given a plugin that skips a step, when it is due, then it is passed over with the reason', async () => {
    const log: string[] = [];
    const report = await (await gated({ skip: 'not today' }, log)).run();
    expect(report.steps[1]).toMatchObject({ status: 'skipped', reason: 'not today', attempts: 0 });
    expect(log).toEqual(['run a', 'run c']);
  });

  it.each<[string, unknown, string]>([
    ['vetoes', { veto: 'the freeze is on' }, 'SHIP_STEP_VETOED'],
    ['answers nonsense', 42, 'SHIP_HOOK_CONTRACT'],
  ])('given a plugin that %s, when the step is due, then it fails before it acts, and the run is taken back', async (_, answer, code) => {
    const log: string[] = [];
    const report = await (await gated(answer, log)).run();
    expect(report.steps[1]).toMatchObject({ status: 'failed', attempts: 0, error: { code } });
    expect(log).toEqual(['run a', 'undo a']);
  });

  it('given a condition that does not hold, when the step is due, then it is skipped', async () => {
    const opened = await harness({
      plugins: [actions(recording([]))],
      config: `environments: { here: {}, elsewhere: {} }\n${steps('id: a, uses: t/ok, when: { environment: elsewhere }')}`,
      overrides: { environment: 'here' },
    });
    expect((await opened.run()).steps[0]).toMatchObject({ status: 'skipped', reason: 'when: environment does not hold' });
    expect(ofType(opened.events, 'step-started')).toEqual([]);
  });
});
