import { describe, expect, it } from 'vitest';
import type { ComponentState, Driver, Json } from '../src/index.js';
import { actions, fail, plugin, rollingBack, steps } from './help.js';

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
