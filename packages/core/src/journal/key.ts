/** The version of the format of the lines. */
export const JOURNAL_FORMAT = 1;

/** Where the journal of a run lives. */
export function journalKey(environment: string, run: string): string {
  return `runs/${environment}/${run}/journal.jsonl`;
}
