import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crashAt, HEAD, project, ship, shipJson } from './support/ship.js';

const HOSTS = Array.from({ length: 12 }, (_, index) => `h${String(index + 1).padStart(2, '0')}`);

/** A place of twelve hosts, each a folder in which its commands run. */
const LAB = `import { mkdirSync, readdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
export default { name: 'lab', ship: '^1', apply: (ship) => {
  ship.executor('lab', {
    targets: (ctx) => readdirSync(ctx.dir + '/hosts').sort(),
    exec: async (ctx, command, { env, okExitCodes = [0] }) => {
      const cwd = ctx.dir + '/hosts/' + ctx.place.target;
      const { status, stdout } = spawnSync(command[0], command.slice(1), { cwd, env: { ...ctx.env, ...env }, encoding: 'utf8' });
      if (okExitCodes !== 'any' && !okExitCodes.includes(status)) throw new Error(command.join(' ') + ' exited with ' + status);
      return { command, exitCode: status, signal: null, stdout, stderr: '', truncated: false, durationMs: 0, pid: 0 };
    },
  });
} };`;

const STEP = 'cat version; echo "$SHIP_STEP $SHIP_TARGET" >> log; echo v2 > version';
const CONFIG = `${HEAD}plugins: [./lab.mjs]\nmax_parallel: 1\nsteps:
  - { id: hosts, on: lab, capture: cat version, run: '${STEP}', undo: 'echo "$SHIP_CAPTURE" > version; echo undo >> log', probe: 'grep -q v2 version || exit 3' }
`;

function fleet(): string {
  const cwd = project(CONFIG, { 'lab.mjs': LAB });
  for (const host of HOSTS) {
    mkdirSync(join(cwd, 'hosts', host), { recursive: true });
    writeFileSync(join(cwd, 'hosts', host, 'version'), `${host} was here\n`);
  }
  return cwd;
}

const read = (cwd: string, file: string) =>
  Object.fromEntries(
    HOSTS.map((host) => [
      host,
      readdirSync(join(cwd, 'hosts', host)).includes(file) ? readFileSync(join(cwd, 'hosts', host, file), 'utf8').trim() : '',
    ]),
  );
const BEFORE = Object.fromEntries(HOSTS.map((host) => [host, `${host} was here`]));

describe('a step on twelve hosts, of plain commands', () => {
  it('given nothing in the way, when it is deployed and taken back, then each host has its own version again', async () => {
    const cwd = fleet();
    expect((await ship([], { cwd })).code).toBe(0);
    expect(Object.values(read(cwd, 'version'))).toEqual(HOSTS.map(() => 'v2'));
    expect((await ship(['rollback'], { cwd })).code).toBe(0);
    expect(read(cwd, 'version')).toEqual(BEFORE);
  });

  it('given a ship that was killed at the seventh, when it is taken back, then the seven are as before, and the others were never touched', async () => {
    const cwd = fleet();
    expect((await ship([], { cwd, env: crashAt('target-began:7') })).signal).toBe('SIGKILL');
    expect((await shipJson(['recover', '--back'], { cwd })).report).toMatchObject({ exit_code: 0 });
    expect(read(cwd, 'version')).toEqual(BEFORE);
    expect(Object.values(read(cwd, 'log')).map((log) => log.includes('undo'))).toEqual(HOSTS.map((_, index) => index < 6));
  });

  it('given a ship that was killed at the seventh, when the run is finished, then six are not touched again', async () => {
    const cwd = fleet();
    expect((await ship([], { cwd, env: crashAt('target-began:7') })).signal).toBe('SIGKILL');
    const { report } = await shipJson(['recover', '--forward'], { cwd });
    expect(report).toMatchObject({ exit_code: 0, steps: [{ status: 'done' }] });
    expect(read(cwd, 'log')).toEqual(Object.fromEntries(HOSTS.map((host) => [host, `hosts ${host}`])));
  });

  it('given a recovery that is killed at each of its writes, when it is recovered once more, then the end is the same', async () => {
    const cwd = fleet();
    expect((await ship([], { cwd, env: crashAt('target-began:7') })).signal).toBe('SIGKILL');
    let killed = 0;
    for (
      let write = 1;
      (await ship(['recover', '--back'], { cwd, env: crashAt(`journal-synced:${write}`) })).signal === 'SIGKILL';
      write += 1
    )
      killed += 1;
    expect(killed).toBeGreaterThan(3);
    expect((await ship(['recover'], { cwd })).stdout).toContain('nothing to recover');
    expect(read(cwd, 'version')).toEqual(BEFORE);
  });
});
