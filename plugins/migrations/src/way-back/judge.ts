import { analyse, type Judgement } from '../analyse.js';
import type { Migration } from '../migration.js';
import type { Opened } from '../opened.js';
import { loadParser } from '../sql/parser.js';

/** Judges migrations of a project, after those that are applied before them, whatever the order of their names is. */
export async function judgeAfter(
  { migrations, printed }: Pick<Opened, 'migrations' | 'printed'>,
  applied: readonly string[],
  judged: readonly Migration[],
  preservesData: boolean,
): Promise<Judgement[]> {
  await loadParser();
  const before = migrations.filter(({ id }) => applied.includes(id));
  return analyse(await printed({ before, judged }), { isWhole: true, preservesData, hasTool: true });
}
