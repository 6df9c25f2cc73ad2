import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileStore, foldJournal, readJournal } from '@ship/core/kernel';
import { describe, expect, it } from 'vitest';
import { crashAt, ROOT, ship, shipJson, temporaryFolder } from './support/ship.js';

const BROKEN = { BROKEN: 'yes' };

/** A copy of examples/resources, whose last step fails with `BROKEN=yes`. */
function copy(): string {
  const folder = temporaryFolder();
  cpSync(join(ROOT, 'examples/resources'), folder, { recursive: true, filter: (path) => !path.includes('.speckit') });
  return folder;
}

/** The same, with something in the network that nobody knows of, put there when the last step runs. */
function blocked(): string {
  const cwd = copy();
  writeFileSync(
    join(cwd, 'ship.yaml'),
    `version: 1
project: resources
plugins: [./folders.mjs]
rollback_timeout: 1s
steps:
  - { id: network, uses: folders/make, with: { path: network } }
  - { id: machine, uses: folders/make, with: { path: network/machine } }
  - { id: app, run: "mkdir -p network/stranger; exit 1" }
`,
  );
  return cwd;
}

describe('resources', () => {
  it('given steps that made folders, when a later one fails, then they are gone again; one that was there before stays', async () => {
    const cwd = copy();
    expect((await ship(['plugins'], { cwd })).stdout).toContain('action folders/make, resource folder');
    expect((await shipJson(['--auto-rollback'], { cwd, env: BROKEN })).report).toMatchObject({ exit_code: 1 });
    expect(existsSync(join(cwd, 'network'))).toBe(false);

    mkdirSync(join(cwd, 'network'));
    const { report } = await shipJson(['--auto-rollback'], { cwd, env: BROKEN });
    expect(report.resources).toMatchObject({
      created: [{ id: 'network/machine' }],
      removed: [{ id: 'network/machine' }],
      kept: [{ id: 'network', provenance: 'reused' }],
      orphans: [],
    });
    expect(readdirSync(join(cwd, 'network'))).toEqual([]);
  });

  it('given a folder that cannot go, when the run is taken back, then 4, and it is named with its link and its command; once it can, recover ends with 0', async () => {
    const cwd = blocked();
    const { code, stderr, stdout } = await ship(['--auto-rollback'], { cwd });
    expect(code).toBe(4);
    expect(stderr).toContain('✗ folder network is left behind: folder network stands, as long as it was tried: something is still in it');
    expect(stderr).toContain(`  Look at it: file://${join(cwd, 'network')}\n  Remove it with: rmdir network\n`);
    expect(stderr).not.toContain('is not rolled back');
    expect(stdout).toContain('⟲ folder network/machine removed');
    expect(stdout).toContain('the rollback is INCOMPLETE');

    rmSync(join(cwd, 'network/stranger'), { recursive: true });
    const { report } = await shipJson(['recover', '--back'], { cwd });
    expect(report).toMatchObject({ exit_code: 0, resources: { removed: [{ id: 'network' }, { id: 'network/machine' }], orphans: [] } });
    expect(existsSync(join(cwd, 'network'))).toBe(false);
  });

  it('given --no-rollback, when a step fails, then everything is kept, and each resource is named with its command', async () => {
    const cwd = copy();
    const { code, stdout } = await ship(['--no-rollback'], { cwd, env: BROKEN });
    expect(code).toBe(3);
    expect(stdout).toContain('! folder network stays, made by network\n');
    expect(stdout).toContain('  Remove it with: rmdir network/machine\n');
    expect(existsSync(join(cwd, 'network/machine'))).toBe(true);

    const { report } = await shipJson(['rollback'], { cwd });
    expect(report).toMatchObject({ exit_code: 0, resources: { kept: [], orphans: [] } });
    expect(existsSync(join(cwd, 'network'))).toBe(false);
  });

  it.each(['journal-synced:5', 'acted:2', 'remove-intended:1', 'removed:2', 'undone:2'])(
    'given a run that is killed at %s, and recoveries that are killed at their writes, when it is recovered, then nothing is left',
    async (point) => {
      const cwd = copy();
      expect((await ship(['--auto-rollback'], { cwd, env: { ...BROKEN, ...crashAt(point) } })).signal).toBe('SIGKILL');
      for (const write of [3, 4, 5, 6])
        if ((await ship(['recover', '--back'], { cwd, env: crashAt(`journal-synced:${write}`) })).signal !== 'SIGKILL') break;
      const { code, stderr } = await ship(['recover', '--back'], { cwd });
      expect([code, stderr]).toEqual([0, '']);
      expect(existsSync(join(cwd, 'network'))).toBe(false);
      const store = new FileStore(join(cwd, '.speckit'));
      const [run] = await store.list('runs/default/');
      const { resources } = foldJournal((await readJournal(store, 'default', run!.split('/').at(-1)!)).entries);
      expect(resources.filter(({ fate }) => fate !== 'removed')).toEqual([]);
    },
    30_000,
  );
});
