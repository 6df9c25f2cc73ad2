import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project, ship, shipJson } from './support/ship.js';

/** A store in a folder that stops taking anything as soon as a file `down` stands beside it. */
const STORE = `import { existsSync } from 'node:fs';
import { FileStore } from '@ship/core/kernel';
export default { name: 'far', ship: '^1', apply: (ship) => ship.store('far', ({ stateDir }) => {
  const store = new FileStore(stateDir + '/far');
  const refuse = () => { if (existsSync(stateDir + '/../down')) throw new Error('the store cannot be reached'); };
  const take = store.put.bind(store);
  store.put = async (...given) => { refuse(); return take(...given); };
  const open = store.appender.bind(store);
  store.appender = async (...given) => {
    refuse();
    const appender = await open(...given);
    let failure;
    const demand = () => { try { refuse(); } catch (error) { failure = error; } if (failure) throw failure; };
    return {
      append: async (data) => { demand(); return appender.append(data); },
      enqueue: (data) => { try { demand(); appender.enqueue(data); } catch {} },
      close: async () => { await appender.close(); demand(); },
    };
  };
  return store;
}) };`;
const HEAD = 'version: 1\nproject: shop\nplugins: [./far.mjs]\nstore: far\nsteps:\n';

function far(steps: string): string {
  const cwd = project(HEAD + steps, { 'far.mjs': STORE });
  writeFileSync(join(cwd, 'far.mjs'), STORE.replace('@ship/core/kernel', join(import.meta.dirname, '../packages/core/dist/kernel-api.js')));
  return cwd;
}

const journalOf = (cwd: string) => {
  const runs = join(cwd, '.speckit/far/runs/default');
  return readFileSync(join(runs, readdirSync(runs).at(-1)!, 'journal.jsonl'), 'utf8');
};

describe('a store that goes away', () => {
  it('given one that goes away in a step, when it is back and pushed to, then the step was finished, no other began, and the record is whole', async () => {
    const cwd = far('  - { id: one, run: "touch one down" }\n  - { id: two, run: touch two }\n');
    const { report } = await shipJson([], { cwd });
    expect(report.exit_code).toBeGreaterThan(0);
    expect(report.warnings.at(-1)).toMatch(
      /^the store did not take .*journal.jsonl.*report.json.*: kept in .*\.speckit-spool; `ship state push` brings it home$/,
    );
    expect([existsSync(join(cwd, 'one')), existsSync(join(cwd, 'two'))]).toEqual([true, false]);
    expect(statSync(join(cwd, '.speckit-spool')).mode & 0o777).toBe(0o700);
    expect(journalOf(cwd)).not.toContain('"type":"result"');

    rmSync(join(cwd, 'down'));
    expect((await ship(['state'], { cwd })).stdout).toContain('journal.jsonl');
    const pushed = (await shipJson(['state', 'push'], { cwd })).report;
    expect(pushed).toMatchObject({ exit_code: 0, result: { superseded: [], refused: [] } });
    expect(existsSync(join(cwd, '.speckit-spool'))).toBe(false);
    expect(journalOf(cwd)).toContain('"type":"result","kind":"step","name":"one"');
    expect(journalOf(cwd)).toContain('"type":"run-finished"');
    expect((await ship(['state', 'push'], { cwd })).stdout).toBe('nothing waits: the store has everything\n');
  });

  it('given one that goes away in the last step, when a newer run comes before the push, then what is older does not replace what is newer', async () => {
    const cwd = far('  - { id: one, run: "test -f again || touch down" }\n');
    await ship([], { cwd });
    rmSync(join(cwd, 'down'));
    writeFileSync(join(cwd, 'again'), '');
    const spooled = (await shipJson(['state'], { cwd })).report.result as { waiting: string[] };
    expect((await ship(['--auto-rollback'], { cwd })).code).toBe(0);
    const { report } = await shipJson(['state', 'push'], { cwd });
    const { superseded, pushed, refused } = report.result as Record<string, string[]>;
    expect([...superseded!, ...pushed!, ...refused!].sort()).toEqual([...spooled.waiting].sort());
    // The dead run was taken back meanwhile: its journal has gone on, and has ended.
    expect(superseded!.every((key) => /^state\/|\/latest\.json$|\/journal\.jsonl$/.test(key))).toBe(true);
    expect(refused).toEqual([]);
  });

  it('given one that is not there, when ship runs, then nothing begins; with --without-journal it does, and says what that means', async () => {
    const cwd = far('  - { id: one, run: touch one, undo: rm -f one }\n  - { id: two, run: "test -f fine", undo: "true" }\n');
    writeFileSync(join(cwd, 'down'), '');
    expect((await ship([], { cwd })).code).toBeGreaterThan(0);
    expect(existsSync(join(cwd, 'one'))).toBe(false);
    const { report } = await shipJson(['--without-journal', '--auto-rollback'], { cwd });
    expect(report).toMatchObject({ status: 'rolled_back', exit_code: 1, warnings: [expect.stringMatching(/^without a journal: /)] });
    expect(existsSync(join(cwd, 'one'))).toBe(false);
    writeFileSync(join(cwd, 'fine'), '');
    expect((await ship(['--without-journal'], { cwd })).code).toBe(0);
    expect(existsSync(join(cwd, 'one'))).toBe(true);
  });

  it.each([
    [['state', 'pull'], 'takes no "pull"'],
    [['state', 'push', 'now'], 'takes no "now"'],
    [['validate', '--without-journal'], 'for a run alone'],
  ])('given `ship %s`, when it is run, then 2 and what is wrong', async (args, told) => {
    const ended = await ship(args, { cwd: project('version: 1\nproject: shop\nsteps: [{ id: a, run: "true" }]\n') });
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(told)]);
  });
});
