import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '@ship/core';
import { afterEach, describe, expect, it } from 'vitest';
import { cleanEnv, type Ended, project, SHIP, ship } from '../support/ship.js';
import { attemptsIn } from './figures.js';

const { attempt } = attemptsIn('processes that outlive what started them');
const HEAD = 'version: 1\nproject: orphans\nsteps:\n';

/** A command that runs for long, and is found by its name. */
const longOne = () => `sleep ${100_000 + randomInt(800_000)}`;
const used: string[] = [];
const lasting = (): string => {
  const command = longOne();
  used.push(command);
  return command;
};

/** The processes that execute a command now. */
function running(command: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [, status = ''] = /^\d+ \(.*\) (.)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
        return status !== 'Z' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim() === command;
      } catch {
        return false;
      }
    });
}

afterEach(() => {
  for (const pid of used.splice(0).flatMap(running)) process.kill(pid, 'SIGKILL');
});

/** Starts ship, waits until a command runs, and does something about it. */
async function whileRunning(cwd: string, command: string, act: (pid: number) => void, args: readonly string[] = []): Promise<Ended> {
  const child = spawn(process.execPath, [SHIP, ...args], { cwd, env: cleanEnv(), stdio: 'ignore' });
  const ended = new Promise<Ended>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal, stdout: '', stderr: '' })));
  await expect.poll(() => running(command).length, { timeout: 10_000, interval: 20 }).toBeGreaterThan(0);
  act(child.pid!);
  return ended;
}

/** How children leave the group of their parent, or stay in it. */
const FORMS: readonly (readonly [string, (command: string) => string])[] = [
  ['in a session of its own', (command) => `setsid ${command} > /dev/null 2>&1 &`],
  ['forked twice', (command) => `( setsid sh -c '${command} & ' > /dev/null 2>&1 & )`],
  ['in the background', (command) => `${command} > /dev/null 2>&1 &`],
  ['without its environment, in its group', (command) => `env -i ${command} > /dev/null 2>&1 &`],
  ['with the output of the step', (command) => `setsid ${command} &`],
  ['deaf to signals', (command) => `( trap '' INT TERM HUP; setsid ${command} > /dev/null 2>&1 & )`],
];

/** Those that a killed ship leaves no trace of but the mark. */
const MARKED = FORMS.filter(([form]) => form !== 'without its environment, in its group');

