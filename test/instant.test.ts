import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startExampleHaproxy } from './services/example-haproxy.js';
import { startNginx } from './services/nginx.js';
import { freePort, hasProgram, SYSTEM_ENV, serviceFolder } from './services/started.js';
import { ask, askThroughout } from './support/client.js';
import { ROOT, ship, shipJson } from './support/ship.js';

/** A copy of an example, whose services end with the test. */
function copyOf(example: string): string {
  const folder = join(serviceFolder(), 'p');
  cpSync(join(ROOT, 'examples', example), folder, { recursive: true, filter: (path) => !path.includes('.speckit') });
  return folder;
}

function stopAtTheEnd(cwd: string, env: Record<string, string>): void {
  onTestFinished(async () => {
    await ship(['release', 'remove'], { cwd, env });
  });
}

describe('examples/blue-green', () => {
  async function twoVersions() {
    const cwd = copyOf('blue-green');
    const env = { PORT: String(await freePort()) };
    stopAtTheEnd(cwd, env);
    for (const VERSION of ['1.0.0', '1.1.0']) expect((await ship([], { cwd, env: { ...env, VERSION } })).code).toBe(0);
    return { cwd, env, port: Number(env.PORT) };
  }

  it('given a broken version under load, when it fails, then the traffic goes back at once, no request fails, and the run is undone after it', async () => {
    const { cwd, env, port } = await twoVersions();
    const clients = askThroughout(port, 8);
    const { report } = await shipJson(['--auto-rollback'], { cwd, env: { ...env, VERSION: '1.2.0', BROKEN: 'yes' } });
    const answers = await clients.stop();
    expect(report).toMatchObject({
      exit_code: 1,
      decision: { via: 'instant', scope: 'full' },
      rollback: {
        way: 'instant',
        tried: [{ way: 'instant', outcome: 'done' }],
        components: [{ name: 'web', from: '1.2.0', to: '1.1.0', status: 'restored' }],
      },
    });
    expect(report.rollback!.target_snapshot).toMatch(/^snapshot-/);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['web 1.1.0\n', 'web 1.2.0\n']));
    expect((await ask(port)).body).toBe('web 1.1.0\n');
    const status = (await shipJson(['release', 'status'], { cwd, env })).report.result as unknown as {
      web: { version: string; pid: number | null }[];
    };
    expect(status.web.filter(({ pid }) => pid !== null).map(({ version }) => version)).toEqual(['1.1.0']);
  });

  it('given a success that nobody wants, when `ship rollback --instant` is said, then the version before serves, and status tells so', async () => {
    const { cwd, env, port } = await twoVersions();
    const { report } = await shipJson(['rollback', '--instant'], { cwd, env });
    expect(report).toMatchObject({ exit_code: 0, rollback: { way: 'instant', components: [{ from: '1.1.0', to: '1.0.0' }] } });
    expect((await ask(port)).body).toBe('web 1.0.0\n');
    expect((await shipJson(['status'], { cwd, env })).report.result).toMatchObject({ deployed: { components: { web: '1.0.0' } } });
  });

  it('given a standby that was ended, when a run fails, then instant is not decided for, and everything goes back as ever', async () => {
    const { cwd, env, port } = await twoVersions();
    const first = (await shipJson(['release', 'status'], { cwd, env })).report.result as unknown as {
      web: { version: string; pid: number | null }[];
    };
    // What stands by when 1.2.0 is deployed is 1.1.0; without `standby` nothing does.
    expect(first.web.filter(({ pid }) => pid !== null)).toHaveLength(2);
    const config = join(cwd, 'ship.yaml');
    writeFileSync(config, readFileSync(config, 'utf8').replace('standby: true', 'standby: false'));
    const { report } = await shipJson(['--auto-rollback'], { cwd, env: { ...env, VERSION: '1.2.0', BROKEN: 'yes' } });
    expect(report).toMatchObject({ exit_code: 1, decision: { via: 'restore' }, rollback: { way: 'full' } });
    expect((await ask(port)).body).toBe('web 1.1.0\n');
  });
});

describe('ship rollback --instant', () => {
  it('given no standby, when traffic should go back at once, then the ladder goes on to the full rollback, and both are told', async () => {
    const cwd = copyOf('blue-green');
    const env = { PORT: String(await freePort()) };
    stopAtTheEnd(cwd, env);
    const config = join(cwd, 'ship.yaml');
    writeFileSync(config, readFileSync(config, 'utf8').replace('standby: true', 'standby: false'));
    for (const VERSION of ['1.0.0', '1.1.0']) expect((await ship([], { cwd, env: { ...env, VERSION } })).code).toBe(0);
    const { report } = await shipJson(['rollback', '--instant'], { cwd, env });
    expect(report).toMatchObject({
      exit_code: 0,
      rollback: {
        way: 'full',
        tried: [
          { way: 'instant', outcome: 'unavailable', reason: 'web 1.0.0 is not healthy' },
          { way: 'full', outcome: 'done' },
        ],
      },
    });
    expect(report.errors).toEqual([]);
    expect((await ask(Number(env.PORT))).body).toBe('web 1.0.0\n');
  });
});

