import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cleanEnv, project, SHIP, ship } from '../support/ship.js';
import { attemptsIn } from './figures.js';

const { attempt } = attemptsIn('holders that were stopped past their lease, and wake');

const CONFIG = `version: 1
project: fenced
steps:
  - { id: a, capture: 'cat a 2>/dev/null || true', run: 'echo $V > a', undo: 'echo "$SHIP_CAPTURE" > a' }
  - { id: wait, run: 'test -z "$WAIT" || { touch waiting; while test ! -e go; do sleep 0.05; done; echo woken; }', undo: 'true' }
  - { id: b, capture: 'cat b 2>/dev/null || true', run: 'echo $V > b', undo: 'echo "$SHIP_CAPTURE" > b' }
verify: { smoke: [{ run: 'true' }] }
`;

/** All files of the state with what is in them. */
function stateOf(cwd: string): Record<string, string> {
  const files = readdirSync(join(cwd, '.speckit'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), 'utf8')]));
}

const until = async (holds: () => boolean): Promise<void> => {
  for (let left = 200; left > 0 && !holds(); left -= 1) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(holds()).toBe(true);
};

// Whoever frees the lease by hand, and takes the run back or deploys over it, is the same as a lease that has run out.
it.each([
  ['takes its run back', [['recover', '--back']]],
  ['takes its run back and deploys', [['recover', '--back'], []]],
  ['deploys, and has it taken back first', [['--auto-rollback']]],
])(
  'given a holder that is stopped while another %s, when it wakes, then it writes nothing anywhere, does no further step, and ends with 5',
  async (_, commands) => {
    await attempt(async () => {
      const cwd = project(CONFIG);
      expect((await ship([], { cwd, env: { V: 'v1' } })).code).toBe(0);
      const holder = spawn(process.execPath, [SHIP, '--auto-rollback'], { cwd, env: cleanEnv({ V: 'v2', WAIT: '1' }), stdio: 'ignore' });
      const ended = new Promise<number | null>((resolve) => holder.once('exit', resolve));
      await until(() => existsSync(join(cwd, 'waiting')));
      holder.kill('SIGSTOP');
      // Its process is there, so nobody takes it for dead: somebody says that it is, as on another machine.
      execFileSync(
        'sh',
        ['-c', `f=$(ls -v .speckit/state/default/lease/*.json | tail -1); sed -i 's/"host":"[^"]*"/"host":"elsewhere"/' "$f"`],
        { cwd },
      );
      expect((await ship(['lock', 'release', '--yes'], { cwd, env: { V: 'v3' } })).code).toBe(0);
      for (const args of commands) expect((await ship(args, { cwd, env: { V: 'v3' } })).code).toBe(0);
      const before = stateOf(cwd);
      const world = ['a', 'b'].map((file) => readFileSync(join(cwd, file), 'utf8'));
      execFileSync('touch', [join(cwd, 'go')]);
      holder.kill('SIGCONT');
      expect(await ended).toBe(5);
      expect(stateOf(cwd)).toEqual(before);
      expect(['a', 'b'].map((file) => readFileSync(join(cwd, file), 'utf8'))).toEqual(world);
      expect(existsSync(join(cwd, '.speckit-spool'))).toBe(false);
    });
  },
);
