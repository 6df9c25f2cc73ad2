import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshFolder } from './folders.mjs';

/** The command, as it is built: `npm run build` first. */
export const SHIP = fileURLToPath(new URL('../../packages/cli/bin/ship.cjs', import.meta.url));

export const node = (...args) => [process.execPath, ...args];

/** A fresh folder with a config of `count` steps of `true`. */
export function project(count, { parallel = false } = {}) {
  const step = (index) => `  - { id: s${index}, run: "true"${parallel ? ', needs: []' : ''} }\n`;
  const head = `version: 1\nproject: bench\n${parallel ? 'max_parallel: 2\n' : ''}steps:\n`;
  return projectOf(head + Array.from({ length: count }, (_, index) => step(index)).join(''));
}

/** A fresh folder with this config. */
export function projectOf(config) {
  const folder = freshFolder();
  writeFileSync(join(folder, 'ship.yaml'), config);
  return folder;
}