describe.skipIf(!hasProgram('haproxy'))('examples/two-services, behind a real HAProxy', () => {
  async function deployed() {
    const cwd = copyOf('two-services');
    const env = await startExampleHaproxy(cwd);
    stopAtTheEnd(cwd, env);
    for (const version of ['1.0.0', '1.1.0']) {
      const { code, stderr } = await ship([], { cwd, env: { ...env, GATEWAY: version, ORDERS: version } });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    }
    const live = async () => [(await ask(Number(env.GATEWAY_PORT))).body.trim(), (await ask(Number(env.ORDERS_PORT))).body.trim()];
    return { cwd, env, live, now: { ...env, GATEWAY: '1.1.0', ORDERS: '1.1.0' } };
  }

  it('given a broken version of one under load, when the run fails, then the traffic of both goes back in milliseconds, and no request fails', async () => {
    const { cwd, env, live } = await deployed();
    const clients = [env.GATEWAY_PORT, env.ORDERS_PORT].map((port) => askThroughout(Number(port), 5));
    const { report } = await shipJson(['--auto-rollback'], { cwd, env: { ...env, GATEWAY: '1.2.0', ORDERS: '1.2.0', BROKEN: 'yes' } });
    const answers = (await Promise.all(clients.map((each) => each.stop()))).flat();
    expect(report).toMatchObject({
      exit_code: 1,
      decision: { via: 'instant' },
      rollback: { way: 'instant', tried: [{ outcome: 'done' }] },
    });
    expect(report.rollback!.components.map(({ name, to }) => `${name} ${to}`).sort()).toEqual(['gateway 1.1.0', 'orders 1.1.0']);
    expect(await live()).toEqual(['gateway 1.1.0', 'orders 1.1.0']);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(answers.length).toBeGreaterThan(20);
    for (const version of ['gateway 1.2.0', 'orders 1.2.0']) expect(answers.map(({ body }) => body.trim())).toContain(version);
  }, 60_000);

  it('given two versions of both, when one goes back alone, a core one should, and then both do, then one does, the core one is refused with 6, and both do', async () => {
    const { cwd, env, live, now } = await deployed();
    const alone = await shipJson(['--rollback-component', 'orders'], { cwd, env: now });
    expect(alone.report).toMatchObject({
      exit_code: 0,
      rollback: { way: 'partial', components: [{ name: 'orders', from: '1.1.0', to: '1.0.0' }] },
    });
    expect(await live()).toEqual(['gateway 1.1.0', 'orders 1.0.0']);

    const refused = await shipJson(['--rollback-component', 'gateway'], { cwd, env: now });
    expect(refused.report).toMatchObject({ exit_code: 6, errors: [{ message: expect.stringContaining('core component') }] });

    const oldest = ((await shipJson(['--list-snapshots'], { cwd, env })).report.result as unknown as { id: string }[]).at(-1)!.id;
    const both = await shipJson(['--rollback-to', oldest], { cwd, env: now });
    expect(both.report).toMatchObject({ exit_code: 0, rollback: { scope: 'full', target_snapshot: oldest } });
    expect(await live()).toEqual(['gateway 1.0.0', 'orders 1.0.0']);
  }, 60_000);

  it('given a HAProxy that is not there, when a version is deployed, then the run fails with its reason, and nothing is left running', async () => {
    const cwd = copyOf('two-services');
    const env = { HAPROXY_SOCKET: join(cwd, 'nowhere.sock') };
    stopAtTheEnd(cwd, env);
    const { report } = await shipJson(['--auto-rollback'], { cwd, env });
    expect(report).toMatchObject({
      exit_code: 1,
      failure: { step: 'gateway', message: expect.stringContaining('haproxy cannot be reached') },
    });
    expect((await shipJson(['release', 'status'], { cwd, env })).report.result).toMatchObject({ gateway: [] });
  }, 60_000);
});

describe.skipIf(!hasProgram('nginx'))('a release behind a real nginx, on two slots', () => {
  it('given a broken version under load, when it fails, then the traffic goes back at once, no request fails, and slots are taken in turns', async () => {
    const { config, flags, port, blue, green } = await startNginx();
    const cwd = copyOf('blue-green');
    const file = join(cwd, 'ship.yaml');
    const router = `router: { nginx: { flags: ${flags}, config: ${config}, blue: ${blue}, green: ${green}, health: /healthz } }`;
    const text = readFileSync(file, 'utf8').replace(/^ {4}port: .*$/m, `    slots: [${blue}, ${green}]\n    ${router}`);
    writeFileSync(file, text.replaceAll('${PORT:-8080}', String(port)));
    const env = { PATH: SYSTEM_ENV.PATH! };
    stopAtTheEnd(cwd, env);
    const slots: (number | null)[] = [];
    for (const VERSION of ['1.0.0', '1.1.0']) {
      const { code, stdout, stderr } = await ship([], { cwd, env: { ...env, VERSION } });
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
      expect((await ask(port)).body).toBe(`web ${VERSION}\n`);
      const status = (await shipJson(['release', 'status'], { cwd, env })).report.result as unknown as {
        web: { version: string; port: number | null }[];
      };
      slots.push(status.web.find(({ version }) => version === VERSION)!.port);
    }
    expect([...slots].sort()).toEqual([blue, green].sort());

    // The version that stands by makes room for a third one, and the live one stands by for that.
    const clients = askThroughout(port, 6);
    const { report } = await shipJson(['--auto-rollback'], { cwd, env: { ...env, VERSION: '1.2.0', BROKEN: 'yes' } });
    const answers = await clients.stop();
    expect(report).toMatchObject({ exit_code: 1, rollback: { way: 'instant', components: [{ from: '1.2.0', to: '1.1.0' }] } });
    expect(new Set(answers.map(({ body }) => body.trim()))).toEqual(new Set(['web 1.1.0', 'web 1.2.0']));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect((await ask(port)).body).toBe('web 1.1.0\n');
  }, 60_000);
});
