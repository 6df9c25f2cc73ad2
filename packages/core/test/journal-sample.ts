import { Redactor } from '@ship/redact';
import type { Entry } from '../src/journal/entries.js';
import { Journal } from '../src/journal/journal.js';
import { MemoryStore } from '../src/store/memory.js';

export const error = { code: 'SHIP_X', message: 'x' };
export const intent = (step: string, attempt = 1, before: string | null = 'v1'): Entry => ({
  type: 'intent',
  act: 'run',
  kind: 'step',
  name: step,
  uses: 't/ok',
  attempt,
  input: { run: 'ünïcode "quoted" \n 語 �' },
  before,
});
/** The subject of a step. */
export const step = (name: string) => ({ kind: 'step', name }) as const;
export const started: Entry = {
  type: 'run-started',
  run: 'r1',
  project: 'shop',
  environment: 'production',
  command: 'ship',
  owner: { user: 'u', host: 'h', pid: 1, boot_id: 'b' },
  token: 1,
  plan: [{ id: 'a', uses: 't/ok', needs: [] }],
  components: [],
  target_snapshot: null,
};

/** The journal of a run with all that a line may hold. */
export const SAMPLE: readonly Entry[] = [
  started,
  intent('a'),
  { type: 'process', step: 'a', process: { pid: 7, pgid: 7, command: 'sleep' } },
  { ...step('a'), type: 'result', result: { hash: ',"hash":"00000000000000000000000000000000"}' } },
  intent('b'),
  { ...step('b'), type: 'failed', act: 'run', attempt: 1, retried: true, error },
  { ...step('b'), type: 'failed', act: 'run', attempt: 1, error },
  { ...step('a'), type: 'restored', changed: true },
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
