import { describe, expect, it } from 'vitest';
import type { AnyAction, Change, Finding } from '../src/index.js';
import { actions, fail, plugin, rollingBack, steps } from './help.js';

const finding = (level: Finding['level'], message: string): Finding => ({ level, rule: 'test', message });

/** An action that can be undone, and says this beforehand. */
const admitting = (log: string[], admit: NonNullable<AnyAction['admit']>): AnyAction => ({
  capture: () => 'before',
  run: () => 'result',
  restore: () => {
    log.push('undone');
  },
  admit,
});

const CONFIG = steps('id: a, uses: t/ok', 'id: b, uses: t/fail, needs: [a]');

describe('what steps say before they are undone', () => {
  it('given a step whose undo would do harm, when the run fails, then nothing is undone, and the run is refused', async () => {
    const log: string[] = [];
    const action = admitting(log, () => [finding('block', 'it would be lost')]);
    const { run } = await rollingBack({ config: CONFIG, plugins: [actions({ ok: action, fail })] });

    const report = await run();

    expect(report).toMatchObject({ status: 'refused', exit_code: 6, errors: [{ code: 'SHIP_ROLLBACK_REFUSED' }] });
    expect(report.errors[0]?.message).toContain('it would be lost');
    expect(log).toEqual([]);
  });

  it('given a step that only warns, or cannot tell, when the run fails, then it is undone, and the finding stands in the report', async () => {
    for (const [admit, message] of [
      [() => [finding('warn', 'it was new')], 'it was new'],
      [fail, 'nobody can tell whether a can go back: fails on purpose'],
    ] as const) {
      const log: string[] = [];
      const { run } = await rollingBack({ config: CONFIG, plugins: [actions({ ok: admitting(log, admit), fail })] });

      const report = await run();

      expect(report).toMatchObject({
        status: 'rolled_back',
        rollback: { findings: [expect.objectContaining({ level: 'warn', message })] },
      });
      expect(log).toEqual(['undone']);
    }
  });

  it('given what a step captured and answered, when it is asked, then it is given both; a step that did not act is not asked', async () => {
    const asked: unknown[] = [];
    const admit: AnyAction['admit'] = (ctx, before, result, input) => {
      asked.push([ctx.step.id, before, result, input]);
      return [];
    };
    const config = steps('id: a, uses: t/ok, with: { n: 1 }', 'id: b, uses: t/fail, needs: [a]', 'id: c, uses: t/ok, needs: [b]');
    const { run } = await rollingBack({ config, plugins: [actions({ ok: admitting([], admit), fail })] });
    await run();
    expect(asked).toEqual([['a', 'before', 'result', { n: 1 }]]);
  });
});

describe('steps that follow others when all are back', () => {
  const following = (log: string[], settle: NonNullable<AnyAction['settle']>): AnyAction => ({
    capture: ({ step }) => `before ${step.id}`,
    run: () => 'result',
    restore: ({ step }) => {
      log.push(`restored ${step.id}`);
    },
    settle,
  });
  const THREE = steps('id: a, uses: t/ok', 'id: b, uses: t/ok, needs: [a]', 'id: c, uses: t/fail, needs: [b]');

  it('given a run that is undone, then each is asked after the last undo, in the order of the plan, with what it captured', async () => {
    const log: string[] = [];
    const action = following(log, ({ step }, before, result) => {
      log.push(`settled ${step.id}: ${before}, ${result}`);
    });
    const { run } = await rollingBack({ config: THREE, plugins: [actions({ ok: action, fail })] });
    expect(await run()).toMatchObject({ status: 'rolled_back' });
    expect(log).toEqual(['restored b', 'restored a', 'settled a: before a, result', 'settled b: before b, result']);
  });

  it('given one that cannot follow, then the rollback is incomplete, and the step is named with its command', async () => {
    const action = {
      ...following([], ({ step }) => {
        if (step.id === 'b') throw new Error('a is another one');
      }),
      remedy: () => 'ship recover --back',
    };
    const { run } = await rollingBack({ config: THREE, plugins: [actions({ ok: action, fail })] });
    expect(await run()).toMatchObject({
      status: 'rollback_incomplete',
      exit_code: 4,
      rollback: { remaining: [{ what: 'b', command: 'ship recover --back', error: { message: 'a is another one' } }] },
    });
  });

  it('given a step that could not be undone, then no step is asked: nothing has its end yet', async () => {
    const log: string[] = [];
    const action: AnyAction = {
      ...following(log, () => {
        log.push('settled');
      }),
      restore: ({ step }) => {
        if (step.id === 'a') throw new Error('no way');
      },
    };
    const { run } = await rollingBack({ config: THREE, plugins: [actions({ ok: action, fail })] });
    expect(await run()).toMatchObject({ status: 'rollback_incomplete' });
    expect(log).toEqual([]);
  });
});

