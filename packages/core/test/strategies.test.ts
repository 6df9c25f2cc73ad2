import { describe, expect, it } from 'vitest';
import type { Driver, RollbackReport, RollbackRequest, Strategy, StrategyQuestion } from '../src/index.js';
import { actions, fail, plugin, recording, rollingBack, steps } from './help.js';

const driver: Driver = {
  settings: { type: 'object' },
  describe: async () => undefined,
  deploy: fail as never,
  restore: async () => ({ changed: true }),
};
const REPORT: RollbackReport = {
  scope: 'partial',
  target_snapshot: null,
  components: [],
  findings: [],
  verification: {},
  remaining: [],
  duration_ms: 1,
};

/** A run whose deploy of a component fails, with a router and a strategy of somebody else. */
async function failed(strategy: Strategy, { config = '', core = false, choose = undefined as never, flags = {} } = {}) {
  const log: string[] = [];
  const requests: RollbackRequest[] = [];
  const proxy = plugin('proxy', (ship) => {
    ship.driver('service', driver);
    ship.router('proxy', { weights: async () => ({}), shift: async () => {}, healthy: async () => true });
    ship.strategy('proxy', strategy);
    ship.hooks.rollback.tapPromise('proxy', async (request) => {
      requests.push(request);
      return request.scope === 'partial' || request.decision.via === 'instant' ? { ...REPORT, scope: request.scope } : undefined;
    });
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
    const asked: StrategyQuestion[] = [];
    await failed({ instant: (_ctx, question) => asked.push(question) > 9 });
    expect(asked).toMatchObject([
      {
        failure: { trigger: 'step_failed', step: 'b', component: 'api' },
        component: { name: 'api' },
        deployed: [{ name: 'api' }],
        target: null,
      },
    ]);
  });

  it.each<[string, Strategy, Parameters<typeof failed>[1]]>([
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

  it.each<[string, Strategy, object]>([
    ['throws', { instant: fail }, { code: 'SHIP_HOOK_FAILED', message: 'proxy/instant failed: fails on purpose', source: 'proxy/instant' }],
    [
      'answers nonsense',
      { partial: () => 'yes' as never },
      { code: 'SHIP_HOOK_CONTRACT', message: 'proxy/partial answered "yes"; expected true or false', source: 'proxy/partial' },
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

  it('given a strategy that can do nothing, when it is registered, then its plugin is refused', async () => {
    await expect(failed({})).rejects.toMatchObject({
      code: 'SHIP_PLUGIN_CONTRACT',
      message: 'proxy is not a plugin of ship: strategy proxy has neither instant() nor partial()',
    });
  });
});
