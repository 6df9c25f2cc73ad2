import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deployed, SERVICE } from './support/line-service.js';
import { HEAD, project, ship, shipJson } from './support/ship.js';

/** A driver for each way not to be well: `sick` says so, `lost` cannot be asked, `gone` has nothing live, `slow` never answers. */
const WORLD = `export default { name: 'world', ship: '^1', apply(ship) {
  const state = (version, healthy) => ({ version, config_hash: version, healthy, driver: null });
  const driver = (describe) => ({ settings: { type: 'object' }, describe, deploy: async (ctx, { version }) => state(version, true), restore: async () => ({ changed: true }) });
  const after = (what) => async (ctx, { version }) => (process.env.LOOK ? what(ctx, version) : state(version, true));
  ship.driver('well', driver(after((ctx, version) => state(version, true))));
  ship.driver('sick', driver(after((ctx, version) => { ctx.log.warn('it coughs'); return state(version, false); })));
  ship.driver('lost', driver(after(() => { throw new Error('no route to it'); })));
  ship.driver('gone', driver(after(() => undefined)));
  ship.driver('slow', driver(after(() => new Promise(() => {}))));
} };`;
const NAMES = ['well', 'sick', 'lost', 'gone', 'slow'];
const CONFIG = (names = NAMES) =>
  `${HEAD}plugins: [./world.mjs]\ncomponents: { ${names.map((name) => `${name}: { driver: ${name}, version: "1" }`).join(', ')} }\nsteps: [${names.map((name) => `{ id: ${name}, uses: deploy, component: ${name} }`).join(', ')}]\n`;

describe('what is live', () => {
  it('given components that are well, sick, gone, or cannot be asked, when status, history and doctor are asked, then each is named, in time', async () => {
    const cwd = project(CONFIG(), { 'world.mjs': WORLD });
    expect((await ship([], { cwd })).code).toBe(0);
    const env = { LOOK: '1' };
    const began = performance.now();
    const [status, history, doctor] = await Promise.all(['status', 'history', 'doctor'].map((verb) => shipJson([verb], { cwd, env })));
    expect(performance.now() - began).toBeLessThan(25_000);
    const wrong = [
      'sick: it coughs',
      'lost: nobody can tell what is live: no route to it',
      'gone: nothing is live, and 1 is what was deployed',
      'slow: nobody can tell what is live: its driver did not answer within 10 s',
    ];
    for (const { report } of [status!, history!, doctor!]) expect(report.warnings).toEqual(wrong);
    expect(status!.report.result).toMatchObject({ live: { well: { version: '1', healthy: true }, gone: { version: null } } });
    expect(history!.report.result).toMatchObject([{ live: ['well'], versions: { well: '1', gone: '1' } }]);
    expect(doctor!.stderr).toContain('4 to look at');
  });

  it('given two deploys, when status and history are shown, then the version that answers is marked, and it alone', async () => {
    const { cwd } = await deployed();
    const live = await ship(['status'], { cwd });
    expect(live.stdout).toContain('live      api v2, serves');
    const history = (await ship(['history'], { cwd })).stdout;
    expect(history.match(/\(live\)/g)).toHaveLength(1);
    expect(history.split('\n')[1]).toContain('api v2 (live)');
  });

  it('given snapshots, when they are listed, then the one that is live is marked, after a rollback the other one', async () => {
    const { cwd, ids } = await deployed();
    const marked = async () =>
      ((await shipJson(['snapshots', 'list'], { cwd })).report.result as { id: string; live?: true }[]).filter(({ live }) => live);
    expect((await marked()).map(({ id }) => id)).toEqual([ids[1]]);
    expect((await ship(['--rollback-to', ids[0]], { cwd })).code).toBe(0);
    expect((await marked()).map(({ id }) => id)).toEqual([ids[0]]);
    expect((await ship(['--list-snapshots'], { cwd })).stdout).toMatch(new RegExp(`${ids[0]}.* live`));
  });

  it('given a plan that would be refused or warned of, when the doctor looks, then it says so, and variables need not be set', async () => {
    const cwd = project(
      `${SERVICE.replace('./line.mjs', 'release').replace('driver: line,', 'driver: release, path: missing, run: [x],')}`,
    );
    const { report } = await shipJson(['doctor'], { cwd });
    expect(report.warnings).toEqual([expect.stringContaining('there is no folder missing to release')]);
  });

  it('given a port that another program holds, when the doctor looks before the first deploy, then it says so', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const cwd = project(
      `${HEAD}plugins: [release]\ncomponents: { web: { driver: release, version: "1", path: ., run: [x], port: ${port} } }\nsteps: [{ id: web, uses: deploy, component: web }]\n`,
    );
    const { report } = await shipJson(['doctor'], { cwd });
    expect(report.warnings).toEqual([expect.stringContaining(`web: port ${port} is held by another program`)]);
  });
});