describe('the order in which steps are undone', () => {
  const CHAIN = steps(
    'id: base, uses: t/ok',
    'id: schema, uses: t/schema, needs: [base]',
    'id: code, uses: t/ok, needs: [schema]',
    'id: last, uses: t/fail, needs: [code]',
  );
  const undoing = (log: string[], goesFirst?: AnyAction['goesFirst']): AnyAction => ({
    capture: () => 'before',
    run: () => 'result',
    restore: ({ step }) => {
      log.push(step.id);
    },
    ...(goesFirst === undefined ? {} : { goesFirst }),
  });
  const undone = async (goesFirst?: AnyAction['goesFirst']) => {
    const log: string[] = [];
    const { run } = await rollingBack({ config: CHAIN, plugins: [actions({ ok: undoing(log), schema: undoing(log, goesFirst), fail })] });
    expect(await run()).toMatchObject({ status: 'rolled_back' });
    return log;
  };

  it('given a step that must go first, then it is undone before what came after it, and the others newest first as ever', async () => {
    const asked: unknown[] = [];
    const first = await undone((ctx, before, result) => {
      asked.push([ctx.step.id, before, result]);
      return true;
    });
    expect(first).toEqual(['schema', 'code', 'base']);
    expect(asked).toEqual([['schema', 'before', 'result']]);
  });

  it('given a step on several targets, then each is asked with what was captured there, before and after its undo', async () => {
    const asked: unknown[] = [];
    const note =
      (name: string) =>
      ({ place }: { place: { target?: string } }, before: unknown, result: unknown): void => {
        asked.push([name, place.target, before, result]);
      };
    const fleet = plugin('fleet', (ship) =>
      ship.executor('lab', { targets: () => ['one', 'two'], exec: () => Promise.reject(new Error('nothing runs here')) }),
    );
    const action: AnyAction = {
      capture: ({ place }) => `before ${place.target}`,
      run: ({ place }) => `result ${place.target}`,
      restore: () => {},
      settle: note('settle'),
      goesFirst: (ctx, before, result) => {
        note('first')(ctx, before, result);
        return ctx.place.target === 'two';
      },
    };
    const config = steps('id: schema, uses: t/schema, on: lab', 'id: last, uses: t/fail, needs: [schema]');
    const { run } = await rollingBack({ config, plugins: [fleet, actions({ schema: action, fail })] });
    expect(await run()).toMatchObject({ status: 'rolled_back' });
    const of = (name: string) => ['one', 'two'].map((target) => [name, target, `before ${target}`]);
    expect(asked.map((each) => (each as unknown[]).slice(0, 3))).toEqual([...of('first'), ...of('settle')]);
    expect(asked.slice(0, 2).map((each) => (each as unknown[])[3])).toEqual(['result one', 'result two']);
  });

  it('given one that need not, or that cannot tell, then all are undone newest first', async () => {
    for (const goesFirst of [undefined, () => false, fail as never]) expect(await undone(goesFirst)).toEqual(['code', 'schema', 'base']);
  });
});

describe('what a process that is gone has left', () => {
  it('given an examination that mends, when recover is asked for, then it is asked first, also where no run is to be finished, and what it did is said', async () => {
    const said: string[] = [];
    const mending = plugin('mending', (ship) => {
      ship.examination('files', { examine: () => [], mend: () => ['the files are back'] });
      ship.hooks.event.tap('said', (event) => {
        if (event.type === 'log') said.push(event.message);
      });
    });
    const { kernel } = await rollingBack({ config: CONFIG, plugins: [mending, actions({ ok: () => null, fail })] });
    const { recover } = await import('../src/kernel-api.js');
    expect(await recover(kernel, { command: 'ship recover' })).toMatchObject({ status: 'succeeded', run: null });
    expect(said).toEqual(['the files are back']);
  });
});

describe('a step that needs its time to end', () => {
  it('given a deadline and a longer grace, when it is told to stop, then it may end in order', async () => {
    let ended = false;
    const slow: AnyAction = {
      grace_ms: 2_000,
      run: (ctx) =>
        new Promise((_, reject) =>
          ctx.signal.addEventListener('abort', () =>
            setTimeout(() => {
              ended = true;
              reject(ctx.signal.reason);
            }, 300),
          ),
        ),
    };
    const { run } = await rollingBack({ config: steps('id: a, uses: t/slow, timeout: 50ms'), plugins: [actions({ slow })] });
    const report = await run();
    expect(ended).toBe(true);
    expect(report.steps[0]).toMatchObject({ error: { code: 'SHIP_STEP_TIMEOUT' } });
  });

  it('given one that outlasts its grace, then it is left behind, and that is said', async () => {
    const stuck: AnyAction = { grace_ms: 50, run: () => new Promise(() => {}) };
    const { run } = await rollingBack({ config: steps('id: a, uses: t/stuck, timeout: 50ms'), plugins: [actions({ stuck })] });
    expect((await run()).steps[0]).toMatchObject({ error: { code: 'SHIP_STEP_STUCK' } });
  });
});

describe('the undo in a dry run', () => {
  it('given what the preview answered, when the undo is described, then it is of that', async () => {
    const action: AnyAction = {
      preview: () => [{ kind: 'create', what: 'one' }],
      run: () => null,
      restore: () => {},
      describeUndo: (_input, changes: readonly Change[]) => `takes away ${changes.map(({ what }) => what).join()}`,
    };
    const { kernel } = await rollingBack({ config: steps('id: a, uses: t/one'), plugins: [actions({ one: action })] });
    const { makePlan, preview } = await import('../src/kernel-api.js');
    expect((await preview(kernel, await makePlan(kernel)))[0]).toMatchObject({ undo: 'takes away one' });
  });
});

describe('objects and examinations of plugins', () => {
  it('given two plugins that encrypt, then the second is refused', async () => {
    const sealing = (name: string) =>
      plugin(name, (ship) => ship.encryption({ encrypt: async (bytes) => bytes, decrypt: async (_name, bytes) => bytes }));
    await expect(
      rollingBack({ config: CONFIG, plugins: [sealing('one'), sealing('two'), actions({ ok: () => null, fail })] }),
    ).rejects.toMatchObject({
      code: 'SHIP_PLUGIN_NAME_TAKEN',
    });
  });
});
