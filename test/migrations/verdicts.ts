import { analyse, type Judgement } from '../../plugins/migrations/src/analyse.js';
import type { Migration } from '../../plugins/migrations/src/migration.js';
import type { Findings } from './oracle.js';

const script = (file: string, text: string) => [{ file, line: 1, text }];

const migration = (id: string, up: string, down: string | undefined): Migration => ({
  id,
  name: '',
  up: script(`${id}.up.sql`, up),
  down: down === undefined ? 'none' : script(`${id}.down.sql`, down),
});

/** What the analyser says of a migration on a schema, with and without knowing the schema. */
export function judgementsOf(base: string, up: string, down: string | undefined): { known: Judgement; unknown: Judgement } {
  const judged = [migration('2', up, down)];
  const [known] = analyse({ before: [migration('1', base, '')], judged }, { isWhole: true, preservesData: false });
  const [unknown] = analyse({ before: [], judged }, { isWhole: false, preservesData: false });
  return { known: known!, unknown: unknown! };
}

const SIDES = [
  ['keep_schema', 'keep'],
  ['run_down', 'down'],
] as const;

/** The worst that an analyser can do: it says `ok`, and the database says otherwise. */
export const falseOks = (judgement: Judgement, findings: Findings): string[] =>
  SIDES.flatMap(([verdict, side]) =>
    judgement[verdict] === 'ok' && findings[side].length > 0 ? [`${verdict} is ok, but: ${findings[side].slice(0, 3).join(' | ')}`] : [],
  );

/** The rules that block where the database finds nothing. */
export const falseBlocks = (judgement: Judgement, findings: Findings): string[] =>
  SIDES.flatMap(([verdict, side]) =>
    judgement[verdict] === 'block' && findings[side].length === 0
      ? [
          ...new Set(
            judgement.reasons.filter((each) => each.verdict === verdict && each.level === 'block').map(({ rule }) => `${rule} (${side})`),
          ),
        ]
      : [],
  );
