import { analyse, type Judgement } from '../analyse.js';
import type { Migration } from '../migration.js';
import type { Opened } from '../opened.js';
import { loadParserOf } from '../sql/parser.js';

/** Judges migrations of a project, after those that are applied before them, whatever the order of their names is. */
export async function judgeAfter(
  { migrations, printed, connection: { dialect } }: Pick<Opened, 'migrations' | 'printed' | 'connection'>,
  applied: readonly string[],
  judged: readonly Migration[],
  preservesData: boolean,
): Promise<Judgement[]> {
  await loadParserOf(dialect);
  const before = migrations.filter(({ id }) => applied.includes(id));
  return analyse(await printed({ before, judged }), { isWhole: true, preservesData, dialect, hasTool: true });
}
