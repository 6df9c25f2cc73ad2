import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AFTER } from '../packages/cli/src/completion-scripts.js';
import { ALL_VERBS } from '../packages/cli/src/help.js';
import { hasProgram } from './services/started.js';
import { registeredByAll } from './support/builtins.js';
import { documentOf } from './support/report.js';
import { lines, runProgram, SHIP, ship, temporaryFolder } from './support/ship.js';

const CONFIG = `version: 1
project: shop
environments: { staging: {}, production: {}, "$(touch hacked)": {} }
default_environment: staging
components: { api: { driver: release }, worker: { driver: release } }
steps: [{ id: build, run: x }, { id: "a b" }]
nonsense: true
`;

/** A folder with a config that has mistakes in it, a snapshot, and \`ship\` on the path. */
function folder(): { cwd: string; env: Record<string, string> } {
  const cwd = temporaryFolder();
  const files = {
    'ship.yaml': CONFIG,
    '.speckit/project': 'shop\n',
    '.speckit/snapshots/staging/snapshot-1.json': '{}',
    '.speckit/snapshots/staging/latest.json': '{}',
    '.speckit/snapshots/production/snapshot-2.json': '{}',
    '.speckit/runs/staging/run-1/journal.jsonl': '',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
  const bin = temporaryFolder();
  writeFileSync(join(bin, 'ship'), `#!/bin/sh\nexec ${process.execPath} ${SHIP} "$@"\n`, { mode: 0o755 });
  return { cwd, env: { PATH: `${bin}:${process.env.PATH}`, HOME: bin } };
}

/** What each shell offers where its user presses Tab. The last word is the one that is completed. */
const OFFERED: Readonly<Record<string, (words: readonly string[]) => string>> = {
  bash: (words) =>
    `source <(ship completion bash); COMP_WORDS=(ship "$@"); COMP_CWORD=${words.length}; _ship; printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (words) => `compdef() { :; }; compset() { :; }; compadd() { shift; print -l -- "$@" }; source <(ship completion zsh)
words=(ship "$@"); CURRENT=${words.length + 1}; _ship`,
  fish: () => 'ship completion fish | source; complete -C "ship $argv" | cut -f1',
};

async function offered(shell: string, words: readonly string[]): Promise<string[]> {
  const { cwd, env } = folder();
  const script = OFFERED[shell]!(words);
  const argv = shell === 'fish' ? ['fish', '-c', script, '--', ...words] : [shell, '-c', script, shell, ...words];
  const ended = await runProgram(argv, { cwd, env });
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(existsSync(join(cwd, 'hacked'))).toBe(false);
  return lines(ended);
}

describe.each(['bash', 'zsh', 'fish'].filter(hasProgram))('in %s', (shell) => {
  it.each<[string[], string[], string]>([
    [['r'], ['rollback', 'resume', 'recover', 'release'], 'api'],
    [['--r'], ['--rollback-to', '--rollback-component'], 'rollback'],
    [['rollback', '--'], ['--to', '--component', '--env'], '--dry-run'],
    [['--env', ''], ['staging', 'production'], '$(touch hacked)'],
    [['rollback', '-e', ''], ['staging', 'production'], 'api'],
    [['--rollback-component', ''], ['api', 'worker'], 'staging'],
    [['rollback', '--to', ''], ['snapshot-1'], 'snapshot-2'],
    [['--env', 'production', '--rollback-to', ''], ['snapshot-2'], 'snapshot-1'],
    [['snapshots', ''], ['list', 'show', 'prune'], 'snapshot-1'],
    [['snapshots', 'show', ''], ['snapshot-1'], 'list'],
    [['release', 'logs', ''], ['api', 'worker'], 'logs'],
    [['decide', '--replay', ''], ['run-1'], 'api'],
    [['explain', 'SHIP_LEASE'], ['SHIP_LEASE_HELD'], 'api'],
    [['lock', ''], ['status', 'release'], 'api'],
  ])('given `ship %s`, when Tab is pressed, then %s are offered, and %s is not', async (words, wanted, unwanted) => {
    const found = await offered(shell, words);
    expect(found).toEqual(expect.arrayContaining(wanted));
    expect(found).not.toContain(unwanted);
  });
});

describe('`ship completion`', () => {
  it.each([
    ['environments', ['staging', 'production']],
    ['components', ['api', 'worker']],
    ['steps', ['build']],
    ['snapshots', ['snapshot-1']],
    ['nothing', []],
  ])('given a config with mistakes, when %s are asked for, then they are %j, and no word that a shell would read', async (kind, words) => {
    const { cwd } = folder();
    const ended = await ship(['completion', '--words', kind, '--json'], { cwd });
    expect(documentOf(ended)).toMatchObject({ exit_code: 0, command: 'completion', result: words });
  });

  it('given a config that is a module, or a plugin that exits, when words are asked for, then neither is executed', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'ship.mjs'), 'import { writeFileSync } from "node:fs"; writeFileSync("hacked", ""); export default {};');
    expect(await ship(['completion', '--words', 'steps'], { cwd })).toMatchObject({ code: 0, stdout: '', stderr: '' });
    writeFileSync(join(cwd, 'ship.yaml'), 'version: 1\nproject: x\nplugins: [./ship.mjs]\nsteps: [{ id: a, run: b }]\n');
    expect(await ship(['completion', '--words', 'steps'], { cwd })).toMatchObject({ code: 0, stdout: 'a\n', stderr: '' });
    expect(existsSync(join(cwd, 'hacked'))).toBe(false);
  });

  it('given a shell that is not known, when its script is asked for, then 2, and those that are', async () => {
    expect(await ship(['completion', 'fsh'], { cwd: temporaryFolder() })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('ship completion fish'),
    });
  });
});

describe('help for one verb', () => {
  it.each([[['rollback', '--help']], [['help', 'rollback']], [['-h', 'rollback']]])(
    'given `ship %s`, then it shows that verb alone, with its flags and an example',
    async (args) => {
      const { code, stdout } = await ship(args, { cwd: temporaryFolder() });
      expect(code).toBe(0);
      for (const word of ['ship rollback', '--to ID', '--instant', '--env', 'Example']) expect(stdout).toContain(word);
      for (const word of ['ship status', '--dry-run', '130']) expect(stdout).not.toContain(word);
    },
  );

  it('given a verb of a plugin that comes with the command, or one that nobody has, then its help, or the nearest one', async () => {
    const cwd = temporaryFolder();
    expect(await ship(['help', 'snapshots'], { cwd })).toMatchObject({ code: 0, stdout: expect.stringContaining('ship snapshots list') });
    expect(await ship(['help', 'snapshot'], { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining('`ship snapshots`') });
    expect(await ship(['rolback', '--help'], { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining('`ship rollback`') });
  });
});

describe('`ship deploy`', () => {
  it('given a config, when `ship deploy` runs, then it is the same as `ship` alone; words and flags of other verbs are refused', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'ship.yaml'), 'version: 1\nproject: x\nsteps: [{ id: a, run: echo 1 > one }]\n');
    expect(documentOf(await ship(['deploy', '--dry-run', '--json'], { cwd }))).toMatchObject({ exit_code: 0, command: 'dry-run' });
    expect(documentOf(await ship(['deploy', '--json'], { cwd }))).toMatchObject({ exit_code: 0, command: 'deploy', status: 'succeeded' });
    expect(existsSync(join(cwd, 'one'))).toBe(true);
    for (const args of [['deploy', 'x'], ['deploy', '--rollback-to', 'x'], ['deploy', '--to', 'x'], ['deplyo']])
      expect((await ship(args, { cwd })).code).toBe(2);
  });
});

it('given the commands of plugins that come with ship, when help and completion name them, then they are as the plugins have them', async () => {
  const { registry } = await registeredByAll();
  for (const name of registry.commands.names()) {
    const { usage } = registry.commands.get(name)!;
    expect(ALL_VERBS[name]?.usage).toBe(`${name} ${usage}`);
    const offered = Object.hasOwn(AFTER, name) ? AFTER[name]!.first : [];
    for (const word of Array.isArray(offered) ? offered : []) expect(usage).toMatch(new RegExp(`\\b${word}\\b`));
  }
  expect(registry.commands.names().length).toBeGreaterThan(2);
});
