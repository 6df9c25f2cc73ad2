import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentOf } from './support/report.js';
import { project, ship } from './support/ship.js';

/** A run of two steps, of which the second is the action of a plugin. */
const withAction = (body: string) =>
  project(
    'version: 1\nproject: shop\nplugins: [./odd.mjs]\nsteps:\n  - { id: one, run: touch one, undo: rm -f one }\n  - { id: two, uses: odd/act, timeout: 300ms }\n',
    {
      'odd.mjs': `export default { name: 'odd', ship: '^1', apply(ship) { ship.action('act', { run: async () => { ${body} } }); } };`,
    },
  );
const pause = 'await new Promise((yes) => setTimeout(yes, 50));';

describe('a plugin that ends things from the side', () => {
  it.each([
    ['a rejection that nobody awaits', `Promise.reject(new Error('stray')); ${pause} throw new Error('own');`],
    ['an error in a timer', `setTimeout(() => { throw new Error('stray'); }, 5); ${pause} throw new Error('own');`],
  ])(
    'given %s in a step that fails, when ship --auto-rollback runs, then the run is taken back all the same, and the stray is told',
    async (_, body) => {
      const cwd = withAction(body);
      const ended = await ship(['--auto-rollback', '--json'], { cwd });
      expect(documentOf(ended)).toMatchObject({
        exit_code: 1,
        status: 'rolled_back',
        steps: [{ status: 'undone' }, { error: { message: 'own' } }],
        errors: [{ code: 'SHIP_UNEXPECTED', message: 'stray' }],
      });
      expect(ended.stderr).toContain('stray');
      expect(existsSync(join(cwd, 'one'))).toBe(false);
    },
  );

  it('given process.exit(0) in a step, when ship runs, then it is no success, and there is one document', async () => {
    const ended = await ship(['--json'], { cwd: withAction('process.exit(0);') });
    expect(documentOf(ended)).toMatchObject({
      exit_code: 3,
      status: 'failed',
      errors: [{ message: expect.stringContaining('ended before its work was done') }],
    });
  });

  it('given a command of a plugin that never settles, when it runs, then it is no success', async () => {
    const cwd = project('version: 1\nproject: shop\nplugins: [./odd.mjs]\n', {
      'odd.mjs': `export default { name: 'odd', ship: '^1', apply: (ship) => ship.command('odd', { summary: 'x', run: () => new Promise(() => {}) }) };`,
    });
    const ended = await ship(['odd', '--json'], { cwd });
    expect(documentOf(ended)).toMatchObject({ exit_code: 3, errors: [{ message: expect.stringContaining('never comes') }] });
  });

  it('given a timer that a plugin left behind, when the run has ended, then ship ends soon after', async () => {
    const at = performance.now();
    const ended = await ship(['--json'], { cwd: withAction('setInterval(() => {}, 1000); return 1;') });
    expect(documentOf(ended).exit_code).toBe(0);
    expect(performance.now() - at).toBeLessThan(5_000);
  });
});
