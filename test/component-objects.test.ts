import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HEAD, project, ship, shipJson } from './support/ship.js';

/** A driver whose state is a file, and which keeps the whole text of it as an object. */
const TEXT = `import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
export default { name: 'text', ship: '^1', apply(ship) {
  const file = (ctx) => join(ctx.dir, 'live.txt');
  const describe = async (ctx) => {
    if (!existsSync(file(ctx))) return undefined;
    const text = readFileSync(file(ctx), 'utf8');
    const key = ctx.looks ? undefined : await ship.objects.put(Buffer.from('the text ' + text));
    return { version: text, config_hash: text, healthy: true, driver: { key: key ?? null }, ...(key && { objects: [key] }) };
  };
  ship.driver('text', {
    settings: { type: 'object' },
    describe,
    async deploy(ctx, { version }) { writeFileSync(file(ctx), version); return describe(ctx); },
    async restore(ctx, component, state) {
      if (state === undefined) rmSync(file(ctx));
      else writeFileSync(file(ctx), (await ship.objects.get(state.driver.key)).toString().replace('the text ', ''));
      return { changed: true };
    },
  });
} };`;
const CONFIG = `${HEAD}plugins: [./text.mjs]
components: { page: { driver: text, version: "\${VERSION}" } }
optimization: { rollback: { snapshot_count: 2 } }
steps:
  - { id: page, uses: deploy, component: page }
  - { id: check, run: test ! -e broken, undo: "true" }
verify: { smoke: [{ run: "true" }] }
`;

describe('objects that components point at', () => {
  it('given more deploys than snapshots stay, then the objects of those that are gone are gone, and each that is left can be gone back to', async () => {
    const cwd = project(CONFIG, { 'text.mjs': TEXT });
    const deploy = (VERSION: string, ...args: string[]) => shipJson(args, { cwd, env: { VERSION } });
    for (const version of ['1', '2', '3', '4', '5']) expect((await deploy(version)).report.status).toBe('succeeded');
    const objects = join(cwd, '.speckit/objects');
    const texts = readdirSync(objects, { withFileTypes: true }).flatMap((each) =>
      each.isFile() ? [readFileSync(join(objects, each.name), 'utf8')] : [],
    );
    // What the last run would have gone back to, and what is live.
    expect(texts.sort()).toEqual(['the text 4', 'the text 5']);
    const { report } = await deploy('5', 'snapshots', 'list');
    const oldest = (report.result as { id: string }[]).at(-1);
    expect((await ship(['rollback', '--to', oldest!.id], { cwd, env: { VERSION: '5' } })).code).toBe(0);
    expect(readFileSync(join(cwd, 'live.txt'), 'utf8')).toBe('4');
    expect((await deploy('5', 'snapshots', 'verify')).report.status).toBe('succeeded');
  });

  it('given a run whose snapshots are pruned before it goes back, then what it captured is there', async () => {
    const cwd = project(CONFIG, { 'text.mjs': TEXT, broken: '' });
    const deploy = (VERSION: string, ...args: string[]) => shipJson(args, { cwd, env: { VERSION } });
    expect((await deploy('1', '--auto-rollback')).report.status).toBe('rolled_back');
    expect(existsSync(join(cwd, 'live.txt'))).toBe(false);
    expect((await deploy('2', '--no-rollback')).report.status).toBe('failed');
    expect((await deploy('3', '--no-rollback')).report.status).toBe('failed');
    expect((await ship(['snapshots', 'prune'], { cwd, env: { VERSION: '3' } })).code).toBe(0);
    expect((await deploy('3', 'rollback')).code).toBe(0);
    expect(readFileSync(join(cwd, 'live.txt'), 'utf8')).toBe('2');
  });
});
