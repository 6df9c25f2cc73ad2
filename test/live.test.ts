import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { cleanEnv, project, SHIP } from './support/ship.js';

const TMUX = spawnSync('tmux', ['-V']).status === 0;
const SKIP = !TMUX && process.env.SHIP_TEST_ALL !== '1';

beforeAll(() => {
  if (SKIP) process.stderr.write('skipped: the live view needs tmux (SHIP_TEST_ALL=1 makes this an error)\n');
  else if (!TMUX) throw new Error('tmux is missing');
});

/** `ship` on a terminal of its own. */
function terminal(cwd: string, args: readonly string[]) {
  const socket = `ship-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const tmux = (...words: string[]) =>
    execFileSync('tmux', ['-L', socket, ...words], { encoding: 'utf8', env: { ...cleanEnv({ CI: undefined }), TERM: 'xterm-256color' } });
  const command = `'${process.execPath}' '${SHIP}' ${args.join(' ')}; echo $? > exit`;
  onTestFinished(() => void spawnSync('tmux', ['-L', socket, 'kill-server']));
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', '100', '-y', '30', '-c', cwd, `${command}; exec sleep 600`);
  const screen = () => tmux('capture-pane', '-p').trimEnd();
  return {
    screen,
    colours: () => tmux('capture-pane', '-p', '-e'),
    press: (...keys: string[]) => tmux('send-keys', ...keys),
    shows: (text: string | RegExp) => expect.poll(screen, { timeout: 10_000, interval: 50 }).toMatch(text),
    exit: async () => {
      await expect
        .poll(() => existsSync(join(cwd, 'exit')) && readFileSync(join(cwd, 'exit'), 'utf8'), { timeout: 20_000, interval: 50 })
        .toMatch(/\d/);
      return Number(readFileSync(join(cwd, 'exit'), 'utf8'));
    },
  };
}

const config = (...steps: string[]) => project(`version: 1\nproject: shop\nsteps:\n${steps.map((step) => `  - ${step}`).join('\n')}\n`);

describe.skipIf(SKIP)('on a terminal', () => {
  it('given steps that run, wait and are done, when the screen is read, then each shows its state once, with the output of what runs', async () => {
    const cwd = config(
      '{ id: first, run: "true" }',
      '{ id: second, run: "echo half way; until test -e go; do sleep 0.05; done" }',
      '{ id: third, run: "true" }',
    );
    const { screen, shows, exit } = terminal(cwd, []);
    await shows('half way');
    expect(screen()).toMatch(/✔ first/);
    writeFileSync(join(cwd, 'go'), '');
    expect(await exit()).toBe(0);
    await shows('deployed to default');
    for (const step of ['first', 'second', 'third']) expect(screen().match(new RegExp(`✔ ${step}`, 'g'))).toHaveLength(1);
    expect(screen()).not.toContain('half way');
  });

  it('given a failed step, when somebody answers that all is to be rolled back, then it is, and the tree says why', async () => {
    const cwd = config('{ id: one, run: touch one, undo: rm -f one }', '{ id: two, run: "exit 3" }');
    const { screen, shows, press, exit } = terminal(cwd, []);
    await shows('Roll everything back');
    press('Enter');
    expect(await exit()).toBe(1);
    await shows('failed, and undone, but for two; nothing was verified');
    expect(screen()).toMatch(/Trigger: step_failed \(step two\)/);
    expect(existsSync(join(cwd, 'one'))).toBe(false);
  });

  it('given a failed step, when somebody looks into it, mends the cause and has it run again, then the run ends well', async () => {
    const cwd = config(
      '{ id: one, run: touch one, undo: rm -f one }',
      '{ id: two, run: "test -e mended" }',
      '{ id: three, run: touch three }',
    );
    const { screen, shows, press, exit } = terminal(cwd, []);
    await shows('Run the step again');
    press('Down');
    press('Enter');
    await shows(/Left to do: three/);
    await shows(/ship resume +goes on/);
    expect(screen()).toMatch(/Done: one/);
    expect(screen()).toMatch(/Journal: .*journal\.jsonl/s);
    writeFileSync(join(cwd, 'mended'), '');
    await expect.poll(() => screen().split('\n').at(-1), { timeout: 10_000 }).toMatch(/navigate|select/);
    press('Up');
    press('Up');
    press('Enter');
    expect(await exit()).toBe(0);
    await shows('deployed to default');
    expect(screen()).toMatch(/✓ two/);
    expect(existsSync(join(cwd, 'three'))).toBe(true);
  });

  it('given a failed step, when somebody goes on without it, then the steps after it run, with a warning', async () => {
    const cwd = config('{ id: one, run: "exit 3" }', '{ id: two, run: touch two }');
    const { shows, press, exit } = terminal(cwd, []);
    await shows('Go on without it');
    press('Up');
    press('Enter');
    expect(await exit()).toBe(0);
    await shows(/! .*exit 3' exited with 3/);
    expect(existsSync(join(cwd, 'two'))).toBe(true);
  });

  it('given the question, when Ctrl-C dismisses it, then everything stays as it is', async () => {
    const cwd = config('{ id: one, run: touch one, undo: rm -f one }', '{ id: two, run: "exit 3" }');
    const { screen, shows, press, exit } = terminal(cwd, []);
    await shows('Roll everything back');
    press('C-c');
    expect(await exit()).toBe(130);
    expect(existsSync(join(cwd, 'one'))).toBe(true);
    await shows(/ship rollback +takes the run back/);
    for (const ghost of ['Roll everything back', 'What now?', '❯']) expect(screen()).not.toContain(ghost);
  });

  it('given the question before a run, when Ctrl-C dismisses it, then nothing was done, 130, and no menu is left', async () => {
    const cwd = config('{ id: one, run: touch one, irreversible: it sends mail }');
    const { screen, shows, press, exit } = terminal(cwd, []);
    await shows('Run it?');
    press('C-c');
    expect(await exit()).toBe(130);
    expect(existsSync(join(cwd, 'one'))).toBe(false);
    for (const ghost of ['Run it?', 'Yes', '❯']) expect(screen()).not.toContain(ghost);
  });

  it('given a step that does not end when it is asked to, when Ctrl-C is pressed, then that is shown at once, with what a second one does; it ends all, and the cursor is back', async () => {
    const cwd = config(`{ id: stubborn, run: "trap '' INT TERM; touch begun; sleep 20; sleep 20" }`);
    const { screen, shows, press, exit } = terminal(cwd, []);
    await expect.poll(() => existsSync(join(cwd, 'begun'))).toBe(true);
    const pressed = performance.now();
    press('C-c');
    await shows('Once more ends it at once');
    expect(performance.now() - pressed).toBeLessThan(2_000);
    expect(existsSync(join(cwd, 'exit'))).toBe(false);
    press('C-c');
    expect(await exit()).toBe(130);
    await shows('SIGINT again: ended');
    expect(screen()).toContain('ship recover');
  });

  it('given a step that runs, when Ctrl-C is pressed, then the step is interrupted, the screen says so, and 130', async () => {
    const cwd = config('{ id: sleep, run: "touch begun; exec sleep 300" }', '{ id: never, run: touch never }');
    const { screen, shows, press, exit } = terminal(cwd, []);
    await expect.poll(() => existsSync(join(cwd, 'begun'))).toBe(true);
    press('C-c');
    expect(await exit()).toBe(130);
    await shows('interrupted: what was done stands as it is');
    expect(screen()).toContain('SIGINT: stopping');
    expect(existsSync(join(cwd, 'never'))).toBe(false);
  });

  it('given --yes and an environment that needs approval, when ship runs, then nothing is asked; without it No comes first', async () => {
    const cwd = config('{ id: one, run: touch one }');
    writeFileSync(
      join(cwd, 'ship.yaml'),
      `${readFileSync(join(cwd, 'ship.yaml'), 'utf8')}environments: { default: { approval: required } }\n`,
    );
    const asked = terminal(cwd, []);
    await asked.shows('Deploy to default');
    asked.press('Enter');
    expect(await asked.exit()).toBe(2);
    expect(existsSync(join(cwd, 'one'))).toBe(false);
  });

  it('given 60 steps on 30 lines, when they are done, then the verdict is the last thing on the screen', async () => {
    const cwd = config(...Array.from({ length: 60 }, (_, index) => `{ id: s${index}, run: "true", needs: [] }`));
    const { screen, exit } = terminal(cwd, []);
    expect(await exit()).toBe(0);
    await expect.poll(() => screen().split('\n').at(-1)).toContain('deployed to default');
  });
});
