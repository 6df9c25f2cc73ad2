// Runs the attacks, and shows for each area how much was tried and how much of it went wrong.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'ship-attack-'));
const figures = join(folder, 'figures');
writeFileSync(figures, '');
// Bounded, and yet not a question of how busy the machine is.
const args = ['vitest', 'run', '--testTimeout=180000', ...(process.argv.length > 2 ? process.argv.slice(2) : ['test/attack/'])];
const { status } = spawnSync('npx', args, { stdio: 'inherit', env: { ...process.env, SHIP_TEST_ATTACK: figures } });
const lines = readFileSync(figures, 'utf8').split('\n').filter(Boolean);
console.table(Object.fromEntries(lines.map((line) => JSON.parse(line)).map(({ area, ...counts }) => [area, counts])));
rmSync(folder, { recursive: true });
process.exitCode = status ?? 1;
