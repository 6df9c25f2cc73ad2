import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cleanEnv, project, runProgram, SHIP, ship } from '../support/ship.js';
import { attemptsIn } from './figures.js';

const { attempt } = attemptsIn('texts of others that steer a terminal, and terminals that are full');

const ESC = '\x1b]52;c;cHduZWQ=\x07\x1b]0;title\x1b\\\x1b[2J\x1b[1;1Hfake\x9b31m\x9d0;t\x9c\rnext\b\x7f\u202e\u2066\x1bP+q\x1b\\\x1b[5;7m';
const Q = JSON.stringify(ESC);
/** All but tab, newline, and complete colours. */
const STEERS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

const HEAD = 'version: 1\nproject: p\n';
const CONFIGS: Record<string, string> = {
  'a key': `${HEAD}${Q}: 1\nsteps: []\n`,
  'a project': `version: 1\nproject: ${Q}\nsteps: []\n`,
  'an id': `${HEAD}steps: [{ id: ${Q}, run: "true" }]\n`,
  'a name': `${HEAD}steps: [{ id: a, name: ${Q}, run: "false" }]\n`,
  'a command': `${HEAD}steps: [{ id: a, run: ${JSON.stringify(`false #${ESC}`)}, undo: ${JSON.stringify(`false #${ESC}`)} }]\n`,
  'a reason': `${HEAD}steps: [{ id: a, run: "true", irreversible: ${Q} }]\n`,
  checks: `${HEAD}steps: [{ id: a, run: "true" }]\nverify: { smoke: [{ run: "false", name: ${Q} }, { run: ${JSON.stringify(`false #${ESC}`)} }, { http: ${JSON.stringify(`http://127.0.0.1:1/${ESC}`)} }] }\n`,
  'a pattern': `${HEAD}steps: [{ id: a, run: "true" }]\nverify: { smoke: [{ http: "http://127.0.0.1:1/", expect: { body: { matches: ${JSON.stringify(`(${ESC}`)} } } }] }\n`,
  'a plugin': `${HEAD}plugins: [${JSON.stringify(`./${ESC}.mjs`)}]\nsteps: []\n`,
  'an environment': `${HEAD}environments: { ${Q}: {} }\nsteps: []\n`,
  'broken YAML': `version: 1\nproject: "${ESC}\nsteps: [`,
  'what a tool says': `${HEAD}steps: [{ id: a, capture: "cat esc", run: "cat esc; cat esc >&2; false", undo: "cat esc; false" }]\n`,
  'what a plugin says': `${HEAD}plugins: [./pl.mjs]\nsteps: [{ id: a, uses: pl/x }, { id: b, run: "false" }]\n`,
};
const PLUGIN = `
import { definePlugin } from '@ship/core';
import { readFileSync } from 'node:fs';
const E = readFileSync(new URL('./esc', import.meta.url), 'utf8');
export default definePlugin({ name: 'pl', ship: '^1', apply(ship) {
  ship.resource('tx', { remove() { throw new Error('rm ' + E); } });
  ship.action('x', {
    run: async (ctx) => {
      ctx.log.warn('w ' + E); ctx.output({ stream: 'stdout', text: 'o ' + E + '\\n' });
      await ctx.created({ type: 'tx', id: 'i' + E, provenance: 'created', commands: ['c ' + E], console_url: 'u' + E });
      return { r: E };
    },
    restore: async () => ({ changed: true, summary: 's ' + E }), describeUndo: () => 'd ' + E, remedy: () => 'rem ' + E,
    preview: () => [{ kind: 'run', what: E }],
  });
  ship.hooks.onFailure.tapPromise('e', async (f, r, n) => n.addEvidence('n' + E, 't' + E));
  ship.hooks.afterRun.tapPromise('z' + E, async () => { throw new Error('z ' + E); });
  ship.hooks.beforeRollback.tapPromise('q', async (a, b, finding) => finding({ level: 'warn', rule: 'r' + E, message: 'm' + E }));
  ship.command('say', { summary: 'su ' + E, run: async (ctx) => { ctx.print('p ' + E); return { E }; } });
} });
`;
const FEW = [['validate'], ['--dry-run'], ['--auto-rollback', '--yes', '--verbose'], ['status']];
const ALL = [
  ...FEW,
  ['--auto-rollback', '--yes', '--json', '--verbose'],
  ['recover', '--back'],
  ['history'],
  ['--list-snapshots'],
  ['doctor'],
  ['plugins'],
  ['--help'],
  ['say'],
  ['say', '--json'],
];

/** What of the output of ship steers a terminal. */
async function steering(cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<string | undefined> {
  const { stdout, stderr } = await ship(args, { cwd, env });
  if (args.includes('--json')) JSON.parse(stdout);
  const shown = (stdout + stderr).replace(env.FORCE_COLOR ? /\x1b\[[0-9;:]*m/g : /(?!)/, '');
  return STEERS.exec(shown) === null
    ? undefined
    : `${args.join(' ')}: ${JSON.stringify(shown.slice(Math.max(0, shown.search(STEERS) - 40)).slice(0, 80))}`;
}

describe('given a text that steers a terminal', () => {
  it.each(Object.entries(CONFIGS))(
    'as %s of a config, when ship is asked anything, then none of it comes out',
    async (what, config) => {
      const cwd = project(config, { esc: `${ESC}\n`, 'pl.mjs': PLUGIN });
      for (const args of what.startsWith('what') ? ALL : FEW) await attempt(async () => expect(await steering(cwd, args)).toBeUndefined());
      await attempt(async () =>
        expect(await steering(cwd, ['--auto-rollback', '--yes', '--verbose'], { FORCE_COLOR: '1' })).toBeUndefined(),
      );
    },
    120_000,
  );

  it('as words and variables, when ship refuses them, then none of it comes out', async () => {
    const cwd = project(`${HEAD}steps: []\n`);
    for (const args of [
      ['--env', ESC],
      ['--config', ESC],
      [ESC],
      ['--rollback-to', ESC],
      ['explain', ESC],
      ['snapshots', 'show', ESC],
      ['history', ESC],
    ])
      await attempt(async () => expect(await steering(cwd, args)).toBeUndefined());
    for (const name of ['SHIP_ENV', 'SHIP_CONFIG', 'SHIP_LOCK_WAIT', 'USER'])
      await attempt(async () => expect(await steering(cwd, [], { [name]: ESC })).toBeUndefined());
  }, 60_000);

  it('in files of the store, when ship shows them, then none of it comes out', async () => {
    const cwd = project(`${HEAD}steps: [{ id: a, run: "true" }]\n`);
    const first = async () => void (await ship([], { cwd }));
    const newest = (folder: string, begins: string) =>
      join(
        folder,
        readdirSync(folder)
          .filter((name) => name.startsWith(begins))
          .sort()
          .at(-1)!,
      );
    const damages: [string, () => string, string][] = [
      ['snapshots', () => newest(join(cwd, '.speckit/snapshots/default'), 'snapshot-'), ESC],
      [
        'deployed',
        () => join(cwd, '.speckit/state/default/deployed-version.json'),
        JSON.stringify({ version: ESC, components: { [ESC]: ESC }, run: ESC, snapshot: ESC, at: ESC }),
      ],
      [
        'report',
        () => join(newest(join(cwd, '.speckit/runs/default'), '20'), 'report.json'),
        JSON.stringify({ format: 1, run: ESC, status: 'failed', errors: [{ message: ESC }] }),
      ],
      ['journal', () => join(newest(join(cwd, '.speckit/runs/default'), '20'), 'journal.jsonl'), `${ESC}\n`],
    ];
    for (const [, file, content] of damages) {
      await first();
      writeFileSync(file(), content);
      for (const args of [['status'], ['history'], ['--list-snapshots'], ['doctor']])
        await attempt(async () => expect(await steering(cwd, args)).toBeUndefined());
    }
  }, 60_000);

  it('and commands of a runner of GitHub in a failure, when ship runs there, then it obeys none of them', async () => {
    const text = `x\r::error::one\x1b[2J%0A::error::two :\x1b[0m:add-mask::three`;
    const cwd = project(`${HEAD}steps: [{ id: a, run: "cat esc; cat esc >&2; false" }]\n`, { esc: text });
    await attempt(async () => {
      const { stdout, stderr } = await ship(['--verbose'], { cwd, env: { GITHUB_ACTIONS: 'true' } });
      const obeyed: string[] = [];
      for (const stream of [stdout, stderr]) {
        let stopped = '';
        for (const line of stream.split(/[\r\n]+/)) {
          if (stopped !== '') stopped = line.trim() === `::${stopped}::` ? '' : stopped;
          else if (line.trim().startsWith('::stop-commands::')) stopped = line.trim().slice('::stop-commands::'.length);
          else if (line.trim().startsWith('::')) obeyed.push(line.trim());
        }
      }
      expect(obeyed.filter((line) => !/^::(error|warning)( title=[\w_]+)?::[^:]*\/bin\/sh/.test(line))).toEqual([]);
    });
  });

  it.skipIf(spawnSync('script', ['--version']).status !== 0)(
    'as names and output, when a terminal shows them live, then none of it comes out',
    async () => {
      const cwd = project(`${HEAD}steps: [{ id: a, name: ${Q}, run: "cat esc; sleep 0.3" }, { id: b, run: "cat esc >&2; false" }]\n`, {
        esc: `${ESC}\n`,
      });
      await attempt(() => {
        const command = `'${process.execPath}' '${SHIP}' --no-auto-rollback --no-rollback`;
        const env = { ...cleanEnv({ CI: undefined }), TERM: 'xterm-256color' };
        const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
          cwd,
          env,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
          timeout: 20_000,
        });
        expect(stdout.replace(/\s/g, '')).toContain('fake');
        // What draws the view moves the cursor by itself; it knows no clipboard, title, bell, and no C1.
        expect(stdout).not.toMatch(/\x1b[\]P_^X]|\x1b\[2J|\x1b\[1;1H|[\x07\x08\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
      });
    },
    30_000,
  );
});

describe('given colours of a tool', () => {
  it.each([
    ['1', true],
    ['0', false],
  ])('when FORCE_COLOR is %s, then it is %s that they are shown, and they end with their line', async (FORCE_COLOR, areShown) => {
    const cwd = project(`${HEAD}steps: [{ id: a, run: "cat esc" }]\n`, { esc: 'a \x1b[35mviolet\n' });
    await attempt(async () => {
      const { stdout } = await ship(['--verbose'], { cwd, env: { FORCE_COLOR } });
      expect(stdout.includes('a \x1b[35mviolet\x1b[0m')).toBe(areShown);
      expect(stdout.includes('a violet')).toBe(!areShown);
    });
  });
});

describe('given a disk that is full', () => {
  it.each([
    [['--json'], '>'],
    [['--verbose'], '>'],
    [['status', '--json'], '>'],
    [['history'], '>'],
    [['--help'], '>'],
    [['nonsense'], '2>'],
  ])('when ship %j writes to it, then that is no success, and the other stream says why', async (args, to) => {
    const cwd = project(`${HEAD}steps: [{ id: a, run: "true" }]\n`);
    await attempt(async () => {
      const { code, stdout, stderr } = await runProgram(['sh', '-c', `"$@" ${to} /dev/full`, 'sh', process.execPath, SHIP, ...args], {
        cwd,
      });
      expect(code).toBeGreaterThanOrEqual(2);
      expect(stdout + stderr).toContain('could not be written: ENOSPC');
      const { stdout: history } = await ship(['history', '--json'], { cwd });
      const [run] = (JSON.parse(history) as { result: { status: string }[] }).result;
      if (!args.some((word) => /^[a-z]|help/.test(word))) expect(run?.status).toBe('succeeded');
    });
  });

  it('when a reader goes away instead, then that is none of its business', async () => {
    const cwd = project(`${HEAD}steps: [{ id: a, run: "true" }]\n`);
    await attempt(async () => {
      const { code, stderr } = await runProgram(['bash', '-o', 'pipefail', '-c', '"$@" | true', 'sh', process.execPath, SHIP, '--json'], {
        cwd,
      });
      expect([code, stderr.includes('could not be written')]).toEqual([0, false]);
    });
  });
});
