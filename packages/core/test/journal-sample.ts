import type { Entry } from '../src/journal/entries.js';
import { Journal } from '../src/journal/journal.js';
import { Redactor } from '../src/redact.js';
import { MemoryStore } from '../src/store/memory.js';

export const error = { code: 'SHIP_X', message: 'x' };
export const intent = (step: string, attempt = 1, before: string | null = 'v1'): Entry => ({
  type: 'intent',
  step,
  uses: 't/ok',
  attempt,
  input: { run: 'ünïcode "quoted" \n 語 �' },
  before,
});
export const started: Entry = {
  type: 'run-started',
  run: 'r1',
  project: 'shop',
  environment: 'production',
  command: 'ship',
  owner: { user: 'u', host: 'h', pid: 1, boot_id: 'b' },
  token: 1,
  plan: [{ id: 'a', uses: 't/ok', needs: [] }],
  target_snapshot: null,
};

/** The journal of a run with all that a line may hold. */
export const SAMPLE: readonly Entry[] = [
  started,
  intent('a'),
  { type: 'process', step: 'a', process: { pid: 7, pgid: 7, command: 'sleep' } },
  { type: 'result', step: 'a', result: { hash: ',"hash":"00000000000000000000000000000000"}' } },
  intent('b'),
  { type: 'attempt-failed', step: 'b', attempt: 1, error },
  { type: 'step-failed', step: 'b', error },
  { type: 'undone', step: 'a', changed: true },
  { type: 'run-finished', status: 'rolled_back', exit_code: 1 },
];

/** The bytes of a journal with these entries. */
export async function written(entries: readonly Entry[], redactor = new Redactor()): Promise<Buffer> {
  const store = new MemoryStore();
  const journal = await Journal.create(store, 'production', 'r1', redactor);
  for (const entry of entries) journal.note(entry);
  await journal.close();
  return (await store.get('runs/production/r1/journal.jsonl'))!.value;
}
