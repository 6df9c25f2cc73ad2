import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { hasProgram } from '../services/started.js';
import { type Ends, readCase } from './case.js';
import { judge } from './judge.js';
import { openStage } from './stage.js';

const CASES = join(import.meta.dirname, 'cases');

const ENDS: Readonly<Record<Ends, string>> = {
  back: 'it goes back',
  refused: 'it is refused',
  either: 'it goes back or is refused',
  error: 'the run is refused',
};

describe.skipIf(!hasProgram('terraform'))('the way back of infrastructure, with the real terraform', () => {
  for (const name of readdirSync(CASES).filter((entry) => !entry.startsWith('.'))) {
    const given = readCase(join(CASES, name));
    const skips = given.not_as_root === true && process.getuid?.() === 0;
    describe.skipIf(skips)(name, () => {
      it(`given ${given.given}, then ${ENDS[given.ends]}`, { timeout: 180_000 }, async () => {
        const stage = await openStage(given);
        for (const event of given.happens.slice(0, -1)) await stage.happen(event);
        const last = given.happens.at(-1)!;
        const args = typeof last === 'object' && 'ship' in last ? last.ship : [];
        const before = stage.now();
        await judge(given, stage, before, await stage.ship(args), args);
      });
    });
  }
});
