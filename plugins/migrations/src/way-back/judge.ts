import { analyse, type Judgement } from '../analyse.js';
import type { Migration } from '../migration.js';
import { loadParser } from '../sql/parser.js';

/** Judges migrations of a folder, after those that are applied before them, whatever the order of their names is. */
export async function judgeAfter(
  migrations: readonly Migration[],
  applied: readonly string[],
  judged: readonly Migration[],
  preservesData: boolean,
): Promise<Judgement[]> {
  await loadParser();
  return analyse({ before: migrations.filter(({ id }) => applied.includes(id)), judged }, { isWhole: true, preservesData });
}