describe.skipIf(process.platform !== 'linux')('given a step that leaves a process behind', () => {
  it.each(FORMS)(
    'when it is %s, then it is ended with the step that ended well, and one warning names it',
    async (_, form) => {
      const left = lasting();
      const cwd = project(`${HEAD}  - { id: a, run: ${JSON.stringify(`${form(left)}\n sleep 0.2`)} }\n`);
      await attempt(async () => {
        const { stdout } = await ship(['--json'], { cwd });
        const { exit_code, warnings } = JSON.parse(stdout) as Report;
        expect([exit_code, running(left), warnings]).toEqual([0, [], [expect.stringContaining(left)]]);
        expect(warnings[0]).toMatch(/^step a left processes behind, which are ended: \d+ \(.*`leaves: service`$/);
      });
    },
    30_000,
  );

  it.each(FORMS)(
    'when it is %s, then a failure, a timeout and Ctrl-C end it, too',
    async (_, form) => {
      const step = (left: string, ending: string, timeout: string) =>
        `${HEAD}  - { id: a, run: ${JSON.stringify(`${form(left)}\n sleep 0.2; ${ending}`)}, timeout: ${timeout} }\n`;
      const failures = ['exit 1', lasting()].map((ending) =>
        attempt(async () => {
          const left = lasting();
          expect((await ship([], { cwd: project(step(left, ending, '1s')) })).code).toBe(3);
          expect([running(left), running(ending)]).toEqual([[], []]);
        }),
      );
      const interrupted = attempt(async () => {
        const [left, last] = [lasting(), lasting()];
        const { code } = await whileRunning(project(step(left, last, '1m')), last, (pid) => process.kill(pid, 'SIGINT'));
        expect([code, running(left), running(last)]).toEqual([130, [], []]);
      });
      await Promise.all([...failures, interrupted]);
    },
    60_000,
  );

  it.each(MARKED)(
    'when it is %s and ship is killed, then recover ends it, whichever way',
    async (_, form) => {
      const recovered = ['--back', '--forward'].map((direction) =>
        attempt(async () => {
          const [left, last] = [lasting(), lasting()];
          // On the way forward the step is run again, after its processes of the first time were waited for.
          const work = `test -e once && exit; touch once; ${form(left)}\n ${last}`;
          const cwd = project(`${HEAD}  - { id: a, run: ${JSON.stringify(work)}, undo: "true", timeout: 2s }\n`);
          expect((await whileRunning(cwd, last, (pid) => process.kill(pid, 'SIGKILL'))).signal).toBe('SIGKILL');
          expect((await ship(['recover', direction], { cwd })).code).toBe(0);
          expect([running(left), running(last)]).toEqual([[], []]);
        }),
      );
      await Promise.all(recovered);
    },
    90_000,
  );

  it('when Ctrl-C comes twice, then it is ended with all else at once', async () => {
    const [left, last] = [lasting(), lasting()];
    const cwd = project(`${HEAD}  - { id: a, run: "setsid ${left} & trap '' INT TERM; ${last}; ${last}" }\n`);
    await attempt(async () => {
      const end = (pid: number) => {
        process.kill(pid, 'SIGINT');
        setTimeout(() => process.kill(pid, 'SIGINT'), 300);
      };
      expect((await whileRunning(cwd, last, end)).code).toBe(130);
      await expect.poll(() => [running(left), running(last)]).toEqual([[], []]);
    });
  });
});

/** Everything that a config may start, with `COMMAND` where it does: it is what ship is killed in. */
const PLACES: readonly (readonly [string, string, readonly string[]])[] = [
  ['a condition', '  - { id: b, when: { run: "COMMAND" }, run: "true", undo: "true" }\n', []],
  ['a capture', '  - { id: b, capture: "COMMAND", run: "true", undo: "true" }\n', []],
  ['an undo', '  - { id: b, run: "true", undo: "COMMAND" }\n  - { id: f, run: "false" }\n', ['--auto-rollback']],
  // 3: there is nothing to undo.
  ['a probe', '  - { id: b, run: "true", undo: "true", probe: "COMMAND; exit 3" }\n  - { id: f, run: "false" }\n', ['--auto-rollback']],
  ['a check', 'verify: { smoke: [{ run: "COMMAND", timeout: 5m }] }\n', []],
];

describe.skipIf(process.platform !== 'linux')('given commands that are no steps', () => {
  it.each(PLACES)(
    'when ship is killed in %s, then recover ends it and what left its group',
    async (_, text, args) => {
      const [left, last] = [lasting(), lasting()];
      const work = `test -e once || { touch once; setsid ${left} > /dev/null 2>&1 & ${last}; }`;
      const cwd = project(`${HEAD}  - { id: a, run: "true", undo: "true" }\n${text.replace('COMMAND', work)}`);
      await attempt(async () => {
        expect((await whileRunning(cwd, last, (pid) => process.kill(pid, 'SIGKILL'), args)).signal).toBe('SIGKILL');
        expect((await ship(['recover', '--back'], { cwd })).code).toBe(0);
        expect([running(left), running(last)]).toEqual([[], []]);
      });
    },
    60_000,
  );

  it.each(PLACES)(
    'when %s leaves a process behind and ends, then that is ended',
    async (_, text, args) => {
      const left = lasting();
      const cwd = project(
        `${HEAD}  - { id: a, run: "true", undo: "true" }\n${text.replace('COMMAND', `setsid ${left} > /dev/null 2>&1 & true`)}`,
      );
      await attempt(async () => {
        const { stdout } = await ship([...args, '--json'], { cwd });
        expect([running(left), (JSON.parse(stdout) as Report).warnings.join('\n')]).toEqual([[], expect.stringContaining(left)]);
      });
    },
    30_000,
  );
});

describe.skipIf(process.platform !== 'linux')('given a release with a health command', () => {
  const healthy = (command: string) =>
    `version: 1\nproject: orphans\nplugins: [release]\ncomponents: { web: { driver: release, version: v1, path: app, run: sleep 1000, health: { run: ${JSON.stringify(command)} } } }\nsteps: [{ id: web, uses: deploy, component: web }]\n`;
  const made = (command: string) => {
    const cwd = project(healthy(command));
    mkdirSync(join(cwd, 'app'));
    writeFileSync(join(cwd, 'app/it'), '');
    return cwd;
  };

  it('when that leaves a process behind, then it is ended, and the service stays', async () => {
    const left = lasting();
    const cwd = made(`setsid ${left} > /dev/null 2>&1 & sleep 0.1`);
    await attempt(async () => {
      const { exit_code, warnings } = JSON.parse((await ship(['--json'], { cwd })).stdout) as Report;
      expect([exit_code, running(left), warnings.join()]).toEqual([0, [], expect.stringContaining(left)]);
      expect((await ship(['release', 'status'], { cwd })).stdout).toMatch(/running|live/);
    });
    await ship(['release', 'stop'], { cwd });
  }, 30_000);

  it('when ship is killed while it runs, then recover ends it', async () => {
    const [left, last] = [lasting(), lasting()];
    const cwd = made(`setsid ${left} > /dev/null 2>&1 & ${last}`);
    await attempt(async () => {
      await whileRunning(cwd, last, (pid) => process.kill(pid, 'SIGKILL'));
      expect((await ship(['recover', '--back'], { cwd })).code).toBe(0);
      expect([running(left), running(last)]).toEqual([[], []]);
    });
  }, 30_000);
});

describe.skipIf(process.platform !== 'linux')('given a step with `leaves: service`', () => {
  const serving = (command: string, more = '') =>
    `${HEAD}  - { id: a, leaves: service, run: "setsid ${command} > /dev/null 2>&1 & echo $! > pid${more}", undo: "test -e keep || kill $(cat pid)" }\n`;

  it('when it ends well, then its service stays, also where a later step fails, ends, or is interrupted', async () => {
    const [service, left, last] = [lasting(), lasting(), lasting()];
    for (const step of ['true', 'false', `setsid ${left} &`]) {
      const cwd = project(`${serving(service)}  - { id: b, run: ${JSON.stringify(step)} }\n`);
      await attempt(async () => {
        await ship([], { cwd });
        expect([running(service).length, running(left)], step).toEqual([1, []]);
      });
      for (const pid of running(service)) process.kill(pid, 'SIGKILL');
    }
    const cwd = project(`${serving(service)}  - { id: b, run: "${last}" }\n`);
    await attempt(async () => {
      await whileRunning(cwd, last, (pid) => process.kill(pid, 'SIGINT'));
      expect([running(service).length, running(last)]).toEqual([1, []]);
    });
  }, 60_000);

  it('when its attempt fails, or ship is killed before it ended, then the service is ended', async () => {
    const [service, last] = [lasting(), lasting()];
    await attempt(async () => {
      const cwd = project(serving(service, '; sleep 0.2; exit 1'));
      expect((await ship([], { cwd })).code).toBe(3);
      expect(running(service)).toEqual([]);
    });
    for (const direction of ['--back', '--forward'])
      await attempt(async () => {
        const cwd = project(serving(service, `; test -e once && exit; touch once; ${last}`).replace('undo:', 'timeout: 2s, undo:'));
        await whileRunning(cwd, last, (pid) => process.kill(pid, 'SIGKILL'));
        const before = running(service);
        writeFileSync(join(cwd, 'keep'), '');
        await ship(['recover', direction], { cwd });
        expect([before.length, running(service).filter((pid) => before.includes(pid)), running(last)], direction).toEqual([1, [], []]);
      });
  }, 60_000);

  it('when the run is taken back, then its undo ends the service, and what it leaves is named', async () => {
    const service = lasting();
    const failing = `${serving(service)}  - { id: b, run: "false" }\n`;
    await attempt(async () => {
      expect((await ship(['--auto-rollback'], { cwd: project(failing) })).code).toBe(1);
      expect(running(service)).toEqual([]);
    });
    await attempt(async () => {
      const cwd = project(failing, { keep: '' });
      const { warnings } = JSON.parse((await ship(['--auto-rollback', '--json'], { cwd })).stdout) as Report;
      expect([running(service).length, warnings.join()]).toEqual([
        1,
        expect.stringMatching(`^step a is undone, and what it left still runs: \\d+ \\(${service}\\)`),
      ]);
    });
  }, 30_000);

  it('when an undo starts the service of before, at once or in `ship rollback`, then that stays', async () => {
    const [old, service] = [lasting(), lasting()];
    const start = (command: string) => `setsid ${command} > /dev/null 2>&1 & echo $! > pid`;
    const config = `${HEAD}  - { id: a, leaves: service, run: "${start(service)}", undo: "kill $(cat pid); ${start(old)}" }\n  - { id: b, run: "test ! -e fail", undo: "true" }\n`;
    for (const later of [false, true])
      await attempt(async () => {
        const cwd = project(config, later ? {} : { fail: '' });
        await ship(later ? [] : ['--auto-rollback'], { cwd });
        if (later) expect((await ship(['rollback'], { cwd })).code).toBe(0);
        expect([running(old).length, running(service)]).toEqual([1, []]);
        for (const pid of running(old)) process.kill(pid, 'SIGKILL');
      });
  }, 30_000);

  it('when ship is killed in a later step, then recover leaves it to the undo, and forward as it is', async () => {
    for (const [direction, left] of [
      ['--forward', 1],
      ['--back', 0],
    ] as const) {
      const [service, last] = [lasting(), lasting()];
      const cwd = project(
        `${serving(service)}  - { id: b, run: "test -e once && exit; touch once; ${last}", undo: "true", timeout: 1s }\n`,
      );
      await attempt(async () => {
        await whileRunning(cwd, last, (pid) => process.kill(pid, 'SIGKILL'));
        expect((await ship(['recover', direction], { cwd })).code).toBe(0);
        expect([running(service).length, running(last), existsSync(join(cwd, 'once'))]).toEqual([left, [], true]);
      });
    }
  }, 60_000);
});

it.skipIf(process.platform !== 'linux')(
  'given a ship that a step of another one starts, when it ends, then the mark of the other is no mark of its own',
  async () => {
    const left = lasting();
    const inner = project(`${HEAD}  - { id: a, run: "setsid ${left} > /dev/null 2>&1 &" }\n`);
    const cwd = project(`${HEAD}  - { id: a, leaves: service, run: "cd ${inner} && ${process.execPath} ${SHIP}" }\n`);
    await attempt(async () => {
      expect((await ship([], { cwd })).code).toBe(0);
      expect(running(left)).toEqual([]);
    });
  },
);
