import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deployed, SERVICE } from './support/line-service.js';
import { DEPLOY, HEAD, lines, project, ship, shipJson } from './support/ship.js';

/** A project is given another name, and its state with it. */
function renamed(cwd: string, name: string): void {
  writeFileSync(join(cwd, 'ship.yaml'), SERVICE.replace('project: shop', `project: ${name}`));
  writeFileSync(join(cwd, '.speckit/project'), `${name}\n`);
}

describe('snapshots', () => {
  it('given snapshots, when they are listed and gone back to, then by id and by a unique start, newest first', async () => {
    const { cwd, ids, live } = await deployed();
    expect(
      lines(await ship(['--list-snapshots'], { cwd }))
        .slice(1)
        .map((line) => line.split(' ')[0]),
    ).toEqual([ids[1], ids[0]]);
    expect((await shipJson(['snapshots', 'list'], { cwd })).report.result).toMatchObject([{ id: ids[1] }, { id: ids[0] }]);
    const back = await shipJson(['--rollback-to', ids[0]], { cwd });
    expect(back.report).toMatchObject({
      exit_code: 0,
      status: 'succeeded',
      rollback: { target_snapshot: ids[0] },
      decision: { trigger: 'manual' },
    });
    expect(live()).toBe('v1');
    const start = ids[1].slice(0, -3).replace('snapshot-', '');
    expect((await shipJson(['rollback', '--to', start], { cwd })).report.rollback).toMatchObject({ target_snapshot: ids[1] });
    expect(live()).toBe('v2');
  });

  it('given ids that are none, ambiguous, of another environment, of another project, or damaged, when ship goes back to them, then it is refused with the reason', async () => {
    const { cwd, ids } = await deployed();
    const refusal = async (id: string, args: string[] = []) => (await shipJson(['--rollback-to', id, ...args], { cwd })).report;
    for (const id of ['../../etc', '../../../../etc/passwd', '', '.', 'nope', `${ids[0]}.json`])
      expect(await refusal(id)).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_SNAPSHOT_NOT_FOUND' }] });
    for (const start of ['20', 'snap', 'snapshot', 'snapshot-', ids[0].slice(0, 15)])
      expect(await refusal(start)).toMatchObject({
        exit_code: 2,
        errors: [{ code: 'SHIP_SNAPSHOT_AMBIGUOUS', message: expect.stringContaining(`${ids[1]}, ${ids[0]}`) }],
      });
    expect(await refusal(ids[2])).toMatchObject({
      exit_code: 2,
      errors: [{ code: 'SHIP_SNAPSHOT_ELSEWHERE', hint: expect.stringContaining('--env production') }],
    });
    expect(await refusal(ids[0], ['--no-rollback'])).toMatchObject({ exit_code: 2 });
    const file = join(cwd, `.speckit/snapshots/staging/${ids[0]}.json`);
    const text = readFileSync(file, 'utf8');
    renamed(cwd, 'other');
    expect(await refusal(ids[0])).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_SNAPSHOT_FOREIGN' }] });
    renamed(cwd, 'shop');
    for (const damaged of [
      text.replace('"rollback_safe": true', '"rollback_safe":  true'),
      text.slice(0, -20),
      '',
      '[]',
      text.replace('shop', 'shoq'),
    ]) {
      writeFileSync(file, damaged);
      expect((await refusal(ids[0])).exit_code).toBeGreaterThan(0);
      expect((await refusal(ids[0])).errors[0]!.code).toMatch(/SHIP_SNAPSHOT_(DAMAGED|FORMAT)/);
    }
    expect(lines(await ship(['--list-snapshots'], { cwd })).at(-1)).toContain('damaged');
    writeFileSync(file, text);
    renameSync(file, join(cwd, '.speckit/snapshots/staging/snapshot-copied.json'));
    expect(await refusal('copied')).toMatchObject({ exit_code: 6, errors: [{ code: 'SHIP_SNAPSHOT_DAMAGED' }] });
  });

  it('given one snapshot, when ship goes back to its day, then that one is meant; when it goes back to `snapshot-`, then that says nothing', async () => {
    const { cwd, ids } = await deployed();
    const back = async (start: string) => (await shipJson(['--rollback-to', start, '--env', 'production'], { cwd })).report;
    expect(await back(ids[2].slice(0, 'snapshot-2024-01-15'.length))).toMatchObject({
      exit_code: 0,
      rollback: { target_snapshot: ids[2] },
    });
    for (const start of ['snapshot', 'snapshot-'])
      expect(await back(start)).toMatchObject({
        exit_code: 2,
        errors: [{ code: 'SHIP_SNAPSHOT_AMBIGUOUS', message: `"${start}" is the start of every snapshot: ${ids[2]}` }],
      });
  });

  it('given a snapshot of no component, when it is listed, then the list says why ship will not go back to it, and ship refuses to', async () => {
    const cwd = project(DEPLOY);
    const { snapshot } = (await shipJson([], { cwd })).report;
    const refused = 'it holds no component that the config has';
    expect((await shipJson(['--list-snapshots'], { cwd })).report.result).toMatchObject([{ id: snapshot, restorable: false, refused }]);
    expect((await ship(['--list-snapshots'], { cwd })).stdout).toContain(`nothing to verify; cannot be gone back to: ${refused}`);
    expect((await shipJson(['--rollback-to', snapshot!], { cwd })).report).toMatchObject({
      exit_code: 6,
      errors: [{ code: 'SHIP_ROLLBACK_EMPTY' }],
    });
  });

  it('given snapshots that can be gone back to, of another project, and damaged, when they are listed, then each is marked as what it is', async () => {
    const { cwd, ids } = await deployed();
    const listed = async () => (await shipJson(['snapshots', 'list'], { cwd })).report.result;
    expect(await listed()).toMatchObject([
      { id: ids[1], restorable: true },
      { id: ids[0], restorable: true },
    ]);
    expect((await ship(['--list-snapshots'], { cwd })).stdout).not.toContain('cannot be gone back to');
    writeFileSync(join(cwd, `.speckit/snapshots/staging/${ids[0]}.json`), '{}');
    renamed(cwd, 'other');
    expect(await listed()).toMatchObject([
      { id: ids[1], restorable: false, refused: 'it is of project shop' },
      { id: ids[0], restorable: false, refused: expect.stringContaining('format'), problem: expect.stringContaining('format') },
    ]);
    expect((await ship(['--list-snapshots'], { cwd })).stdout.match(/cannot be gone back to/g)).toHaveLength(2);
  });

  it.each([[['--list-snapshots']], [['snapshots']], [['snapshots', 'list']], [['--rollback-to', 'x']], [['rollback', '--to', 'x']]])(
    'given a config that switches snapshots off, when `ship %s` runs, then 2, and it says what to take out',
    async (args) => {
      const cwd = project(`${DEPLOY}plugins: [{ snapshots: false }]\n`);
      expect((await shipJson(args, { cwd })).report).toMatchObject({
        exit_code: 2,
        errors: [{ code: 'SHIP_SNAPSHOTS_OFF', hint: expect.stringContaining('{ snapshots: false }') }],
      });
    },
  );

  it('given a second version whose smoke check fails, when ship --auto-rollback runs, then the first is live again, proven and verified', async () => {
    const { cwd, ids, live } = await deployed();
    writeFileSync(join(cwd, 'ship.yaml'), `${SERVICE}verify: { smoke: [{ run: "test $(cat live-staging) != v3", name: alive }] }\n`);
    const { report } = await shipJson(['--auto-rollback'], { cwd, env: { VERSION: 'v3' } });
    expect(report).toMatchObject({
      exit_code: 1,
      rollback: { target_snapshot: ids[1], components: [{ name: 'api', from: 'v3', to: 'v2' }], remaining: [] },
    });
    expect(live()).toBe('v2');
  });

  it('given more runs than are kept, when they are listed, then the newest are left', async () => {
    const cwd = project(`${DEPLOY}optimization: { rollback: { snapshot_count: 2 } }\n`);
    const ids: string[] = [];
    for (let run = 0; run < 4; run += 1) ids.push((await shipJson([], { cwd })).report.snapshot!);
    expect((await shipJson(['snapshots', 'list'], { cwd })).report.result).toMatchObject([{ id: ids[3] }, { id: ids[2] }]);
  });
});

