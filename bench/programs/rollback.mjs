// Rolls back K components whose restores take known times, and prints how long that took and how long the longest chain is, in ms.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openKernel } from '../../packages/config/dist/index.js';
import { MemoryStore } from '../../packages/core/dist/index.js';
import { rollbackTo } from '../../packages/core/dist/kernel-api.js';

const [folder, count] = process.argv.slice(2);
const names = Array.from({ length: Number(count) }, (_, index) => `c${index}`);
const duration = (name) => 200 + ((Number(name.slice(1)) * 7919) % 11) * 40;
/** Three chains side by side. */
const needs = (name) => (Number(name.slice(1)) < 3 ? [] : [`c${Number(name.slice(1)) - 3}`]);

const state = (version) => ({ version, config_hash: version, healthy: true, driver: null });
const live = new Map(names.map((name) => [name, 'v2']));
const driver = {
  settings: { type: 'object' },
  describe: async (_ctx, { name }) => state(live.get(name)),
  deploy: async () => state('v2'),
  restore: async (_ctx, { name }, to) => {
    await new Promise((resolve) => setTimeout(resolve, duration(name)));
    live.set(name, to.version);
    return { changed: true };
  },
};
const snapshot = {
  format: 2,
  id: 'snapshot-1',
  project: 'bench',
  environment: 'default',
  timestamp: new Date().toISOString(),
  version: 'v1',
  components: Object.fromEntries(names.map((name) => [name, state('v1')])),
  parts: {},
  config: {},
  verification: { smoke: true, acceptance: null, security: null, performance: null },
  rollback_safe: true,
  notes: [],
};
const plugin = {
  name: 'fleet',
  ship: '^1',
  apply(ship) {
    ship.driver('service', driver);
    ship.snapshots({ latest: async () => snapshot, find: async () => snapshot });
  },
};
const components = names.map((name) => `  ${name}: { driver: service, version: v2, depends_on: [${needs(name).join(', ')}] }`).join('\n');
const file = join(folder, 'ship.yaml');
writeFileSync(file, `version: 1\nproject: bench\nmax_parallel: 8\nplugins: [fleet]\nsteps: []\ncomponents:\n${components}\n`);
const kernel = await openKernel({
  cwd: folder,
  file,
  env: {},
  store: new MemoryStore(),
  builtins: { fleet: async () => ({ default: plugin }) },
});
const report = await rollbackTo(kernel, 'snapshot-1', { command: 'bench' });
if (report.exit_code !== 0) throw new Error(JSON.stringify(report.errors));
const longest = (name) => duration(name) + Math.max(0, ...needs(name).map(longest));
process.stdout.write(`${report.rollback.duration_ms}\n${Math.max(...names.map(longest))}\n`);
