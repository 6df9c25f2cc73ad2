import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../plugins/migrations/src/sql/parser.js';
import { hasPostgres, startPostgres } from '../services/postgres.js';
import { type Migrated, migrated } from './arbitrary.js';
import { inLanes, openDatabases } from './database.js';
import { examine, prepare } from './oracle.js';
import { falseBlocks, falseOks, judgementsOf } from './verdicts.js';

beforeAll(loadParser);

const RUNS = Number(process.env.SHIP_TEST_MIGRATIONS_RUNS ?? 60);
/** The same examples each time, unless others are asked for. */
const SEED = Number(process.env.SHIP_TEST_MIGRATIONS_SEED ?? 2);

const shown = ({ base, up, down }: Migrated): string => `--- base\n${base}\n--- up\n${up}\n--- down\n${down ?? '(none)'}`;

describe.skipIf(!hasPostgres())('the verdicts on random migrations, with a real PostgreSQL', () => {
  it(`given seed ${SEED}, then nothing that is ok breaks the old code or loses anything`, { timeout: 60_000 + RUNS * 2000 }, async () => {
    const databases = await openDatabases((await startPostgres()).url);
    const wrong: string[] = [];
    const counts = new Map<string, number>();
    const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
    await inLanes(fc.sample(migrated, { numRuns: RUNS, seed: SEED }), async (each) => {
      const { base, up, down } = each;
      const findings = await databases.within(async (db) => examine(db, await prepare(db, base), up, down));
      if (findings.up !== undefined) return count('not valid');
      const { known, unknown } = judgementsOf(base, up, down);
      for (const verdict of ['keep_schema', 'run_down'] as const) count(`${verdict} ${known[verdict]}`);
      wrong.push(...falseOks(known, findings).map((one) => `${one}\n${shown(each)}`));
      wrong.push(...falseOks(unknown, findings).map((one) => `without the schema: ${one}\n${shown(each)}`));
      for (const one of falseBlocks(known, findings)) {
        count(`false block of ${one}`);
        if (process.env.SHIP_TEST_MIGRATIONS_VERBOSE === '1') process.stderr.write(`false block of ${one}\n${shown(each)}\n`);
      }
    });
    await databases.end();
    const sorted = [...counts].sort(([one], [other]) => one.localeCompare(other));
    process.stderr.write(`${RUNS} migrations, seed ${SEED}: ${sorted.map(([what, times]) => `${what} ${times}`).join(', ')}\n`);
    expect(wrong).toEqual([]);
  });
});
