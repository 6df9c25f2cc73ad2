import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DRIVER, deployed, SERVICE } from './support/line-service.js';
import { crashAt, DEPLOY, lines, project, ship, shipJson } from './support/ship.js';

/** As the service, and a version with `bad` in it fails its smoke suite. */
const CHECKED = `${SERVICE}verify: { smoke: [{ run: "! grep -q bad live-$SHIP_ENV" }] }\n`.replaceAll('$SHIP_ENV', 'staging');

const held = async (cwd: string) => (await shipJson(['hold', 'list'], { cwd })).report.result;
const deploy = (cwd: string, VERSION: string, ...args: string[]) => shipJson(args, { cwd, env: { VERSION } });
const holdsIn = (cwd: string) => JSON.parse(readFileSync(join(cwd, '.speckit/state/staging/holds.json'), 'utf8'));

describe('hold', () => {
  it('given a version that was taken back by itself, when it is deployed again, then it is refused with who, when and why, and a newer one passes', async () => {
    const cwd = project(CHECKED, { 'line.mjs': DRIVER });
    await deploy(cwd, 'v1');
    const failed = await deploy(cwd, 'v2-bad', '--auto-rollback');
    expect(failed.report.exit_code).toBe(1);
    const again = await deploy(cwd, 'v2-bad');
    expect(again.report).toMatchObject({ exit_code: 6, status: 'refused', run: null, errors: [{ code: 'SHIP_DEPLOY_HELD' }] });
    const [{ message, hint }] = again.report.errors as [{ message: string; hint: string }];
    for (const part of ['api v2-bad is held in staging', '@', failed.report.run!, 'smoke']) expect(message).toContain(part);
    expect(hint).toContain('ship hold release api@v2-bad --reason');
    for (const args of [['--dry-run'], ['validate']]) {
      const looked = await deploy(cwd, 'v2-bad', ...args);
      expect(looked.report).toMatchObject({ exit_code: 0, warnings: [expect.stringContaining('would refuse')] });
    }
    expect((await deploy(cwd, 'v2-bad', '--env', 'production')).report.exit_code).toBe(0);
    expect((await deploy(cwd, 'v3')).report.exit_code).toBe(0);
  });

  it.each([
    ['ship rollback', () => ['rollback']],
    ['--rollback-to', (id: string) => ['--rollback-to', id]],
    ['--rollback-component', () => ['--rollback-component', 'api']],
  ])(
    'given %s with a reason, when what was taken back is deployed again, then it is held with that reason until a release says why',
    async (_, args) => {
      const { cwd, ids } = await deployed();
      // One that is no breaking change, so that one component may go back alone.
      await deploy(cwd, 'v2.1');
      expect((await shipJson([...args(ids[1]), '--reason', 'orders are lost'], { cwd })).report.exit_code).toBe(0);
      expect(await held(cwd)).toMatchObject([{ component: 'api', version: 'v2.1', back_to: 'v2', reason: 'orders are lost' }]);
      expect((await deploy(cwd, 'v2.1')).report).toMatchObject({
        exit_code: 6,
        errors: [{ message: expect.stringContaining('orders are lost') }],
      });
      const release = (...words: string[]) => shipJson(['hold', 'release', ...words], { cwd });
      expect((await release('api')).report).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_HOLD_USAGE' }] });
      expect((await release('api@v9', '--reason', 'x')).report).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_HOLD_UNKNOWN' }] });
      expect((await release('api@v2.1', '--reason', 'it was the database')).report.exit_code).toBe(0);
      expect(holdsIn(cwd)).toMatchObject({ holds: [], released: [{ version: 'v2.1', released: { reason: 'it was the database' } }] });
      expect((await deploy(cwd, 'v2.1')).report.exit_code).toBe(0);
    },
  );

  it('given a version that is held, when a rollback goes to it, then it passes, and its hold is lifted', async () => {
    const { cwd, ids } = await deployed();
    await shipJson(['--rollback-to', ids[0]], { cwd });
    expect((await shipJson(['--rollback-to', ids[1]], { cwd })).report.exit_code).toBe(0);
    // That went forward: v1 was not fled from.
    expect(await held(cwd)).toEqual([]);
    expect((await deploy(cwd, 'v2')).report.exit_code).toBe(0);
  });

  it('given a run that was killed, when it is taken back, then nothing is held: nobody has judged it', async () => {
    const cwd = project(SERVICE, { 'line.mjs': DRIVER });
    await deploy(cwd, 'v1');
    await ship([], { cwd, env: { VERSION: 'v2', ...crashAt('acted:1') } });
    expect((await shipJson(['recover', '--back'], { cwd })).report.exit_code).toBe(0);
    expect(await held(cwd)).toEqual([]);
    expect((await deploy(cwd, 'v2')).report.exit_code).toBe(0);
  });

  it('given steps without components, when they are taken back, then nothing is held', async () => {
    const cwd = project(DEPLOY);
    for (const args of [[], ['rollback'], []]) expect((await ship(args, { cwd })).code).toBe(0);
    expect(lines(await ship(['hold'], { cwd }))).toEqual(['Nothing is held in staging.']);
  });

  it('given a file of holds that is damaged, when ship deploys, then it is refused; a rollback is not', async () => {
    const { cwd } = await deployed();
    await shipJson(['rollback'], { cwd });
    writeFileSync(join(cwd, '.speckit/state/staging/holds.json'), '{');
    expect((await deploy(cwd, 'v3')).report).toMatchObject({ exit_code: 6, errors: [{ code: 'SHIP_HOLD_UNREADABLE' }] });
    expect((await ship(['status'], { cwd })).code).toBe(0);
  });
});

describe('--reason', () => {
  it('given a reason, when ship deploys and goes back, then it stands in the journal, the report and the history, and no secret does', async () => {
    const cwd = project(DEPLOY);
    const { report } = await shipJson(['--reason', 'ticket 7, s3cr3t-value'], { cwd, env: { MY_TOKEN: 's3cr3t-value' } });
    expect(report.reason).toMatch(/^ticket 7, /);
    expect(report.reason).not.toContain('s3cr3t-value');
    const [journal] = [readFileSync(join(cwd, `.speckit/runs/staging/${report.run}/journal.jsonl`), 'utf8')];
    expect(journal).toContain('ticket 7');
    expect(journal).not.toContain('s3cr3t-value');
    expect((await shipJson(['history'], { cwd })).report.result).toMatchObject([{ given_reason: expect.stringContaining('ticket 7') }]);
    expect((await ship(['history'], { cwd })).stdout).toContain('reason: ticket 7');
    const back = await shipJson(['rollback', '--reason', 'ticket 8'], { cwd });
    expect(back.report.reason).toBe('ticket 8');
    expect(readFileSync(join(cwd, `.speckit/runs/staging/${report.run}/journal.jsonl`), 'utf8')).toContain('ticket 8');
  });

  it.each([
    ['--reason', ' '],
    ['status', '--reason', 'x'],
    ['--list-snapshots', '--reason', 'x'],
  ])('given %s %s, when it is read, then it is refused', async (...args) => {
    expect(
      (
        await ship(
          args.filter((word) => typeof word === 'string'),
          { cwd: project(DEPLOY) },
        )
      ).code,
    ).toBe(2);
  });
});
