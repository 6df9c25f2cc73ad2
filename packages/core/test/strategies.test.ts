import { describe, expect, it } from 'vitest';
import type { Driver, Outcome, RollbackRequest, Strategy } from '../src/index.js';
import { actions, fail, plugin, recording, rollingBack, steps } from './help.js';

const driver: Driver = {
  settings: { type: 'object' },
  describe: async () => undefined,
  deploy: fail as never,
  restore: async () => ({ changed: true }),
};

type Applies = Strategy['applies'];

/** A run whose deploy of a component fails, with a router and strategies of somebody else; each does what the kernel would. */
async function failed(
  applies: Partial<Record<'instant' | 'partial', Applies>>,
  { config = '', core = false, choose = undefined as never, flags = {}, more = {} as Partial<Strategy> } = {},
) {
  const log: string[] = [];
  const requests: RollbackRequest[] = [];
  const proxy = plugin('proxy', (ship) => {
    ship.driver('service', driver);
    ship.router('proxy', { weights: async () => ({}), shift: async () => {}, healthy: async () => true });
    for (const way of ['instant', 'partial'] as const) {
      const asked = applies[way];
      if (asked === undefined) continue;
      const rollback = (_run: unknown, request: RollbackRequest): Promise<Outcome> => {
        requests.push(request);
        return request.restore();
      };
      ship.strategy(`proxy-${way}`, { way, applies: asked, rollback, ...more });
    }
  });
  const { run } = await rollingBack({
    plugins: [actions(recording(log)), proxy],
    config: `${config}components: { api: { driver: service, version: v2, core: ${core} } }\n${steps('id: a, uses: t/ok', 'id: b, uses: deploy, component: api, critical: false')}`,
    ...(choose ? { interaction: { choose }, flags: { auto_rollback: false } } : { flags }),
  });
  return { report: await run(), request: requests[0]!, undone: log.includes('undo a') };
}

describe('strategies', () => {
  it('given a plugin whose router can switch back, when the run fails, then it is decided to be instant, the plugin does it, and the rest of the run is undone after it', async () => {
    const { report, request, undone } = await failed({ instant: () => true });
    expect(report.decision).toMatchObject({ via: 'instant', scope: 'full' });
    expect(report).toMatchObject({ status: 'rolled_back', rollback: { scope: 'full' } });
    expect(request).toMatchObject({ way: 'instant', decision: { via: 'instant' } });
    expect(report.rollback).toMatchObject({ way: 'instant', tried: [{ way: 'instant', outcome: 'done' }] });
    expect(undone).toBe(true);
  });

  it('given a plugin that can take one component back, when that fails, then it goes back alone, and the request names it', async () => {
    const { report, request, undone } = await failed({ partial: async () => true });
    expect(report.decision).toMatchObject({ via: 'restore', scope: 'partial' });
    expect(report.decision!.reasons).toContain('api is isolated: a partial rollback is admitted');
    expect(request).toMatchObject({ scope: 'partial', component: 'api' });
    expect(undone).toBe(false);
  });

  it('given a strategy, when it is asked, then it knows what failed, what was deployed and what there is to go back to', async () => {
    const asked: RollbackRequest[] = [];
    await failed({ instant: (_run, request) => asked.push(request) > 9 });
    expect(asked).toMatchObject([
      { way: 'instant', failure: { trigger: 'step_failed', step: 'b', component: 'api' }, decision: null, deployed: ['api'], target: null },
    ]);
    await expect(asked[0]!.restore()).rejects.toMatchObject({ code: 'SHIP_HOOK_CONTRACT' });
  });

  it('given a strategy that says why not, when it is asked for all the same, then the reason stands among the ways that were tried', async () => {
    let asked = 0;
    const { report } = await failed({ instant: () => (++asked === 1 ? true : 'the old version has gone') });
    expect(report.rollback!.tried).toMatchObject([
      { way: 'instant', outcome: 'unavailable', reason: 'the old version has gone' },
      { way: 'undo', outcome: 'done' },
    ]);
  });

  it.each<[string, Parameters<typeof failed>[0], Parameters<typeof failed>[1]]>([
    ['a strategy that says no', { instant: () => false, partial: () => false }, {}],
    ['a core component', { partial: () => true }, { core: true }],
    [
      'a config that forbids both',
      { instant: () => true, partial: () => true },
      { config: 'optimization: { rollback: { partial_enabled: false, instant_rollback: false } }\n' },
    ],
  ])('given %s, when the run fails, then the whole run is undone', async (_, strategy, more) => {
    const { report, undone } = await failed(strategy, more);
    expect(report.decision).toMatchObject({ via: 'restore', scope: 'full' });
    expect(undone).toBe(true);
  });

  it.each<[string, Parameters<typeof failed>[0], object]>([
    [
      'throws',
      { instant: fail },
      { code: 'SHIP_HOOK_FAILED', message: 'proxy/proxy-instant.applies failed: fails on purpose', source: 'proxy/proxy-instant.applies' },
    ],
    [
      'answers nonsense',
      { partial: () => 7 as never },
      {
        code: 'SHIP_HOOK_CONTRACT',
        message: 'proxy/proxy-partial.applies answered 7; expected true, false or why not',
        source: 'proxy/proxy-partial.applies',
      },
    ],
  ])('given a strategy that %s, when the run fails, then it is told, and the whole run is undone', async (_, strategy, error) => {
    const { report, undone } = await failed(strategy);
    expect(report.decision).toMatchObject({ via: 'restore', scope: 'full' });
    expect(report.errors).toMatchObject([error]);
    expect(undone).toBe(true);
  });

  it('given somebody who is asked, when the answer is a rollback, then it goes the way that there is', async () => {
    const choose = async (_question: string, options: readonly string[]) => {
      expect(options).toEqual(['retry', 'continue', 'full_rollback', 'partial_rollback', 'investigate', 'skip']);
      return 'full_rollback';
    };
    const { report } = await failed({ instant: () => true, partial: () => true }, { choose: choose as never });
    expect(report.decision).toMatchObject({ trigger: 'prompted', via: 'instant', scope: 'full' });
  });

  it.each<[string, Partial<Strategy>, string]>([
    ['does nothing', { rollback: undefined as never }, 'strategy proxy-instant has no rollback()'],
    [
      'goes a way that there is not',
      { way: 'sideways' as never },
      'strategy proxy-instant has the way "sideways", not instant, partial, full, undo',
    ],
  ])('given a strategy that %s, when it is registered, then its plugin is refused', async (_, more, problem) => {
    await expect(failed({ instant: () => true }, { more })).rejects.toMatchObject({
      code: 'SHIP_PLUGIN_CONTRACT',
      message: `proxy is not a plugin of ship: ${problem}`,
    });
  });
});
