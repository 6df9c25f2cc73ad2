import { harness } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import type { ComponentState, Driver, Json, RollbackReport } from '../src/index.js';
import { actions, journalOf, plugin, recording, rollingBack, steps } from './help.js';

const fail = () => {
  throw new Error('fails on purpose');
};

/** A driver whose world is a variable. */
function service(more: Partial<Driver<Json>> = {}) {
  const state = (version: string): ComponentState => ({ version, config_hash: `hash of ${version}`, healthy: true, driver: null });
  const world = { live: 'v1' as string | undefined };
  const driver: Driver<Json> = {
    settings: { type: 'object' },
    describe: async () => (world.live === undefined ? undefined : state(world.live)),
    deploy: async (_ctx, { version }) => {
      world.live = version;
      return state(version);
    },
    restore: async (_ctx, _component, before) => {
      const changed = world.live !== before?.version;
      world.live = before?.version;
      return { changed };
    },
    ...more,
  };
  return { world, plugin: plugin('s', (ship) => ship.driver('service', driver)) };
}
const COMPONENT = 'components: { api: { driver: service, version: v2 } }\n';

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
      expect(asked).toEqual([expect.stringContaining('step_failed'), ['full_rollback', 'investigate', 'skip'], 'full_rollback']);
    }
  });
});

describe('rollback of components', () => {
  const config = `${COMPONENT}${steps('id: api, uses: deploy, component: api', 'id: b, uses: t/fail')}`;

  it('given a deployed component, when a later step fails, then what was live is live again, proven, and the report says from where to where', async () => {
    const { world, plugin: driver } = service();
    const { run } = await rollingBack({ plugins: [driver, actions({ fail })], config });
    expect(await run()).toMatchObject({
      exit_code: 1,
      rollback: { components: [{ name: 'api', from: 'v2', to: 'v1', status: 'restored' }], remaining: [] },
    });
    expect(world.live).toBe('v1');
  });

  it('given a first deploy, when it is taken back, then nothing is live', async () => {
    const { world, plugin: driver } = service();
    world.live = undefined;
    const { run } = await rollingBack({ plugins: [driver, actions({ fail })], config });
    expect(await run()).toMatchObject({ exit_code: 1, rollback: { components: [{ to: null }] } });
    expect(world.live).toBeUndefined();
  });

  it('given a driver that says it restored and did not, when the run is taken back, then SHIP_ROLLBACK_PROOF and exit 4', async () => {
    const { plugin: driver } = service({ restore: async () => ({ changed: true }) });
    const { run } = await rollingBack({ plugins: [driver, actions({ fail })], config });
    expect(await run()).toMatchObject({
      exit_code: 4,
      rollback: {
        remaining: [{ what: 'api', error: { code: 'SHIP_ROLLBACK_PROOF', message: 'api should be back at v1, and v2 is live' } }],
      },
    });
  });

  it('given a driver that hangs when it is asked for the proof, when the deadline passes, then it is given up', {
    timeout: 10_000,
  }, async () => {
    let asked = 0;
    const hanging = (ctx: { signal: AbortSignal }) =>
      new Promise<never>((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)));
    const { plugin: driver } = service({
      describe: async (ctx) => (++asked === 1 ? { version: 'v1', config_hash: 'h', healthy: true, driver: null } : hanging(ctx)),
    });
    const { run } = await rollingBack({ plugins: [driver, actions({ fail })], config, overrides: { rollback_timeout: '50ms' } });
    expect(await run()).toMatchObject({ exit_code: 4, rollback: { remaining: [{ what: 'api', error: { code: 'SHIP_UNDO_TIMEOUT' } }] } });
  });
});

