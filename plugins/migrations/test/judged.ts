import { analyse, type Judgement } from '../src/analyse.js';
import type { Dialect, Migration } from '../src/migration.js';

const script = (file: string, text: string) => [{ file, line: 1, text }];
const migration = (id: string, up: string, down?: string): Migration => ({
  id,
  name: '',
  up: script(`${id}.up.sql`, up),
  down: down === undefined ? 'none' : script(`${id}.down.sql`, down),
});

/** What was there before all that is judged. */
const BASE = `
  CREATE TYPE mood AS ENUM ('sad', 'happy');
  CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL, name varchar(40), age integer DEFAULT 3, score numeric(8,2), mood mood);
  CREATE TABLE posts (id bigint PRIMARY KEY, user_id integer REFERENCES users (id), title text NOT NULL DEFAULT 'x');
  CREATE UNIQUE INDEX users_email_idx ON users (email);
  CREATE VIEW active AS SELECT * FROM users;
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
`;

/** Both verdicts on a migration of that. */
function judged(up: string, down?: string): Judgement {
  const judged = [migration('2', up, down)];
  const [judgement] = analyse({ before: [migration('1', BASE, '')], judged }, { isWhole: true, preservesData: false });
  return judgement!;
}

/** Both verdicts on a migration of a schema in a dialect. */
export function judgedOn({ dialect, base }: { dialect: Dialect; base: string }, up: string, down?: string): Judgement {
  const judged = [migration('2', up, down)];
  const [judgement] = analyse({ before: [migration('1', base, '')], judged }, { isWhole: true, preservesData: false, dialect });
  return judgement!;
}

/** The rules behind a verdict that are more than good to know. */
export const rulesOf = ({ reasons }: Judgement, verdict: string) =>
  [...new Set(reasons.filter((each) => each.verdict === verdict && each.level !== 'info').map(({ rule }) => rule))].sort();

/** The up, the down, both verdicts, and the rules behind them. */
export type Case = readonly [
  up: string,
  down: string | undefined,
  keep: string,
  keepRules: readonly string[],
  run: string,
  runRules: readonly string[],
];

/** What is said of the migration of a case, as the case has it. */
export function verdictsOf([up, down]: Case): readonly unknown[] {
  const judgement = judged(up, down);
  return [judgement.keep_schema, rulesOf(judgement, 'keep_schema'), judgement.run_down, rulesOf(judgement, 'run_down')];
}