it('given a plugin of somebody else with parts of its own, when ship goes back, then each is put back from its value and its file, in their order', async () => {
  const cwd = project(DEPLOY);
  writeFileSync(
    join(cwd, 'parts.mjs'),
    `import { appendFileSync, readFileSync } from 'node:fs';
const part = (name, more) => ({
  ...more,
  capture: () => ({ value: { text: readFileSync('live', 'utf8') }, files: { 'dump.txt': name + ' ' + readFileSync('live', 'utf8') } }),
  restore: async (ctx, { text }, files) => {
    appendFileSync('restored', name + ' ' + text + ' from ' + (await files.read('dump.txt')) + '\\n');
    return { changed: true };
  },
});
export default { name: 'parts', ship: '^1', apply(ship) {
  ship.part('db-schema', part('db-schema', { after: ['network'] }));
  ship.part('network', part('network'));
} };`,
  );
  writeFileSync(join(cwd, 'ship.yaml'), `${DEPLOY}plugins: [./parts.mjs]\n`);
  writeFileSync(join(cwd, 'live'), 'one');
  const { snapshot } = (await shipJson([], { cwd })).report;
  writeFileSync(join(cwd, 'live'), 'two');
  const second = (await shipJson([], { cwd })).report.snapshot;

  const parts = { network: { text: 'one' }, 'db-schema': { text: 'one' } };
  expect((await shipJson(['snapshots', 'show', snapshot!], { cwd })).report.result).toMatchObject({ format: 2, parts });
  expect((await shipJson(['snapshots', 'list'], { cwd })).report.result).toMatchObject([{}, { parts: ['network', 'db-schema'] }]);
  expect((await shipJson(['snapshots', 'diff', snapshot!, second!], { cwd })).report.result).toMatchObject({
    differences: [{ name: 'network' }, { name: 'db-schema' }],
  });
  const back = (await shipJson(['--rollback-to', snapshot!], { cwd })).report;
  expect(back).toMatchObject({ exit_code: 0, rollback: { parts: [{ name: 'network' }, { name: 'db-schema' }] } });
  expect(readFileSync(join(cwd, 'restored'), 'utf8')).toBe('network one from network one\ndb-schema one from db-schema one\n');

  writeFileSync(join(cwd, 'ship.yaml'), `${DEPLOY}plugins: [./parts.mjs]\noptimization: { rollback: { snapshot_count: 1 } }\n`);
  await shipJson([], { cwd });
  const left = readdirSync(join(cwd, '.speckit/snapshots/staging')).filter((name) => name.includes(second!.slice('snapshot-'.length)));
  expect(left).toEqual([]);
});

it('given a success that was taken back, when snapshots are pruned and the next run fails, then it is back at the snapshot that was live, and not at the newest', async () => {
  const cwd = project(
    `${HEAD}optimization: { rollback: { snapshot_count: 5 } }\nsteps: [{ id: a, run: 'test "$N" != bad && echo "$N" > n', capture: 'cat n 2>/dev/null || true', undo: 'echo "$SHIP_CAPTURE" > n' }]\n`,
  );
  const first = await shipJson([], { cwd, env: { N: '1' } });
  await shipJson([], { cwd, env: { N: '2' } });
  expect((await shipJson(['rollback'], { cwd })).report.rollback?.target_snapshot).toBe(first.report.snapshot);
  const config = join(cwd, 'ship.yaml');
  writeFileSync(config, readFileSync(config, 'utf8').replace('snapshot_count: 5', 'snapshot_count: 1'));
  await ship(['snapshots', 'prune'], { cwd });

  const { report } = await shipJson(['--auto-rollback'], { cwd, env: { N: 'bad' } });

  expect(report).toMatchObject({ status: 'rolled_back', rollback: { target_snapshot: first.report.snapshot } });
});