describe('rollback and plugins', () => {
  const withPlugin = (log: string[], apply: Parameters<typeof plugin>[1]) =>
    rollingBack({ plugins: [actions(recording(log)), plugin('p', apply)], config: steps('id: a, uses: t/ok', 'id: b, uses: t/fail') });

  it('given a plugin that blocks, when the run fails, then nothing is undone, the exit status is 6, and the finding is told', async () => {
    const log: string[] = [];
    const { run } = await withPlugin(log, (ship) =>
      ship.hooks.beforeRollback.tap('no', (_request, _run, finding) =>
        finding({ level: 'block', rule: 'r', message: 'the schema has moved on' }),
      ),
    );
    expect(await run()).toMatchObject({
      status: 'refused',
      exit_code: 6,
      errors: [{ code: 'SHIP_ROLLBACK_REFUSED', message: 'the rollback would do harm: the schema has moved on' }],
    });
    expect(log).toEqual(['run a', 'run b']);
  });

  it('given a plugin with a strategy of its own, when the run fails, then it is used instead of the undos', async () => {
    const log: string[] = [];
    const report: RollbackReport = {
      scope: 'full',
      target_snapshot: null,
      components: [],
      findings: [],
      verification: {},
      remaining: [],
      duration_ms: 1,
    };
    const { run } = await withPlugin(log, (ship) => ship.hooks.rollback.tapPromise('mine', async () => report));
    expect(await run()).toMatchObject({ exit_code: 1, rollback: report });
    expect(log).toEqual(['run a', 'run b']);
  });

  it.each<[string, () => unknown, string]>([
    ['throws', fail, 'SHIP_HOOK_FAILED'],
    ['answers nonsense', () => ({ all: 'good' }), 'SHIP_HOOK_CONTRACT'],
  ])(
    'given a strategy that %s, when the run fails, then the kernel undoes the run itself, and the error is told',
    async (_, strategy, code) => {
      const log: string[] = [];
      const { run } = await withPlugin(log, (ship) => ship.hooks.rollback.tap('mine', strategy as () => undefined));
      expect(await run()).toMatchObject({ exit_code: 1, errors: [{ code }] });
      expect(log).toEqual(['run a', 'run b', 'undo b', 'undo a']);
    },
  );

  it('given a plugin that decides otherwise, when the run fails, then its decision counts and stands in the journal', async () => {
    const log: string[] = [];
    const opened = await withPlugin(log, (ship) =>
      ship.hooks.decide.tap('calm', (decision) => ({ ...decision, action: 'warn', reasons: [...decision.reasons, 'calm says no'] })),
    );
    const report = await opened.run();
    expect(report).toMatchObject({ exit_code: 3, decision: { action: 'warn' }, rollback: null });
    expect((await journalOf(opened, report)).find(({ type }) => type === 'decision')).toMatchObject({
      decision: { reasons: expect.arrayContaining(['calm says no']) },
    });
    expect(log).toEqual(['run a', 'run b']);
  });

  it.each<[string, () => unknown]>([
    ['throws', fail],
    ['answers nonsense', () => ({ action: 'explode' })],
    ['answers a promise that rejects', () => Promise.reject(new Error('late'))],
  ])('given a plugin whose decision %s, when the run fails, then what the kernel decides is done', async (_, answer) => {
    const log: string[] = [];
    const { run } = await withPlugin(log, (ship) => ship.hooks.decide.tap('bad', answer as () => undefined));
    expect(await run()).toMatchObject({ exit_code: 1, errors: [{ message: expect.stringMatching(/decide (failed|answered)/) }] });
    expect(log).toContain('undo a');
  });

  it('given --no-rollback, when a plugin decides to roll back, then it is refused', async () => {
    const log: string[] = [];
    const all = plugin('p', (ship) =>
      ship.hooks.decide.tap('eager', (decision) => ({ ...decision, action: 'rollback', scope: 'full', reasons: ['I want to'] })),
    );
    const { run } = await harness({
      plugins: [actions(recording(log)), all],
      config: steps('id: a, uses: t/fail'),
      flags: { no_rollback: true },
    });
    expect(await run()).toMatchObject({ exit_code: 3, decision: { action: 'none' }, errors: [{ code: 'SHIP_HOOK_CONTRACT' }] });
    expect(log).toEqual(['run a']);
  });
});
