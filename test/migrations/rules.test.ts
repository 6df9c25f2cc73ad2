import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../plugins/migrations/src/sql/parser.js';
import { hasPostgres, startPostgres } from '../services/postgres.js';
import { BASE, CASES, type Pair } from './cases.js';
import { inLanes, openDatabases } from './database.js';
import { examine, prepare } from './oracle.js';
import { falseBlocks, falseOks, judgementsOf } from './verdicts.js';

beforeAll(loadParser);

const DOCUMENTED = join(import.meta.dirname, '../../docs/migrations.md');

/** The rules in the tables of the documentation, and in the line below them. */
function documentedRules(): string[] {
  const [, rules = ''] = /\n## The rules\n([\s\S]*?)\n## /.exec(readFileSync(DOCUMENTED, 'utf8')) ?? [];
  const listed = rules
    .split('\n')
    .flatMap((line) => (line.startsWith('| `') ? [line.split('|')[1]!] : line.startsWith('For both') ? [line] : []));
  return listed.flatMap((cell) => [...cell.matchAll(/`([a-z]+(?:-[a-z]+)*)`/g)].map(([, rule]) => rule!));
}

const ALL = Object.entries(CASES).flatMap(([rule, { found, notFound }]) => [
  ...found.map((pair) => ({ rule, pair, isFound: true })),
  ...notFound.map((pair) => ({ rule, pair, isFound: false })),
]);

const shown = ([up, down]: Pair): string => `${up}\n    down: ${down ?? 'none'}`;

describe('the rules about migrations', () => {
  it('given the documentation, then every rule has cases in which it finds something, and cases in which it does not', () => {
    expect(Object.keys(CASES).sort()).toEqual([...new Set(documentedRules())].sort());
    for (const { found, notFound } of Object.values(CASES)) expect([found.length > 0, notFound.length > 0]).toEqual([true, true]);
  });

  it('given each case, then its rule is among the reasons, or is not', () => {
    const isThere = (rule: string, pair: Pair) => judgementsOf(BASE, ...pair).known.reasons.some((each) => each.rule === rule);
    const wrong = ALL.filter(({ rule, pair, isFound }) => isThere(rule, pair) !== isFound);
    expect(wrong.map(({ rule, pair, isFound }) => `${rule} ${isFound ? 'is missing' : 'is there'}: ${shown(pair)}`)).toEqual([]);
  });
});

describe.skipIf(!hasPostgres())('the verdicts on migrations, with a real PostgreSQL', () => {
  it('given each case, then nothing that is ok breaks the old code or loses anything', { timeout: 180_000 }, async () => {
    const databases = await openDatabases((await startPostgres()).url);
    const before = await databases.keep('base', (db) => prepare(db, BASE));
    const wrong: string[] = [];
    const cautious: string[] = [];
    await inLanes([...new Map(ALL.map((each) => [shown(each.pair), each.pair])).values()], async (pair) => {
      const [up, down] = pair;
      const findings = await databases.within((db) => examine(db, before, up, down), 'base');
      const { known, unknown } = judgementsOf(BASE, up, down);
      // What cannot run at all can only be judged as text.
      if (findings.up !== undefined) {
        if (known.run_down !== 'block') wrong.push(`the up fails: ${findings.up}: ${shown(pair)}`);
        return;
      }
      wrong.push(...falseOks(known, findings).map((each) => `${each}\n    ${shown(pair)}`));
      wrong.push(...falseOks(unknown, findings).map((each) => `without the schema: ${each}\n    ${shown(pair)}`));
      cautious.push(...falseBlocks(known, findings).map((each) => `${each}: ${shown(pair)}`));
    });
    await databases.end();
    if (process.env.SHIP_TEST_MIGRATIONS_VERBOSE === '1') process.stderr.write(`cautious:\n${cautious.join('\n')}\n`);
    expect(wrong).toEqual([]);
  });
});
