import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HEAD, project, shipJson } from './ship.js';

/** Its `api` is a line in a file: the version that is live. */
export const DRIVER = `import { readFileSync, rmSync, writeFileSync } from 'node:fs';
const file = (ctx) => ctx.dir + '/live-' + ctx.environment;
const state = (version) => ({ version, config_hash: version, healthy: true, driver: null });
const describe = async (ctx) => { try { return state(readFileSync(file(ctx), 'utf8')); } catch { return undefined; } };
export default { name: 'line', ship: '^1', apply: (ship) => ship.driver('line', {
  settings: { type: 'object' },
  describe,
  deploy: async (ctx, { version }) => { writeFileSync(file(ctx), version); return state(version); },
  restore: async (ctx, component, before) => {
    const changed = (await describe(ctx))?.version !== before?.version;
    if (before) writeFileSync(file(ctx), before.version); else rmSync(file(ctx), { force: true });
    return { changed };
  },
}) };`;
export const SERVICE = `${HEAD}plugins: [./line.mjs]\ncomponents: { api: { driver: line, version: "\${VERSION:-v0}" } }\nsteps: [{ id: api, uses: deploy, component: api }]\n`;

/** A project with two snapshots in staging and one in production. */
export async function deployed() {
  const cwd = project(SERVICE, { 'line.mjs': DRIVER });
  const ids: string[] = [];
  for (const [env, VERSION] of [
    ['staging', 'v1'],
    ['staging', 'v2'],
    ['production', 'v1'],
  ] as const)
    ids.push((await shipJson(['--env', env], { cwd, env: { VERSION } })).report.snapshot!);
  return { cwd, ids: ids as [string, string, string], live: () => readFileSync(join(cwd, 'live-staging'), 'utf8') };
}
